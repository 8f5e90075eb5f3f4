// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/arrange.h"

#include <algorithm>
#include <cstring>

#include "kernels/reference/gather.h"
#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {
namespace {

template <typename T>
void one_hot(const OneHotArgs& args, Range range) noexcept {
  const T off = static_cast<const T*>(args.values)[0];
  const T on = static_cast<const T*>(args.values)[1];
  for (std::int64_t i = range.begin; i < range.end; ++i) {
    std::int64_t index = index_at(args.indices, args.index_type, i);
    if (index < 0) index += args.depth;
    T* lane = static_cast<T*>(args.y) + i / args.inner * args.depth * args.inner + i % args.inner;
    for (std::int64_t d = 0; d < args.depth; ++d) lane[d * args.inner] = d == index ? on : off;
  }
}

template <typename T>
void trilu(const TriluArgs& args, Range range) noexcept {
  const T* x = static_cast<const T*>(args.x);
  T* y = static_cast<T*>(args.y);
  // Beyond the corners every k means the same; bounded, so that row + k cannot overflow.
  const std::int64_t k = std::clamp(args.k, -args.rows, args.columns);
  for (std::int64_t at = range.begin; at < range.end; ++at) {
    const std::int64_t diagonal = at % args.rows + k;
    for (std::int64_t column = 0; column < args.columns; ++column) {
      const bool kept = args.upper ? column >= diagonal : column <= diagonal;
      y[at * args.columns + column] = kept ? x[at * args.columns + column] : T{0};
    }
  }
}

}  // namespace

OneHotKernel one_hot_kernel(std::size_t bytes) noexcept {
  return pick_size<OneHotKernel>(bytes, [](auto tag) -> OneHotKernel { return one_hot<typename decltype(tag)::type>; });
}

TriluKernel trilu_kernel(std::size_t bytes) noexcept {
  return pick_size<TriluKernel>(bytes, [](auto tag) -> TriluKernel { return trilu<typename decltype(tag)::type>; });
}

void reverse_sequence(const ReverseSequenceArgs& args, Range range) noexcept {
  const std::byte* x = static_cast<const std::byte*>(args.x);
  std::byte* y = static_cast<std::byte*>(args.y);
  for (std::int64_t at = range.begin; at < range.end; ++at) {
    const std::int64_t time = args.time_first ? at / args.d1 : at % args.d1;
    const std::int64_t sequence = args.time_first ? at % args.d1 : at / args.d1;
    const std::int64_t length = args.lengths[sequence];
    const std::int64_t shift = time < length ? length - 1 - 2 * time : 0;  // to the mirrored step
    const std::int64_t source = at + shift * (args.time_first ? args.d1 : 1);
    std::memcpy(y + static_cast<std::size_t>(at) * args.slice_bytes, x + static_cast<std::size_t>(source) * args.slice_bytes,
                args.slice_bytes);
  }
}

}  // namespace dnntune::kernels::reference
