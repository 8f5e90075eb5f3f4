// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/det.h"

#include "backends/cpu/families.h"
#include "backends/cpu/layer_helpers.h"

namespace dnntune::backends::cpu::reference {

std::unique_ptr<PreparedLayer> prepare_det(const LayerSpec& layer) {
  const TensorSpec& x = input(layer, 0);
  require(x.shape.size() >= 2 && x.shape.back() == x.shape[x.shape.size() - 2], layer, "needs square matrices");
  require_shape(layer, output(layer, 0), Shape(x.shape.begin(), x.shape.end() - 2), "the output");
  require_type(layer, output(layer, 0), x.type, "the output");
  const std::int64_t size = x.shape.back(), matrices = elements(x.shape, 0, x.shape.size() - 2);
  const std::size_t own = static_cast<std::size_t>(elements({size, size})) * sizeof(double);
  return dispatch<float, double>(layer, x.type, [&]<typename T>() {
    return make_layer({.kernel = "reference.det", .scratch_bytes = own * static_cast<std::size_t>(layer.threads)},
                      [=](const Buffers& buffers, base::ThreadPool& pool) {
                        pool.parallel_for(matrices, grain(size * size * size), [&](base::Range range, int worker) {
                          double* const scratch = reinterpret_cast<double*>(buffers.scratch + static_cast<std::size_t>(worker) * own);
                          kernels::reference::det<T>({in<T>(buffers, 0), out<T>(buffers, 0), scratch, size}, range);
                        });
                      });
  });
}

}  // namespace dnntune::backends::cpu::reference
