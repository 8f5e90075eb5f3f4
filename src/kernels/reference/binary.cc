// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/binary.h"

#include <cmath>

#include "kernels/reference/values.h"

namespace dnntune::kernels::reference {
namespace {

// Adapts f(a, b) on loaded values to elements.
template <typename T, typename Y, typename F>
struct Elements {
  static Y apply(T a, T b) noexcept { return element<Y>(F{}(value_of(a), value_of(b))); }
};

// F is a lambda without captures.
template <typename... Ts, typename F>
BinaryKernel over(Types<Ts...> types, DataType type, F) noexcept {
  return pick<BinaryKernel>(types, type, [](auto tag) -> BinaryKernel {
    using T = typename decltype(tag)::type;
    return detail::map2<T, T, T, Elements<T, T, F>>;
  });
}
template <typename... Ts, typename F>
BinaryKernel to_bool(Types<Ts...> types, DataType type, F) noexcept {
  return pick<BinaryKernel>(types, type, [](auto tag) -> BinaryKernel {
    using T = typename decltype(tag)::type;
    return detail::map2<T, T, Bool, Elements<T, Bool, F>>;
  });
}

template <typename V>
V divide(V a, V b) noexcept {
  if constexpr (std::is_integral_v<V>) {
    if (b == V{0}) return V{0};
    if constexpr (std::is_signed_v<V>) {
      if (b == V{-1}) return wrap_sub(V{0}, a);
    }
    return static_cast<V>(a / b);
  } else {
    return a / b;
  }
}

template <typename V>
V remainder_of_dividend(V a, V b) noexcept {
  if constexpr (std::is_integral_v<V>) {
    if (b == V{0}) return V{0};
    if constexpr (std::is_signed_v<V>) {
      if (b == V{-1}) return V{0};
    }
    return static_cast<V>(a % b);
  } else {
    return std::fmod(a, b);
  }
}

template <typename V>
V remainder_of_divisor(V a, V b) noexcept {
  const V r = remainder_of_dividend(a, b);
  return r != V{0} && (r < V{0}) != (b < V{0}) ? static_cast<V>(r + b) : r;
}

}  // namespace

BinaryKernel binary_kernel(Binary op, DataType type) noexcept {
  const Numbers numbers;
  const auto integers = SignedIntegers{} + UnsignedIntegers{};
  const Types<Bool> booleans;
  switch (op) {
    case Binary::add: return over(numbers, type, [](auto a, auto b) { return wrap_add(a, b); });
    case Binary::sub: return over(numbers, type, [](auto a, auto b) { return wrap_sub(a, b); });
    case Binary::mul: return over(numbers, type, [](auto a, auto b) { return wrap_mul(a, b); });
    case Binary::div: return over(numbers, type, [](auto a, auto b) { return divide(a, b); });
    case Binary::mod: return over(integers, type, [](auto a, auto b) { return remainder_of_divisor(a, b); });
    case Binary::fmod: return over(numbers, type, [](auto a, auto b) { return remainder_of_dividend(a, b); });
    case Binary::prelu:
      return over(numbers, type, [](auto a, auto b) { return a < decltype(a){0} ? wrap_mul(a, b) : a; });
    case Binary::shift_left:
      return over(UnsignedIntegers{}, type, [](auto a, auto b) {
        return b < sizeof(a) * 8 ? static_cast<decltype(a)>(static_cast<std::uint64_t>(a) << b) : decltype(a){0};
      });
    case Binary::shift_right:
      return over(UnsignedIntegers{}, type, [](auto a, auto b) {
        return b < sizeof(a) * 8 ? static_cast<decltype(a)>(static_cast<std::uint64_t>(a) >> b) : decltype(a){0};
      });
    case Binary::logical_and: return to_bool(booleans, type, [](bool a, bool b) { return a && b; });
    case Binary::logical_or: return to_bool(booleans, type, [](bool a, bool b) { return a || b; });
    case Binary::logical_xor: return to_bool(booleans, type, [](bool a, bool b) { return a != b; });
    case Binary::equal: return to_bool(AllTypes{}, type, [](auto a, auto b) { return a == b; });
    case Binary::greater: return to_bool(numbers, type, [](auto a, auto b) { return a > b; });
    case Binary::greater_or_equal: return to_bool(numbers, type, [](auto a, auto b) { return a >= b; });
    case Binary::less: return to_bool(numbers, type, [](auto a, auto b) { return a < b; });
    case Binary::less_or_equal: return to_bool(numbers, type, [](auto a, auto b) { return a <= b; });
  }
  return nullptr;
}

}  // namespace dnntune::kernels::reference
