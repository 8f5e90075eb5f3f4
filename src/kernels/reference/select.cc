// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/select.h"

#include "kernels/reference/values.h"

namespace dnntune::kernels::reference {
namespace {

template <typename T>
void where(const WhereArgs& args, Range range) noexcept {
  const Bool* condition = static_cast<const Bool*>(args.condition);
  const T* a = static_cast<const T*>(args.a);
  const T* b = static_cast<const T*>(args.b);
  T* y = static_cast<T*>(args.y);
  const std::int64_t step_c = args.walk->inner_stride(0);
  const std::int64_t step_a = args.walk->inner_stride(1);
  const std::int64_t step_b = args.walk->inner_stride(2);
  for_runs(*args.walk, range, [&](std::int64_t first, const std::array<std::int64_t, 3>& at, std::int64_t length) {
    for (std::int64_t i = 0; i < length; ++i)
      y[first + i] = value_of(condition[at[0] + i * step_c]) ? a[at[1] + i * step_a] : b[at[2] + i * step_b];
  });
}

template <typename T>
void clip(const ClipArgs& args, Range range) noexcept {
  using V = Compute<T>;
  const T* x = static_cast<const T*>(args.x);
  T* y = static_cast<T*>(args.y);
  const V lower = args.lower == nullptr ? V{} : value_of(*static_cast<const T*>(args.lower));
  const V upper = args.upper == nullptr ? V{} : value_of(*static_cast<const T*>(args.upper));
  for (std::int64_t i = range.begin; i < range.end; ++i) {
    V value = value_of(x[i]);
    if (args.lower != nullptr && value < lower) value = lower;
    if (args.upper != nullptr && value > upper) value = upper;
    y[i] = element<T>(value);
  }
}

}  // namespace

WhereKernel where_kernel(std::size_t bytes) noexcept {
  return pick_size<WhereKernel>(bytes, [](auto tag) -> WhereKernel { return where<typename decltype(tag)::type>; });
}

ClipKernel clip_kernel(DataType type) noexcept {
  return pick<ClipKernel>(Numbers{}, type, [](auto tag) -> ClipKernel { return clip<typename decltype(tag)::type>; });
}

}  // namespace dnntune::kernels::reference
