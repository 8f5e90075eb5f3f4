// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/unary.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "kernels/reference/numbers.h"

namespace dnntune::kernels::reference {
namespace {

using base::Range;
using Args = UnaryArgs;

template <typename V>
using Map = void (*)(V* values, std::int64_t count, const Args& args) noexcept;
template <typename V, typename F>
void each(V* values, std::int64_t count, const Args& args) noexcept {
  for (std::int64_t i = 0; i < count; ++i) values[i] = F{}(values[i], args);
}

template <typename V>
void map(const Args& args, ElementTypes types, Range range, Map<V> function) noexcept {
  for_blocks(range.size(), [&](std::int64_t i, std::int64_t count) {
    V values[kBlock];
    read(types.type, args.x, range.begin + i, 1, count, values);
    function(values, count, args);
    write(types.other, values, count, args.y, range.begin + i);
  });
}

// f(value, args), a lambda without captures, on elements read as V; y is of type `result`.
template <typename V, typename F>
UnaryKernel in(DataType type, DataType result, F) noexcept {
  return {[](const Args& args, ElementTypes types, Range range) noexcept { map<V>(args, types, range, each<V, F>); }, {type, result}};
}
template <typename F>
UnaryKernel floats(DataType type, F f) noexcept {
  return is_real(type) ? in<double>(type, type, f) : nullptr;
}
template <typename F>
UnaryKernel floats_to_bool(DataType type, F f) noexcept {
  return is_real(type) ? in<double>(type, DataType::boolean, f) : nullptr;
}
// Every number, computed in double.
template <typename F>
UnaryKernel in_double(DataType type, F f) noexcept {
  return is_number(type) ? in<double>(type, type, f) : nullptr;
}
template <typename F>
UnaryKernel signed_numbers(DataType type, F f) noexcept {
  return arithmetic_of(type) == Arithmetic::signed_integer ? in<std::int64_t>(type, type, f) : floats(type, f);
}
template <typename F>
UnaryKernel numbers(DataType type, F f) noexcept {
  return pick_number<UnaryKernel>(type, [&](auto tag) { return in<typename decltype(tag)::type>(type, type, f); });
}

template <typename V>
V sign(V x) noexcept {
  if (x > V{0}) return V{1};
  return x < V{0} ? wrap_sub(V{0}, V{1}) : x;  // 0 stays 0, NaN stays NaN
}

template <typename V>
V abs(V x) noexcept {
  if constexpr (std::is_integral_v<V>) return x < V{0} ? wrap_sub(V{0}, x) : x;
  else return std::fabs(x);
}

// log(1 + e^x) that does not overflow.
double softplus(double x) noexcept { return (x > 0 ? x : 0.0) + std::log1p(std::exp(-std::fabs(x))); }

double gelu_tanh(double x) noexcept {
  return 0.5 * x * (1.0 + std::tanh(std::sqrt(2.0 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
}

double shrink(double x, double lambda, double bias) noexcept {
  if (x < -lambda) return x + bias;
  if (x > lambda) return x - bias;
  return is_nan(x) ? x : 0.0;
}

// The bounds are compared so that NaN passes through.
double clamp01(double x) noexcept { return x < 0.0 ? 0.0 : x > 1.0 ? 1.0 : x; }

}  // namespace

UnaryKernel unary_kernel(Unary op, DataType type) noexcept {
  switch (op) {
    case Unary::abs: return numbers(type, [](auto x, const Args&) { return abs(x); });
    case Unary::sign: return numbers(type, [](auto x, const Args&) { return sign(x); });
    case Unary::neg:
      return signed_numbers(type, [](auto x, const Args&) {
        if constexpr (std::is_integral_v<decltype(x)>) return wrap_sub(decltype(x){0}, x);
        else return -x;
      });
    case Unary::relu: return signed_numbers(type, [](auto x, const Args&) { return x < decltype(x){0} ? decltype(x){0} : x; });
    case Unary::erf: return in_double(type, [](double x, const Args&) { return std::erf(x); });
    case Unary::shrink: return in_double(type, [](double x, const Args& a) { return shrink(x, a.alpha, a.beta); });

    case Unary::acos: return floats(type, [](double x, const Args&) { return std::acos(x); });
    case Unary::acosh: return floats(type, [](double x, const Args&) { return std::acosh(x); });
    case Unary::asin: return floats(type, [](double x, const Args&) { return std::asin(x); });
    case Unary::asinh: return floats(type, [](double x, const Args&) { return std::asinh(x); });
    case Unary::atan: return floats(type, [](double x, const Args&) { return std::atan(x); });
    case Unary::atanh: return floats(type, [](double x, const Args&) { return std::atanh(x); });
    case Unary::ceil: return floats(type, [](double x, const Args&) { return std::ceil(x); });
    case Unary::cos: return floats(type, [](double x, const Args&) { return std::cos(x); });
    case Unary::cosh: return floats(type, [](double x, const Args&) { return std::cosh(x); });
    case Unary::exp: return floats(type, [](double x, const Args&) { return std::exp(x); });
    case Unary::floor: return floats(type, [](double x, const Args&) { return std::floor(x); });
    case Unary::log: return floats(type, [](double x, const Args&) { return std::log(x); });
    case Unary::reciprocal: return floats(type, [](double x, const Args&) { return 1.0 / x; });
    // Half to even: the rounding mode of the process, which nothing here changes.
    case Unary::round: return floats(type, [](double x, const Args&) { return std::nearbyint(x); });
    case Unary::sin: return floats(type, [](double x, const Args&) { return std::sin(x); });
    case Unary::sinh: return floats(type, [](double x, const Args&) { return std::sinh(x); });
    case Unary::sqrt: return floats(type, [](double x, const Args&) { return std::sqrt(x); });
    case Unary::tan: return floats(type, [](double x, const Args&) { return std::tan(x); });
    case Unary::tanh: return floats(type, [](double x, const Args&) { return std::tanh(x); });

    case Unary::leaky_relu: return floats(type, [](double x, const Args& a) { return x < 0 ? a.alpha * x : x; });
    case Unary::elu: return floats(type, [](double x, const Args& a) { return x < 0 ? a.alpha * std::expm1(x) : x; });
    case Unary::selu:
      return floats(type, [](double x, const Args& a) { return a.beta * (x > 0 ? x : a.alpha * std::expm1(x)); });
    case Unary::celu:
      return floats(type, [](double x, const Args& a) { return x < 0 ? a.alpha * std::expm1(x / a.alpha) : x; });
    case Unary::sigmoid:
      return floats(type, [](double x, const Args&) { return 1.0 / (1.0 + std::exp(-x)); });
    case Unary::hard_sigmoid: return floats(type, [](double x, const Args& a) { return clamp01(a.alpha * x + a.beta); });
    case Unary::hard_swish:
      return floats(type, [](double x, const Args&) { return x * clamp01(x / 6.0 + 0.5); });
    case Unary::gelu: return floats(type, [](double x, const Args&) { return 0.5 * x * std::erfc(-x / std::numbers::sqrt2); });
    case Unary::gelu_tanh: return floats(type, [](double x, const Args&) { return gelu_tanh(x); });
    case Unary::mish: return floats(type, [](double x, const Args&) { return x * std::tanh(softplus(x)); });
    case Unary::swish: return floats(type, [](double x, const Args& a) { return x / (1.0 + std::exp(-a.alpha * x)); });
    case Unary::softplus: return floats(type, [](double x, const Args&) { return softplus(x); });
    case Unary::softsign: return floats(type, [](double x, const Args&) { return x / (1.0 + std::fabs(x)); });
    case Unary::thresholded_relu:
      return floats(type, [](double x, const Args& a) { return x <= a.alpha ? 0.0 : x; });

    case Unary::logical_not:
      return type == DataType::boolean ? in<std::uint64_t>(type, type, [](std::uint64_t x, const Args&) { return std::uint64_t{x == 0}; }) : nullptr;
    case Unary::is_nan: return floats_to_bool(type, [](double x, const Args&) { return is_nan(x) ? 1.0 : 0.0; });
    case Unary::is_inf:
      return floats_to_bool(type, [](double x, const Args& a) {
        constexpr double inf = std::numeric_limits<double>::infinity();
        return (x == inf && a.beta != 0) || (x == -inf && a.alpha != 0) ? 1.0 : 0.0;
      });
  }
  return nullptr;
}

}  // namespace dnntune::kernels::reference
