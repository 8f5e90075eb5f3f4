// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/variadic.h"

#include "kernels/reference/numbers.h"

namespace dnntune::kernels::reference {
namespace {

template <typename V>
using CombineTwo = V (*)(V, V) noexcept;

double sum(double a, double b) noexcept { return a + b; }

// Results of a block stay in V until all operands are in, so that they are rounded once.
template <typename V>
void combine_all(const VariadicArgs& args, DataType type, Range range, CombineTwo<V> combine, V divisor) noexcept {
  for_blocks(range.size(), [&](std::int64_t i, std::int64_t size) {
    const Range block{range.begin + i, range.begin + i + size};
    V values[kBlock], operands[kBlock];
    for (std::int64_t k = 0; k < args.count; ++k) {
      const std::int64_t step = args.walks[k].inner_stride(0);
      for_runs(args.walks[k], block, [&](std::int64_t first, const std::array<std::int64_t, 1>& at, std::int64_t length) {
        V* const place = values + (first - block.begin);
        read(type, args.inputs[k], at[0], step, length, k == 0 ? place : operands);
        for (std::int64_t j = 0; k > 0 && j < length; ++j) place[j] = combine(place[j], operands[j]);
      });
    }
    for (std::int64_t j = 0; j < size; ++j) values[j] /= divisor;
    write(type, values, size, args.y, block.begin);
  });
}

template <typename V>
void max(const VariadicArgs& args, ElementTypes types, Range range) noexcept {
  combine_all<V>(args, types.type, range, larger<V>, V{1});
}
template <typename V>
void min(const VariadicArgs& args, ElementTypes types, Range range) noexcept {
  combine_all<V>(args, types.type, range, smaller<V>, V{1});
}
void sum_all(const VariadicArgs& args, ElementTypes types, Range range) noexcept { combine_all<double>(args, types.type, range, sum, 1.0); }
void mean_all(const VariadicArgs& args, ElementTypes types, Range range) noexcept {
  combine_all<double>(args, types.type, range, sum, static_cast<double>(args.count));
}

}  // namespace

VariadicKernel variadic_kernel(Variadic op, DataType type) noexcept {
  const auto number = [&](auto select) { return pick_number<VariadicKernel>(type, select); };
  switch (op) {
    case Variadic::max: return number([&](auto tag) -> VariadicKernel { return {max<typename decltype(tag)::type>, {type}}; });
    case Variadic::min: return number([&](auto tag) -> VariadicKernel { return {min<typename decltype(tag)::type>, {type}}; });
    case Variadic::sum: return is_real(type) ? VariadicKernel(sum_all, {type}) : nullptr;
    case Variadic::mean: return is_real(type) ? VariadicKernel(mean_all, {type}) : nullptr;
  }
  return nullptr;
}

}  // namespace dnntune::kernels::reference
