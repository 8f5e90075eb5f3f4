// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/reference/matmul_setting.h"

#include <algorithm>
#include <utility>

#include "backends/layer_helpers.h"

namespace dnntune::backends::cpu {

using Strides = std::vector<std::int64_t>;

MatmulSetting read_matmul_setting(const LayerSpec& layer, const MatmulOperands& at) {
  Shape a = input(layer, 0).shape;
  Shape b = input(layer, at.b).shape;
  require(!a.empty() && !b.empty(), layer, "a scalar is no matrix");
  const bool a_is_vector = a.size() == 1;
  const bool b_is_vector = b.size() == 1;
  if (a_is_vector) a.insert(a.begin(), 1);
  if (b_is_vector) b.push_back(1);
  if (at.trans_b) std::swap(b[b.size() - 2], b[b.size() - 1]);

  // The result as [batch..., m, n], with the dimensions that vectors leave out.
  Shape full = output(layer, 0).shape;
  require(full.size() + (a_is_vector ? 1 : 0) + (b_is_vector ? 1 : 0) == std::max(a.size(), b.size()), layer,
          "the output has the wrong rank");
  if (b_is_vector) full.push_back(1);
  if (a_is_vector) full.insert(full.end() - 1, 1);

  const std::size_t batch_rank = full.size() - 2;
  MatmulSetting setting;
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

  if (input(layer, at.bias).present()) {
    require(!b_is_vector, layer, "a bias needs a matrix as second factor");
    require_shape(layer, input(layer, at.bias), {setting.n}, "the bias");
  }
  return setting;
}

}  // namespace dnntune::backends::cpu
