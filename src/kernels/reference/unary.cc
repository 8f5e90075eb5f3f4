// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/unary.h"

#include <cmath>
#include <limits>

#include "kernels/reference/values.h"

namespace dnntune::kernels::reference {
namespace {

using base::Range;
using Args = UnaryArgs;

template <typename X, typename Y, typename F>
void map(const Args& args, Range range) noexcept {
  const X* x = static_cast<const X*>(args.x);
  Y* y = static_cast<Y*>(args.y);
  for (std::int64_t i = range.begin; i < range.end; ++i) y[i] = element<Y>(F{}(value_of(x[i]), args));
}

// F is a lambda without captures: f(value, args).
template <typename... Ts, typename F>
UnaryKernel over(Types<Ts...> types, DataType type, F) noexcept {
  return pick<UnaryKernel>(types, type, [](auto tag) -> UnaryKernel {
    using T = typename decltype(tag)::type;
    return map<T, T, F>;
  });
}
template <typename... Ts, typename F>
UnaryKernel to_bool(Types<Ts...> types, DataType type, F) noexcept {
  return pick<UnaryKernel>(types, type, [](auto tag) -> UnaryKernel { return map<typename decltype(tag)::type, Bool, F>; });
}

// A double brought back to the type it was computed for.
template <typename V>
V from_double(double value) noexcept {
  if constexpr (std::is_integral_v<V>) {
    return saturate<V>(value);
  } else {
    return static_cast<V>(value);
  }
}

template <typename V>
V sign(V x) noexcept {
  if (x > V{0}) return V{1};
  if constexpr (std::is_signed_v<V>) {
    if (x < V{0}) return V{-1};
  }
  return x;  // 0 stays 0, NaN stays NaN
}

template <typename V>
V shrink(V x, float lambda, float bias) noexcept {
  const auto v = static_cast<double>(x);
  if (v < -static_cast<double>(lambda)) return from_double<V>(v + bias);
  if (v > static_cast<double>(lambda)) return from_double<V>(v - bias);
  return is_nan(x) ? x : V{0};
}

// The bounds are compared so that NaN passes through.
template <typename V>
V clamp01(V x) noexcept {
  return x < V{0} ? V{0} : x > V{1} ? V{1} : x;
}

}  // namespace

UnaryKernel unary_kernel(Unary op, DataType type) noexcept {
  const Floats floats;
  const Numbers numbers;
  const auto signed_numbers = floats + SignedIntegers{};
  switch (op) {
    case Unary::abs:
      return over(numbers, type, [](auto x, const Args&) {
        if constexpr (std::is_floating_point_v<decltype(x)>) return std::fabs(x);
        else return x < decltype(x){0} ? wrap_sub(decltype(x){0}, x) : x;
      });
    case Unary::neg:
      return over(signed_numbers, type, [](auto x, const Args&) {
        if constexpr (std::is_floating_point_v<decltype(x)>) return -x;
        else return wrap_sub(decltype(x){0}, x);
      });
    case Unary::sign: return over(numbers, type, [](auto x, const Args&) { return sign(x); });
    case Unary::relu:
      return over(signed_numbers, type, [](auto x, const Args&) { return x < decltype(x){0} ? decltype(x){0} : x; });
    case Unary::erf:
      return over(numbers, type, [](auto x, const Args&) {
        if constexpr (std::is_floating_point_v<decltype(x)>) return std::erf(x);
        else return static_cast<decltype(x)>(std::erf(static_cast<double>(x)));
      });
    case Unary::shrink: return over(numbers, type, [](auto x, const Args& a) { return shrink(x, a.alpha, a.beta); });

    case Unary::acos: return over(floats, type, [](auto x, const Args&) { return std::acos(x); });
    case Unary::acosh: return over(floats, type, [](auto x, const Args&) { return std::acosh(x); });
    case Unary::asin: return over(floats, type, [](auto x, const Args&) { return std::asin(x); });
    case Unary::asinh: return over(floats, type, [](auto x, const Args&) { return std::asinh(x); });
    case Unary::atan: return over(floats, type, [](auto x, const Args&) { return std::atan(x); });
    case Unary::atanh: return over(floats, type, [](auto x, const Args&) { return std::atanh(x); });
    case Unary::ceil: return over(floats, type, [](auto x, const Args&) { return std::ceil(x); });
    case Unary::cos: return over(floats, type, [](auto x, const Args&) { return std::cos(x); });
    case Unary::cosh: return over(floats, type, [](auto x, const Args&) { return std::cosh(x); });
    case Unary::exp: return over(floats, type, [](auto x, const Args&) { return std::exp(x); });
    case Unary::floor: return over(floats, type, [](auto x, const Args&) { return std::floor(x); });
    case Unary::log: return over(floats, type, [](auto x, const Args&) { return std::log(x); });
    case Unary::reciprocal: return over(floats, type, [](auto x, const Args&) { return decltype(x){1} / x; });
    // Half to even: the rounding mode of the process, which nothing here changes.
    case Unary::round: return over(floats, type, [](auto x, const Args&) { return std::nearbyint(x); });
    case Unary::sin: return over(floats, type, [](auto x, const Args&) { return std::sin(x); });
    case Unary::sinh: return over(floats, type, [](auto x, const Args&) { return std::sinh(x); });
    case Unary::sqrt: return over(floats, type, [](auto x, const Args&) { return std::sqrt(x); });
    case Unary::tan: return over(floats, type, [](auto x, const Args&) { return std::tan(x); });
    case Unary::tanh: return over(floats, type, [](auto x, const Args&) { return std::tanh(x); });

    case Unary::leaky_relu: return over(floats, type, [](auto x, const Args& a) { return x < 0 ? a.alpha * x : x; });
    case Unary::elu: return over(floats, type, [](auto x, const Args& a) { return x < 0 ? a.alpha * std::expm1(x) : x; });
    case Unary::selu:
      return over(floats, type, [](auto x, const Args& a) { return a.beta * (x > 0 ? x : a.alpha * std::expm1(x)); });
    case Unary::celu:
      return over(floats, type, [](auto x, const Args& a) { return x < 0 ? a.alpha * std::expm1(x / a.alpha) : x; });
    case Unary::sigmoid:
      return over(floats, type, [](auto x, const Args&) { return decltype(x){1} / (decltype(x){1} + std::exp(-x)); });
    case Unary::hard_sigmoid: return over(floats, type, [](auto x, const Args& a) { return clamp01(a.alpha * x + a.beta); });
    case Unary::hard_swish:
      return over(floats, type, [](auto x, const Args&) { return x * clamp01(x / decltype(x){6} + decltype(x){0.5}); });
    case Unary::softplus:  // log(1 + e^x) that does not overflow
      return over(floats, type, [](auto x, const Args&) { return (x > 0 ? x : decltype(x){0}) + std::log1p(std::exp(-std::fabs(x))); });
    case Unary::softsign: return over(floats, type, [](auto x, const Args&) { return x / (decltype(x){1} + std::fabs(x)); });
    case Unary::thresholded_relu:
      return over(floats, type, [](auto x, const Args& a) { return x <= a.alpha ? decltype(x){0} : x; });

    case Unary::logical_not: return over(Types<Bool>{}, type, [](bool x, const Args&) { return !x; });
    case Unary::is_nan: return to_bool(floats, type, [](auto x, const Args&) { return is_nan(x); });
    case Unary::is_inf:
      return to_bool(floats, type, [](auto x, const Args& a) {
        const auto inf = std::numeric_limits<decltype(x)>::infinity();
        return (x == inf && a.beta != 0) || (x == -inf && a.alpha != 0);
      });
  }
  return nullptr;
}

}  // namespace dnntune::kernels::reference
