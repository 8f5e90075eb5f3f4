// SPDX-License-Identifier: Apache-2.0
// Cast between float32 and the 16-bit floats.
#include "backends/cpu/layer_helpers.h"
#include "backends/cpu/simd/grain.h"
#include "backends/cpu/simd/tries.h"
#include "kernels/simd/convert.h"

namespace dnntune::backends::cpu::simd {

std::unique_ptr<PreparedLayer> prepare_cast(const LayerSpec& layer) {
  const TensorSpec &x = input(layer, 0), &y = output(layer, 0);
  const kernels::simd::ConvertFn kernel = kernels::simd::convert_kernel(x.type, y.type);
  if (kernel == nullptr || x.shape != y.shape) return nullptr;
  return make_layer({.kernel = "simd.cast"}, [kernel, count = elements(x.shape)](const Buffers& buffers, base::ThreadPool& pool) {
    const kernels::simd::ConvertArgs args{in<void>(buffers, 0), out<void>(buffers, 0)};
    pool.parallel_for(count, grain_for(8), [&](base::Range range, int) { kernel(args, range); });
  });
}

}  // namespace dnntune::backends::cpu::simd
