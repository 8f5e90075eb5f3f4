// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/det.h"

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"

namespace dnntune::backends::cpu::reference {

std::unique_ptr<PreparedLayer> prepare_det(const LayerSpec& layer) {
  const TensorSpec& x = input(layer, 0);
  require(x.shape.size() >= 2 && x.shape.back() == x.shape[x.shape.size() - 2], layer, "needs square matrices");
  require_shape(layer, output(layer, 0), Shape(x.shape.begin(), x.shape.end() - 2), "the output");
  require_type(layer, output(layer, 0), x.type, "the output");
  const std::int64_t size = x.shape.back(), matrices = elements(x.shape, 0, x.shape.size() - 2);
  const std::size_t own = static_cast<std::size_t>(elements({size, size})) * sizeof(double);
  const auto kernel = require_kernel(layer, kernels::reference::det_kernel(x.type));
  return make_layer({.kernel = "reference.det", .scratch_bytes = own * static_cast<std::size_t>(layer.threads)},
                    [=](const Buffers& buffers, base::ThreadPool& pool) {
                      pool.parallel_for(matrices, grain(size * size * size), [&](base::Range range, int worker) {
                        double* const scratch = reinterpret_cast<double*>(buffers.scratch + static_cast<std::size_t>(worker) * own);
                        kernel({in<void>(buffers, 0), out<void>(buffers, 0), scratch, size}, range);
                      });
                    });
}

}  // namespace dnntune::backends::cpu::reference
