// SPDX-License-Identifier: Apache-2.0
// Pow: the exponent has a type of its own.
#include <cmath>

#include "kernels/reference/binary.h"
#include "kernels/reference/numbers.h"

namespace dnntune::kernels::reference {
namespace {

double power(double base, double exponent) noexcept { return std::pow(base, exponent); }

// Wraps like multiplication. A negative exponent gives the truncated fraction: 1, -1 or 0 (also for a
// base of 0, where the fraction does not exist).
template <typename E>
std::int64_t power(std::int64_t base, E exponent) noexcept {
  if constexpr (std::is_signed_v<E>) {
    if (exponent < 0) {
      if (base == 1) return 1;
      if (base == -1) return exponent % 2 == 0 ? 1 : -1;
      return 0;
    }
  }
  std::int64_t result = 1;
  for (auto rest = static_cast<std::uint64_t>(exponent); rest != 0; rest >>= 1) {
    if (rest & 1u) result = wrap_mul(result, base);
    base = wrap_mul(base, base);
  }
  return result;
}

template <typename V, typename E>
void pow(const BinaryArgs& args, ElementTypes types, Range range) noexcept {
  const std::int64_t step_a = args.walk->inner_stride(0);
  const std::int64_t step_b = args.walk->inner_stride(1);
  for_runs(*args.walk, range, [&](std::int64_t first, const std::array<std::int64_t, 2>& at, std::int64_t length) {
    for (std::int64_t i = 0; i < length; ++i) {
      const V base = read_one<V>(types.type, args.a, at[0] + i * step_a);
      const E exponent = read_one<E>(types.other, args.b, at[1] + i * step_b);
      write_one<V>(types.type, power(base, exponent), args.y, first + i);
    }
  });
}

}  // namespace

BinaryKernel pow_kernel(DataType base, DataType exponent) noexcept {
  const bool whole = base == DataType::int32 || base == DataType::int64;
  if (!is_number(exponent) || (!whole && !is_real(base))) return nullptr;
  if (!whole || is_real(exponent)) return {pow<double, double>, {base, exponent}};
  const bool is_signed = arithmetic_of(exponent) == Arithmetic::signed_integer;
  return {is_signed ? pow<std::int64_t, std::int64_t> : pow<std::int64_t, std::uint64_t>, {base, exponent}};
}

}  // namespace dnntune::kernels::reference
