// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/layer_normalization.h"

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"
#include "kernels/reference/strided.h"

namespace dnntune::backends::cpu::reference {
namespace {

/// Which element of an operand of shape `from` each element of a row reads; empty for the element
/// itself. Throws unsupported when it would differ from row to row.
std::vector<std::int64_t> row_index(const LayerSpec& layer, const Shape& from, const Shape& shape, std::size_t axis) {
  const Shape row(shape.begin() + static_cast<std::ptrdiff_t>(axis), shape.end());
  if (from == row) return {};
  const std::vector<std::int64_t> strides = broadcast_strides(layer, from, shape);
  for (std::size_t d = 0; d < axis; ++d)
    if (strides[d] != 0) throw_unsupported(layer, "scale or bias that changes over dimensions before the axis");
  const std::vector<std::int64_t> row_strides(strides.begin() + static_cast<std::ptrdiff_t>(axis), strides.end());
  const kernels::reference::StridedDims walk{row, row_strides};
  std::vector<std::int64_t> index(static_cast<std::size_t>(elements(row)));
  for (std::size_t i = 0; i < index.size(); ++i) index[i] = walk.offset(static_cast<std::int64_t>(i));
  return index;
}

struct Setting {
  std::vector<std::int64_t> scale_index, bias_index;
  std::int64_t rows, row_size;
  double epsilon;
};

}  // namespace

std::unique_ptr<PreparedLayer> prepare_layer_normalization(const LayerSpec& layer) {
  const Shape& shape = input(layer, 0).shape;
  const std::size_t axis = normalized_axis(layer, layer.node.attributes.integer("axis", -1), shape.size());
  const DataType type = input(layer, 0).type;
  require_shape(layer, output(layer, 0), shape, "the output");
  for (const std::size_t i : {1u, 2u}) require_type(layer, input(layer, i), type, "a parameter");
  require_type(layer, output(layer, 0), type, "the output");

  Setting setting{row_index(layer, input(layer, 1).shape, shape, axis),
                  input(layer, 2).present() ? row_index(layer, input(layer, 2).shape, shape, axis) : std::vector<std::int64_t>{},
                  elements(shape, 0, axis), elements(shape, axis, shape.size()),
                  layer.node.attributes.number("epsilon", 1e-5f)};

  DataType statistics_type = type;
  for (const std::size_t i : {1u, 2u}) {
    if (!output(layer, i).present()) continue;
    require(elements(output(layer, i).shape) == setting.rows, layer, "a statistic must have one element a row");
    if (i == 2 && output(layer, 1).present()) require_type(layer, output(layer, 2), statistics_type, "InvStdDev");
    statistics_type = output(layer, i).type;
  }
  const auto kernel = require_kernel(layer, kernels::reference::layer_normalization_kernel(type, statistics_type));
  return make_layer({.kernel = "reference.layer_normalization", .in_place = true},
                    [kernel, setting = std::move(setting)](const Buffers& buffers, base::ThreadPool& pool) {
                      const auto pointer = [](const std::vector<std::int64_t>& index) { return index.empty() ? nullptr : index.data(); };
                      kernels::reference::LayerNormalizationArgs args;
                      args.input = in<void>(buffers, 0);
                      args.scale = in<void>(buffers, 1);
                      args.bias = in<void>(buffers, 2);
                      args.scale_index = pointer(setting.scale_index);
                      args.bias_index = pointer(setting.bias_index);
                      args.output = out<void>(buffers, 0);
                      args.mean = out<void>(buffers, 1);
                      args.inverse_deviation = out<void>(buffers, 2);
                      args.row_size = setting.row_size;
                      args.epsilon = setting.epsilon;
                      run_parallel(pool, setting.rows, grain(setting.row_size), kernel, args);
                    });
}

}  // namespace dnntune::backends::cpu::reference
