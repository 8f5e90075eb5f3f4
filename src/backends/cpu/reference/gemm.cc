// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/gemm.h"

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"

namespace dnntune::backends::cpu::reference {
namespace {

/// Everything but the pointers.
kernels::reference::GemmArgs read_gemm_args(const LayerSpec& layer) {
  const Shape& a = input(layer, 0).shape;
  const Shape& b = input(layer, 1).shape;
  require(a.size() == 2 && b.size() == 2, layer, "A and B must be matrices");
  const graph::Attributes& attributes = layer.node.attributes;
  const bool a_is_transposed = attributes.integer("transA", 0) != 0;
  const bool b_is_transposed = attributes.integer("transB", 0) != 0;
  kernels::reference::GemmArgs args;
  args.m = a[a_is_transposed ? 1 : 0];
  args.k = a[a_is_transposed ? 0 : 1];
  args.n = b[b_is_transposed ? 0 : 1];
  require(b[b_is_transposed ? 1 : 0] == args.k, layer, "the inner dimensions of A and B differ");
  require_shape(layer, output(layer, 0), {args.m, args.n}, "the output");
  args.a_row_stride = a_is_transposed ? 1 : args.k;
  args.a_column_stride = a_is_transposed ? args.m : 1;
  args.b_row_stride = b_is_transposed ? 1 : args.n;
  args.b_column_stride = b_is_transposed ? args.k : 1;
  if (input(layer, 2).present()) {
    const auto strides = broadcast_strides(layer, input(layer, 2).shape, {args.m, args.n});
    args.c_row_stride = strides[0];
    args.c_column_stride = strides[1];
  }
  args.alpha = attributes.number("alpha", 1.0f);
  args.beta = attributes.number("beta", 1.0f);
  args.activation = fused_activation(layer);
  return args;
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_gemm(const LayerSpec& layer) {
  const DataType type = input(layer, 0).type;
  for (const std::size_t i : {1u, 2u}) require_type(layer, input(layer, i), type, "an input");
  require_type(layer, output(layer, 0), type, "the output");
  const auto kernel = require_kernel(layer, kernels::reference::gemm_kernel(type));
  const auto args = read_gemm_args(layer);
  if (!kernels::reference::is_real(type) && args.activation.kind != kernels::Activation::Kind::none)
    throw_unsupported(layer, "an activation on integers");
  return make_layer({"reference.gemm"}, [args, kernel](const Buffers& buffers, base::ThreadPool& pool) {
    auto bound = args;
    bound.a = in<void>(buffers, 0);
    bound.b = in<void>(buffers, 1);
    bound.c = in<void>(buffers, 2);
    bound.output = out<void>(buffers, 0);
    run_parallel(pool, args.m, grain(args.n * args.k), kernel, bound);
  });
}

}  // namespace dnntune::backends::cpu::reference
