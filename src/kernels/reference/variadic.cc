// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/variadic.h"

#include "kernels/reference/values.h"

namespace dnntune::kernels::reference {
namespace {

// Results of a block stay in the compute type until all operands are in, so that half types round once.
constexpr std::int64_t kBlock = 128;

struct Max {
  template <typename V>
  static V combine(V a, V b) noexcept { return b > a || is_nan(b) ? b : a; }
  template <typename V>
  static V finish(V value, std::int64_t) noexcept { return value; }
};
struct Min {
  template <typename V>
  static V combine(V a, V b) noexcept { return b < a || is_nan(b) ? b : a; }
  template <typename V>
  static V finish(V value, std::int64_t) noexcept { return value; }
};
struct Sum {
  template <typename V>
  static V combine(V a, V b) noexcept { return a + b; }
  template <typename V>
  static V finish(V value, std::int64_t) noexcept { return value; }
};
struct Mean : Sum {
  template <typename V>
  static V finish(V value, std::int64_t count) noexcept { return value / static_cast<V>(count); }
};

template <typename T, typename F>
void combine_all(const VariadicArgs& args, Range range) noexcept {
  using V = Compute<T>;
  T* y = static_cast<T*>(args.y);
  for (std::int64_t begin = range.begin; begin < range.end; begin += kBlock) {
    const Range block{begin, std::min(begin + kBlock, range.end)};
    V values[kBlock];
    for (std::int64_t k = 0; k < args.count; ++k) {
      const T* x = static_cast<const T*>(args.inputs[k]);
      const std::int64_t step = args.walks[k].inner_stride(0);
      for_runs(args.walks[k], block, [&](std::int64_t first, const std::array<std::int64_t, 1>& at, std::int64_t length) {
        for (std::int64_t i = 0; i < length; ++i) {
          V& value = values[first - begin + i];
          const V operand = value_of(x[at[0] + i * step]);
          value = k == 0 ? operand : F::combine(value, operand);
        }
      });
    }
    for (std::int64_t i = 0; i < block.size(); ++i) y[begin + i] = element<T>(F::finish(values[i], args.count));
  }
}

template <typename F, typename... Ts>
VariadicKernel over(Types<Ts...> types, DataType type) noexcept {
  return pick<VariadicKernel>(types, type, [](auto tag) -> VariadicKernel { return combine_all<typename decltype(tag)::type, F>; });
}

}  // namespace

VariadicKernel variadic_kernel(Variadic op, DataType type) noexcept {
  switch (op) {
    case Variadic::max: return over<Max>(Numbers{}, type);
    case Variadic::min: return over<Min>(Numbers{}, type);
    case Variadic::sum: return over<Sum>(Floats{}, type);
    case Variadic::mean: return over<Mean>(Floats{}, type);
  }
  return nullptr;
}

}  // namespace dnntune::kernels::reference
