// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/cast.h"

#include <cstdint>

namespace dnntune::kernels::reference {
namespace {

using base::Range;

template <typename V>
void cast(const CastArgs& args, ElementTypes types, Range range) noexcept {
  for_blocks(range.size(), [&](std::int64_t i, std::int64_t count) {
    V values[kBlock];
    read(types.type, args.x, range.begin + i, 1, count, values);
    write(types.other, values, count, args.y, range.begin + i);
  });
}

// As a double whose last bit is odd when bits were lost, so that rounding it once more to a shorter float type
// equals rounding the integer once.
template <typename I>
double to_odd(I value) noexcept {
  constexpr I lost = 0x7ff;
  const bool is_exact = (value & lost) == 0;
  return static_cast<double>(is_exact ? value : static_cast<I>((value & ~lost) | (lost + 1)));
}

template <typename I>
void cast_long_to_short_float(const CastArgs& args, ElementTypes types, Range range) noexcept {
  constexpr I exact = I{1} << 53;
  for_blocks(range.size(), [&](std::int64_t i, std::int64_t count) {
    I whole[kBlock];
    double values[kBlock];
    read(types.type, args.x, range.begin + i, 1, count, whole);
    for (std::int64_t k = 0; k < count; ++k) {
      const bool fits = whole[k] <= exact && (std::is_unsigned_v<I> || whole[k] >= I{0} - exact);
      values[k] = fits ? static_cast<double>(whole[k]) : to_odd(whole[k]);
    }
    write(types.other, values, count, args.y, range.begin + i);
  });
}

CastKernel::Run function_for(DataType from, DataType to) noexcept {
  const bool to_real = is_real(to);
  if (is_real(from) || to == DataType::float64) return cast<double>;
  if (to_real && from == DataType::int64) return cast_long_to_short_float<std::int64_t>;
  if (to_real && from == DataType::uint64) return cast_long_to_short_float<std::uint64_t>;
  return to_real ? cast<double> : cast<std::int64_t>;
}

}  // namespace

CastKernel cast_kernel(DataType from, DataType to) noexcept {
  if (arithmetic_of(from) == Arithmetic::none || arithmetic_of(to) == Arithmetic::none) return nullptr;
  return {function_for(from, to), {from, to}};
}

}  // namespace dnntune::kernels::reference
