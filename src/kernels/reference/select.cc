// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/select.h"

namespace dnntune::kernels::reference {
namespace {

template <typename T>
void where(const WhereArgs& args, Range range) noexcept {
  const std::uint8_t* condition = static_cast<const std::uint8_t*>(args.condition);  // any value but 0 is true
  const T* a = static_cast<const T*>(args.a);
  const T* b = static_cast<const T*>(args.b);
  T* y = static_cast<T*>(args.y);
  const std::int64_t step_c = args.walk->inner_stride(0);
  const std::int64_t step_a = args.walk->inner_stride(1);
  const std::int64_t step_b = args.walk->inner_stride(2);
  for_runs(*args.walk, range, [&](std::int64_t first, const std::array<std::int64_t, 3>& at, std::int64_t length) {
    for (std::int64_t i = 0; i < length; ++i)
      y[first + i] = condition[at[0] + i * step_c] != 0 ? a[at[1] + i * step_a] : b[at[2] + i * step_b];
  });
}

template <typename V>
void clip(const ClipArgs& args, ElementTypes types, Range range) noexcept {
  const V lower = args.lower == nullptr ? lowest<V>(types.type) : read_one<V>(types.type, args.lower);
  const V upper = args.upper == nullptr ? highest<V>(types.type) : read_one<V>(types.type, args.upper);
  for_blocks(range.size(), [&](std::int64_t i, std::int64_t count) {
    V values[kBlock];
    read(types.type, args.x, range.begin + i, 1, count, values);
    for (std::int64_t k = 0; k < count; ++k) {
      if (values[k] < lower) values[k] = lower;
      if (values[k] > upper) values[k] = upper;
    }
    write(types.type, values, count, args.y, range.begin + i);
  });
}

}  // namespace

WhereKernel where_kernel(std::size_t bytes) noexcept {
  return pick_size<WhereKernel>(bytes, [](auto tag) -> WhereKernel { return where<typename decltype(tag)::type>; });
}

ClipKernel clip_kernel(DataType type) noexcept {
  return pick_number<ClipKernel>(type, [type](auto tag) -> ClipKernel { return {clip<typename decltype(tag)::type>, {type}}; });
}

}  // namespace dnntune::kernels::reference
