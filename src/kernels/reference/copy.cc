// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/copy.h"

#include <algorithm>
#include <cstring>

#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {
namespace {

template <typename T>
void copy(const CopyArgs& args, Range range) noexcept {
  const T* from = static_cast<const T*>(args.from);
  T* to = static_cast<T*>(args.to);
  const std::int64_t step_from = args.walk->inner_stride(0);
  const std::int64_t step_to = args.walk->inner_stride(1);
  for_runs(*args.walk, range, [&](std::int64_t, const std::array<std::int64_t, 2>& at, std::int64_t length) {
    if (step_from == 1 && step_to == 1) {
      std::memcpy(to + at[1], from + at[0], static_cast<std::size_t>(length) * sizeof(T));
    } else {
      for (std::int64_t i = 0; i < length; ++i) to[at[1] + i * step_to] = from[at[0] + i * step_from];
    }
  });
}

template <typename T>
void fill(const FillArgs& args, Range range) noexcept {
  T* y = static_cast<T*>(args.y);
  std::fill(y + range.begin, y + range.end, *static_cast<const T*>(args.value));
}

}  // namespace

CopyKernel copy_kernel(std::size_t bytes) noexcept {
  return pick_size<CopyKernel>(bytes, [](auto tag) -> CopyKernel { return copy<typename decltype(tag)::type>; });
}

FillKernel fill_kernel(std::size_t bytes) noexcept {
  return pick_size<FillKernel>(bytes, [](auto tag) -> FillKernel { return fill<typename decltype(tag)::type>; });
}

void copy_bytes(const CopyBytesArgs& args, Range range) noexcept {
  std::memcpy(static_cast<std::byte*>(args.to) + range.begin, static_cast<const std::byte*>(args.from) + range.begin,
              static_cast<std::size_t>(range.size()));
}

}  // namespace dnntune::kernels::reference
