// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/einsum.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"
#include "graph/einsum.h"

namespace dnntune::backends::cpu::reference {
namespace {

using kernels::reference::EinsumLabel;

/// The labels of an equation with the sizes and strides of this layer. The labels point into `strides`.
struct Labels {
  std::vector<std::int64_t> strides;  ///< [label, operand]
  std::vector<EinsumLabel> kept, summed;
};

std::shared_ptr<const Labels> read_labels(const LayerSpec& layer) {
  std::vector<Shape> shapes;
  for (const TensorSpec& operand : layer.inputs) shapes.push_back(operand.shape);
  graph::Einsum equation;
  try {
    equation = graph::parse_einsum(layer.node.attributes.text("equation", ""), shapes);
  } catch (const Error& error) {
    throw_invalid(layer, error.what());
  }
  const std::size_t count = equation.sizes.size(), operands = shapes.size();
  auto labels = std::make_shared<Labels>();
  labels->strides.assign(count * operands, 0);
  for (std::size_t k = 0; k < operands; ++k) {
    const std::vector<std::int64_t> dense = dense_strides(shapes[k]);
    for (std::size_t d = 0; d < shapes[k].size(); ++d)
      if (shapes[k][d] != 1) labels->strides[static_cast<std::size_t>(equation.inputs[k][d]) * operands + k] += dense[d];
  }
  std::vector<EinsumLabel> all(count);
  for (std::size_t label = 0; label < count; ++label) all[label] = {equation.sizes[label], labels->strides.data() + label * operands};
  Shape wanted;
  for (const int label : equation.output) {
    labels->kept.push_back(all[static_cast<std::size_t>(label)]);
    wanted.push_back(labels->kept.back().size);
  }
  for (std::size_t label = 0; label < count; ++label)
    if (std::find(equation.output.begin(), equation.output.end(), static_cast<int>(label)) == equation.output.end())
      labels->summed.push_back(all[label]);
  require_shape(layer, output(layer, 0), wanted, "the output");
  return labels;
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_einsum(const LayerSpec& layer) {
  const DataType type = input(layer, 0).type;
  require(layer.inputs.size() <= kernels::reference::kMaxEinsumOperands, layer, "too many operands");
  for (const TensorSpec& operand : layer.inputs) require_type(layer, operand, type, "an operand");
  require_type(layer, output(layer, 0), type, "the output");
  const std::shared_ptr<const Labels> labels = read_labels(layer);
  std::int64_t terms = 1;
  for (const EinsumLabel& label : labels->summed) terms *= label.size;
  const auto kernel = require_kernel(layer, kernels::reference::einsum_kernel(type));
  return make_layer({.kernel = "reference.einsum"},
                    [kernel, labels, terms, count = elements(output(layer, 0).shape), operands = layer.inputs.size()](
                        const Buffers& buffers, base::ThreadPool& pool) {
                      run_parallel(pool, count, grain(terms * static_cast<std::int64_t>(operands)), kernel,
                                   {{buffers.inputs.data(), operands}, out<void>(buffers, 0), labels->kept, labels->summed});
                    });
}

}  // namespace dnntune::backends::cpu::reference
