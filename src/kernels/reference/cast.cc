// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/cast.h"

#include <bit>
#include <cmath>

#include "kernels/reference/values.h"

namespace dnntune::kernels::reference {
namespace {

// Rounds to odd, so that rounding the float once more to a half type equals rounding the double once.
float narrow_to_odd(double value) noexcept {
  const float nearest = static_cast<float>(value);
  if (static_cast<double>(nearest) == value || !std::isfinite(nearest)) return nearest;
  auto bits = std::bit_cast<std::uint32_t>(nearest);
  if ((bits & 1u) != 0) return nearest;
  const bool overshoots = std::fabs(static_cast<double>(nearest)) > std::fabs(value);
  bits = overshoots ? bits - 1 : bits + 1;  // overshooting rules out 0
  return std::bit_cast<float>(bits);
}

template <typename To, typename From>
To convert(From from) noexcept {
  const auto value = value_of(from);
  using V = Compute<From>;
  if constexpr (std::is_same_v<To, Bool>) {
    return element<Bool>(value != V{});
  } else if constexpr (std::is_same_v<Compute<To>, float> && !std::is_same_v<To, float>) {  // a half type
    if constexpr (std::is_same_v<V, float>) {
      return element<To>(value);
    } else {
      return element<To>(narrow_to_odd(static_cast<double>(value)));
    }
  } else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<V>) {
    return saturate<To>(static_cast<double>(value));
  } else {
    return static_cast<To>(value);
  }
}

template <typename From, typename To>
void cast(const CastArgs& args, base::Range range) noexcept {
  const From* x = static_cast<const From*>(args.x);
  To* y = static_cast<To*>(args.y);
  for (std::int64_t i = range.begin; i < range.end; ++i) y[i] = convert<To>(x[i]);
}

}  // namespace

CastKernel cast_kernel(DataType from, DataType to) noexcept {
  return pick<CastKernel>(AllTypes{}, from, [to](auto from_tag) {
    using From = typename decltype(from_tag)::type;
    return pick<CastKernel>(AllTypes{}, to, [](auto to_tag) -> CastKernel { return cast<From, typename decltype(to_tag)::type>; });
  });
}

}  // namespace dnntune::kernels::reference
