// SPDX-License-Identifier: Apache-2.0
// Max, Min, Sum and Mean of any number of operands.
#include "kernels/reference/variadic.h"

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"

namespace dnntune::backends::cpu {
namespace {

using graph::Op;
using kernels::reference::Variadic;

Variadic variadic_of(const LayerSpec& layer) {
  switch (layer.node.op) {
    case Op::Max: return Variadic::max;
    case Op::Min: return Variadic::min;
    case Op::Sum: return Variadic::sum;
    case Op::Mean: return Variadic::mean;
    default: throw_unsupported(layer, "the operator has no kernel here");
  }
}

}  // namespace

std::unique_ptr<PreparedLayer> reference::prepare_variadic(const LayerSpec& layer) {
  require_operands(layer, layer.inputs.size(), 1);
  require(!layer.inputs.empty(), layer, "it needs an input");
  const TensorSpec& y = output(layer, 0);
  std::vector<kernels::reference::Walk<1>> walks;
  for (const TensorSpec& operand : layer.inputs) {
    require_same_type(layer, operand, y);
    walks.push_back(kernels::reference::make_walk<1>(y.shape, {broadcast_strides(layer, operand.shape, y.shape)}, layer_name(layer)));
  }
  const auto kernel = require_kernel(layer, kernels::reference::variadic_kernel(variadic_of(layer), y.type));
  return make_layer({.kernel = "reference.variadic", .in_place = input(layer, 0).shape == y.shape},
                    [kernel, walks = std::move(walks)](const Buffers& buffers, base::ThreadPool& pool) {
                      const kernels::reference::VariadicArgs args{buffers.inputs.data(), walks.data(),
                                                                  static_cast<std::int64_t>(walks.size()), out<void>(buffers, 0)};
                      run_parallel(pool, walks.front().count, kernel, args);
                    });
}

}  // namespace dnntune::backends::cpu
