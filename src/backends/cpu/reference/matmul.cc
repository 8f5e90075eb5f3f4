// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/matmul.h"

#include <algorithm>

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"

namespace dnntune::backends::cpu::reference {
namespace {

using Strides = std::vector<std::int64_t>;

struct Setting {
  Shape batch_dims;
  Strides a_batches, b_batches;
  std::int64_t m, n, k;
};

Setting read_setting(const LayerSpec& layer) {
  Shape a = input(layer, 0).shape;
  Shape b = input(layer, 1).shape;
  require(!a.empty() && !b.empty(), layer, "a scalar is no matrix");
  const bool a_is_vector = a.size() == 1;
  const bool b_is_vector = b.size() == 1;
  if (a_is_vector) a.insert(a.begin(), 1);
  if (b_is_vector) b.push_back(1);

  // The result as [batch..., m, n], with the dimensions that vectors leave out.
  Shape full = output(layer, 0).shape;
  require(full.size() + (a_is_vector ? 1 : 0) + (b_is_vector ? 1 : 0) == std::max(a.size(), b.size()), layer,
          "the output has the wrong rank");
  if (b_is_vector) full.push_back(1);
  if (a_is_vector) full.insert(full.end() - 1, 1);

  const std::size_t batch_rank = full.size() - 2;
  Setting setting;
  setting.m = a[a.size() - 2];
  setting.k = a.back();
  setting.n = b.back();
  require(b[b.size() - 2] == setting.k && full[batch_rank] == setting.m && full[batch_rank + 1] == setting.n, layer,
          "the matrices do not fit");
  setting.batch_dims.assign(full.begin(), full.end() - 2);

  const auto batch_strides = [&](const Shape& matrices) {
    Strides strides = broadcast_strides(layer, Shape(matrices.begin(), matrices.end() - 2), setting.batch_dims);
    for (std::int64_t& stride : strides) stride *= matrices.back() * matrices[matrices.size() - 2];
    return strides;
  };
  setting.a_batches = batch_strides(a);
  setting.b_batches = batch_strides(b);

  if (input(layer, 2).present()) {
    require(!b_is_vector, layer, "a bias needs a matrix as input 1");
    require_shape(layer, input(layer, 2), {setting.n}, "the bias");
  }
  return setting;
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_matmul(const LayerSpec& layer) {
  const DataType type = input(layer, 0).type;
  for (const std::size_t i : {1u, 2u}) require_type(layer, input(layer, i), type, "an input");
  require_type(layer, output(layer, 0), type, "the output");
  const Setting setting = read_setting(layer);
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
