// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/binary.h"

#include <cmath>

#include "kernels/reference/numbers.h"

namespace dnntune::kernels::reference {
namespace {

// For each element, a becomes f(a, b).
template <typename V>
using Combine = void (*)(V* a, const V* b, std::int64_t count) noexcept;
template <typename V, typename F>
void combine(V* a, const V* b, std::int64_t count) noexcept {
  for (std::int64_t i = 0; i < count; ++i) a[i] = static_cast<V>(F{}(a[i], b[i]));
}

template <typename V>
void map2(const BinaryArgs& args, ElementTypes types, Range range, Combine<V> function) noexcept {
  const std::int64_t step_a = args.walk->inner_stride(0);
  const std::int64_t step_b = args.walk->inner_stride(1);
  for_runs(*args.walk, range, [&](std::int64_t first, const std::array<std::int64_t, 2>& at, std::int64_t length) {
    for_blocks(length, [&](std::int64_t i, std::int64_t count) {
      V a[kBlock], b[kBlock];
      read(types.type, args.a, at[0] + i * step_a, step_a, count, a);
      read(types.type, args.b, at[1] + i * step_b, step_b, count, b);
      function(a, b, count);
      write(types.other, a, count, args.y, first + i);
    });
  });
}

// f(a, b), a lambda without captures, for the V among Vs that `type` is computed in; y is of type `result`.
template <typename... Vs, typename F>
BinaryKernel over(DataType type, DataType result, F) noexcept {
  return pick<BinaryKernel, Vs...>(type, [&](auto tag) -> BinaryKernel {
    using V = typename decltype(tag)::type;
    return {[](const BinaryArgs& args, ElementTypes types, Range range) noexcept { map2<V>(args, types, range, combine<V, F>); },
            {type, result}};
  });
}
template <typename F>
BinaryKernel over_numbers(DataType type, F f) noexcept {
  return over<double, std::int64_t, std::uint64_t>(type, type, f);
}
template <typename F>
BinaryKernel over_integers(DataType type, F f) noexcept {
  return over<std::int64_t, std::uint64_t>(type, type, f);
}
template <typename F>
BinaryKernel test(DataType type, F f) noexcept {
  return over<double, std::int64_t, std::uint64_t>(type, DataType::boolean, f);
}

template <typename V>
V divide(V a, V b) noexcept {
  if constexpr (std::is_integral_v<V>) {
    if (b == V{0}) return V{0};
    if constexpr (std::is_signed_v<V>) {
      if (b == V{-1}) return wrap_sub(V{0}, a);
    }
  }
  return a / b;
}

template <typename V>
V remainder_of_dividend(V a, V b) noexcept {
  if constexpr (std::is_integral_v<V>) {
    if (b == V{0}) return V{0};
    if constexpr (std::is_signed_v<V>) {
      if (b == V{-1}) return V{0};
    }
    return a % b;
  } else {
    return std::fmod(a, b);
  }
}

template <typename V>
V remainder_of_divisor(V a, V b) noexcept {
  const V r = remainder_of_dividend(a, b);
  return r != V{0} && (r < V{0}) != (b < V{0}) ? r + b : r;
}

bool is_logical(Binary op) noexcept { return op == Binary::logical_and || op == Binary::logical_or || op == Binary::logical_xor; }

}  // namespace

BinaryKernel binary_kernel(Binary op, DataType type) noexcept {
  if (op != Binary::equal && is_logical(op) != (type == DataType::boolean)) return nullptr;
  switch (op) {
    case Binary::add: return over_numbers(type, [](auto a, auto b) { return wrap_add(a, b); });
    case Binary::sub: return over_numbers(type, [](auto a, auto b) { return wrap_sub(a, b); });
    case Binary::mul: return over_numbers(type, [](auto a, auto b) { return wrap_mul(a, b); });
    case Binary::div: return over_numbers(type, [](auto a, auto b) { return divide(a, b); });
    case Binary::mod: return over_integers(type, [](auto a, auto b) { return remainder_of_divisor(a, b); });
    case Binary::fmod: return over_numbers(type, [](auto a, auto b) { return remainder_of_dividend(a, b); });
    case Binary::prelu: return over_numbers(type, [](auto a, auto b) { return a < decltype(a){0} ? wrap_mul(a, b) : a; });
    // Shorter types lose what a shift by their width or more leaves when it is written, or have nothing left.
    case Binary::shift_left:
      return over<std::uint64_t>(type, type, [](std::uint64_t a, std::uint64_t b) { return b < 64 ? a << b : 0; });
    case Binary::shift_right:
      return over<std::uint64_t>(type, type, [](std::uint64_t a, std::uint64_t b) { return b < 64 ? a >> b : 0; });
    case Binary::logical_and: return over<std::uint64_t>(type, type, [](std::uint64_t a, std::uint64_t b) { return a & b; });
    case Binary::logical_or: return over<std::uint64_t>(type, type, [](std::uint64_t a, std::uint64_t b) { return a | b; });
    case Binary::logical_xor: return over<std::uint64_t>(type, type, [](std::uint64_t a, std::uint64_t b) { return a ^ b; });
    case Binary::equal: return test(type, [](auto a, auto b) { return a == b; });
    case Binary::greater: return test(type, [](auto a, auto b) { return a > b; });
    case Binary::greater_or_equal: return test(type, [](auto a, auto b) { return a >= b; });
    case Binary::less: return test(type, [](auto a, auto b) { return a < b; });
    case Binary::less_or_equal: return test(type, [](auto a, auto b) { return a <= b; });
  }
  return nullptr;
}

}  // namespace dnntune::kernels::reference
