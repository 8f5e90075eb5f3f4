// SPDX-License-Identifier: Apache-2.0
// Pow: the exponent has a type of its own.
#include <cmath>

#include "kernels/reference/binary.h"
#include "kernels/reference/values.h"

namespace dnntune::kernels::reference {
namespace {

// Wraps like multiplication. A negative exponent gives the truncated fraction: 1, -1 or 0 (also for a
// base of 0, where the fraction does not exist).
template <typename V, typename E>
V integer_power(V base, E exponent) noexcept {
  if constexpr (std::is_signed_v<E>) {
    if (exponent < 0) {
      if (base == V{1}) return V{1};
      if (base == static_cast<V>(-1)) return exponent % 2 == 0 ? V{1} : base;
      return V{0};
    }
  }
  V result{1};
  for (auto rest = static_cast<std::uint64_t>(exponent); rest != 0; rest >>= 1) {
    if (rest & 1u) result = wrap_mul(result, base);
    base = wrap_mul(base, base);
  }
  return result;
}

template <typename A, typename B>
struct Power {
  static A apply(A a, B b) noexcept {
    const auto base = value_of(a);
    const auto exponent = value_of(b);
    using V = Compute<A>;
    if constexpr (std::is_integral_v<V> && std::is_integral_v<Compute<B>>) {
      return integer_power(base, exponent);
    } else if constexpr (std::is_integral_v<V>) {
      return saturate<V>(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
    } else if constexpr (std::is_same_v<V, Compute<B>>) {
      return element<A>(std::pow(base, exponent));
    } else {
      return element<A>(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
    }
  }
};

}  // namespace

BinaryKernel pow_kernel(DataType base, DataType exponent) noexcept {
  const auto bases = Floats{} + Types<std::int32_t, std::int64_t>{};
  return pick<BinaryKernel>(bases, base, [exponent](auto base_tag) {
    using A = typename decltype(base_tag)::type;
    return pick<BinaryKernel>(Numbers{}, exponent, [](auto exponent_tag) -> BinaryKernel {
      using B = typename decltype(exponent_tag)::type;
      return detail::map2<A, B, A, Power<A, B>>;
    });
  });
}

}  // namespace dnntune::kernels::reference
