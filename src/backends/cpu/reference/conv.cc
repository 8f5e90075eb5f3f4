// SPDX-License-Identifier: Apache-2.0
// Conv and ConvTranspose: the same operands but for the order of the weights.
#include "backends/cpu/reference/conv_args.h"

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"

namespace dnntune::backends::cpu::reference {
namespace {

using kernels::reference::ConvArgs;
using kernels::reference::ConvKernel;

/// `kernel_for` gives the kernel for an element type.
std::unique_ptr<PreparedLayer> make(std::string_view name, const LayerSpec& layer, bool is_transposed, ConvKernel (*kernel_for)(DataType) noexcept) {
  const DataType type = input(layer, 0).type;
  for (const std::size_t i : {1u, 2u}) require_type(layer, input(layer, i), type, "an input");
  require_type(layer, output(layer, 0), type, "the output");
  const ConvKernel kernel = require_kernel(layer, kernel_for(type));
  const ConvArgs args = read_conv_args(layer, {.is_transposed = is_transposed});
  const std::int64_t pixels = args.batch * kernels::reference::volume(args.out_size);
  const std::int64_t cost = elements(input(layer, 1).shape);
  return make_layer({name}, [args, pixels, cost, kernel](const Buffers& buffers, base::ThreadPool& pool) {
    ConvArgs bound = args;
    bound.input = in<void>(buffers, 0);
    bound.weights = in<void>(buffers, 1);
    bound.bias = in<void>(buffers, 2);
    bound.output = out<void>(buffers, 0);
    run_parallel(pool, pixels, grain(cost), kernel, bound);
  });
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_conv(const LayerSpec& layer) {
  return make("reference.conv", layer, false, kernels::reference::conv_kernel);
}

std::unique_ptr<PreparedLayer> prepare_conv_transpose(const LayerSpec& layer) {
  return make("reference.conv_transpose", layer, true, kernels::reference::conv_transpose_kernel);
}

}  // namespace dnntune::backends::cpu::reference
