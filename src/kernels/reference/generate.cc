// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/generate.h"

#include "kernels/reference/values.h"

namespace dnntune::kernels::reference {
namespace {

template <typename T>
void range_of(const RangeArgs& args, base::Range range) noexcept {
  const auto start = load(*static_cast<const T*>(args.start));
  const auto delta = load(*static_cast<const T*>(args.delta));
  T* y = static_cast<T*>(args.y);
  for (std::int64_t i = range.begin; i < range.end; ++i) y[i] = store<T>(start + static_cast<Accumulator<T>>(i) * delta);
}

template <typename T>
void eye(const EyeArgs& args, base::Range range) noexcept {
  for (std::int64_t row = range.begin; row < range.end; ++row) {
    T* y = static_cast<T*>(args.y) + row * args.columns;
    for (std::int64_t column = 0; column < args.columns; ++column) y[column] = element<T>(column - row == args.k ? 1 : 0);
  }
}

}  // namespace

RangeKernel range_kernel(DataType type) noexcept {
  return pick<RangeKernel>(Numbers{}, type, [](auto tag) -> RangeKernel { return range_of<typename decltype(tag)::type>; });
}

EyeKernel eye_kernel(DataType type) noexcept {
  return pick<EyeKernel>(AllTypes{}, type, [](auto tag) -> EyeKernel { return eye<typename decltype(tag)::type>; });
}

}  // namespace dnntune::kernels::reference
