// SPDX-License-Identifier: Apache-2.0
// The sliding window of convolution and pooling over up to three spatial dimensions. Fewer dimensions
// are padded in front with size-1 ones, so that every kernel is written once, for three.
#pragma once

#include <array>
#include <cstdint>

namespace dnntune::kernels::reference {

/// Depth, height, width.
using Size3 = std::array<std::int64_t, 3>;

inline std::int64_t volume(const Size3& size) noexcept { return size[0] * size[1] * size[2]; }

struct Window {
  Size3 kernel{1, 1, 1};
  Size3 stride{1, 1, 1};
  Size3 dilation{1, 1, 1};
  Size3 pad_begin{0, 0, 0};
  Size3 pad_end{0, 0, 0};
};

/// Position `flat` of a dense volume as depth, height, width.
inline Size3 unflatten(std::int64_t flat, const Size3& size) noexcept {
  return {flat / (size[1] * size[2]), flat / size[2] % size[1], flat % size[2]};
}

inline std::int64_t flatten(const Size3& at, const Size3& size) noexcept {
  return (at[0] * size[1] + at[1]) * size[2] + at[2];
}

inline bool inside(const Size3& at, const Size3& size) noexcept {
  for (int d = 0; d < 3; ++d)
    if (at[d] < 0 || at[d] >= size[d]) return false;
  return true;
}

/// Where tap `tap` of the window for output position `out` reads; may lie outside the input.
inline Size3 tap_position(const Window& window, const Size3& out, const Size3& tap) noexcept {
  Size3 at;
  for (int d = 0; d < 3; ++d) at[d] = out[d] * window.stride[d] + tap[d] * window.dilation[d] - window.pad_begin[d];
  return at;
}

}  // namespace dnntune::kernels::reference
