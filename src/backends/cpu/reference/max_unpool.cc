// SPDX-License-Identifier: Apache-2.0
// MaxUnpool: values go back to where a max pooling found them.
#include <cstring>

#include <fmt/format.h>

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"
#include "graph/windows.h"

namespace dnntune::backends::cpu::reference {
namespace {

/// Indices count the elements of `pooled`, the pooling's input, which lies in the corner of the output.
Shape pooled_shape(const LayerSpec& layer, const Shape& x) {
  const std::vector<std::int64_t> kernel = layer.node.attributes.integers("kernel_shape");
  require(x.size() >= 3 && kernel.size() + 2 == x.size(), layer, "attribute 'kernel_shape' must have one value a spatial dimension");
  Shape pooled{x[0], x[1]};
  try {
    for (const graph::Window& window : graph::transposed_windows(layer.node.attributes, Shape(x.begin() + 2, x.end()), kernel))
      pooled.push_back(window.output);
  } catch (const Error& error) {
    throw_invalid(layer, error.what());
  }
  return pooled;
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_max_unpool(const LayerSpec& layer) {
  const TensorSpec &x = input(layer, 0), &indices = input(layer, 1), &y = output(layer, 0);
  require_type(layer, y, x.type, "the output");
  require_type(layer, indices, DataType::int64, "the indices");
  require_shape(layer, indices, x.shape, "the indices");
  const Shape pooled = pooled_shape(layer, x.shape);
  require(y.shape.size() == pooled.size(), layer, "the output must have the rank of input 0");
  for (std::size_t d = 0; d < pooled.size(); ++d)
    require(d < 2 ? y.shape[d] == pooled[d] : y.shape[d] >= pooled[d], layer, fmt::format("the output must be {} or larger", to_string(pooled)));
  if (!input(layer, 2).present()) require_shape(layer, y, pooled, "the output");
  return make_layer({.kernel = "reference.max_unpool"},
                    [pooled, strides = dense_strides(y.shape), name = layer_name(layer), size = size_of(x.type), count = elements(x.shape),
                     places = elements(pooled), bytes = bytes_of(y)](const Buffers& buffers, base::ThreadPool&) {
                      const auto* const index = in<std::int64_t>(buffers, 1);
                      for (std::int64_t i = 0; i < count; ++i)
                        if (index[i] < 0 || index[i] >= places)
                          throw_contents(name, fmt::format("index {} at position {} is outside {} elements", index[i], i, places));
                      std::memset(buffers.outputs[0], 0, static_cast<std::size_t>(bytes));
                      for (std::int64_t i = 0; i < count; ++i) {
                        std::int64_t rest = index[i], to = 0;
                        for (std::size_t d = pooled.size(); d-- > 0; rest /= pooled[d]) to += rest % pooled[d] * strides[d];
                        std::memcpy(out<std::byte>(buffers, 0) + static_cast<std::size_t>(to) * size,
                                    in<std::byte>(buffers, 0) + static_cast<std::size_t>(i) * size, size);
                      }
                    });
}

}  // namespace dnntune::backends::cpu::reference
