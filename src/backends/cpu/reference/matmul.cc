// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/matmul.h"

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"
#include "backends/cpu/reference/matmul_setting.h"

namespace dnntune::backends::cpu::reference {

std::unique_ptr<PreparedLayer> prepare_matmul(const LayerSpec& layer) {
  const DataType type = input(layer, 0).type;
  for (const std::size_t i : {1u, 2u}) require_type(layer, input(layer, i), type, "an input");
  require_type(layer, output(layer, 0), type, "the output");
  const MatmulSetting setting = read_matmul_setting(layer, {});
  const kernels::Activation activation = fused_activation(layer);
  const std::int64_t rows = elements(setting.batch_dims) * setting.m;
  const auto kernel = require_kernel(layer, kernels::reference::matmul_kernel(type));
  if (!kernels::reference::is_real(type) && activation.kind != kernels::Activation::Kind::none)
    throw_unsupported(layer, "an activation on integers");
  return make_layer({"reference.matmul"}, [=](const Buffers& buffers, base::ThreadPool& pool) {
    kernels::reference::MatmulArgs args;
    args.a = in<void>(buffers, 0);
    args.b = in<void>(buffers, 1);
    args.bias = in<void>(buffers, 2);
    args.output = out<void>(buffers, 0);
    args.m = setting.m;
    args.n = setting.n;
    args.k = setting.k;
    args.a_batches = {setting.batch_dims, setting.a_batches};
    args.b_batches = {setting.batch_dims, setting.b_batches};
    args.activation = activation;
    run_parallel(pool, rows, grain(args.n * args.k), kernel, args);
  });
}

}  // namespace dnntune::backends::cpu::reference
