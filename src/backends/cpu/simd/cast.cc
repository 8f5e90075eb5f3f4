// SPDX-License-Identifier: Apache-2.0
// Cast between float32 and the 16-bit floats, integers and booleans.
#include "kernels/simd/cast.h"

#include "backends/cpu/reference/elementwise.h"
#include "backends/cpu/simd/tries.h"
#include "kernels/simd/convert.h"

namespace dnntune::backends::cpu::simd {

std::unique_ptr<PreparedLayer> prepare_cast(const LayerSpec& layer) {
  const TensorSpec &x = input(layer, 0), &y = output(layer, 0);
  auto kernel = kernels::simd::convert_kernel(x.type, y.type);
  if (kernel == nullptr) kernel = kernels::simd::cast_kernel(x.type, y.type);
  if (kernel == nullptr || x.shape != y.shape) return nullptr;
  return make_layer({.kernel = "simd.cast"}, [kernel, count = elements(x.shape)](const Buffers& buffers, base::ThreadPool& pool) {
    run_parallel(pool, count, kernel, {in<void>(buffers, 0), out<void>(buffers, 0)});
  });
}

}  // namespace dnntune::backends::cpu::simd
