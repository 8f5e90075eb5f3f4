// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/bfloat16.h"

#include <algorithm>

#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include "base/half.h"

namespace dnntune::kernels::simd {

bool has_bfloat16_products() noexcept {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") != 0;
#elif defined(__aarch64__)
  constexpr unsigned long kHwcap2Bf16 = 1ul << 14;
  return (getauxval(AT_HWCAP2) & kHwcap2Bf16) != 0;
#else
  return false;
#endif
}

std::uint16_t* pair_rows(const float* from, std::int64_t rows, std::int64_t width, std::int64_t run, std::uint16_t* to) noexcept {
  for (std::int64_t row = 0; row < rows; row += run, from += run * width)
    for (std::int64_t first = 0; first < run; first += 2, to += 2 * width)
      for (std::int64_t n = 0; n < width; ++n) {
        to[2 * n] = base::float_to_bfloat16(from[first * width + n]);
        to[2 * n + 1] = first + 1 < run ? base::float_to_bfloat16(from[(first + 1) * width + n]) : std::uint16_t{0};
      }
  return to;
}

}  // namespace dnntune::kernels::simd
