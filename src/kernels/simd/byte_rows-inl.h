// SPDX-License-Identifier: Apache-2.0
// Copies rows of bytes (of a matrix, or the windows of a convolution) into the order of a register tile: turns of 64
// bytes, one row's after the other's.

#if defined(DNNTUNE_KERNELS_SIMD_BYTE_ROWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DNNTUNE_KERNELS_SIMD_BYTE_ROWS_INL_H
#undef DNNTUNE_KERNELS_SIMD_BYTE_ROWS_INL_H
#else
#define DNNTUNE_KERNELS_SIMD_BYTE_ROWS_INL_H
#endif

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <hwy/highway.h>

#include "kernels/simd/quantized_gemm.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::int64_t kTurnBytes = 64;

HWY_INLINE void copy_line(const std::uint8_t* from, std::uint8_t flip, std::uint8_t* to) noexcept {
  const hn::ScalableTag<std::uint8_t> d;
  constexpr std::int64_t kStep = hn::MaxLanes(decltype(d)());
  HWY_UNROLL(4)
  for (std::int64_t i = 0; i < kTurnBytes; i += kStep) hn::StoreU(hn::Xor(hn::LoadU(d, from + i), hn::Set(d, flip)), d, to + i);
}

HWY_INLINE void fill_line(std::uint8_t byte, std::uint8_t* to) noexcept {
  const hn::ScalableTag<std::uint8_t> d;
  constexpr std::int64_t kStep = hn::MaxLanes(decltype(d)());
  HWY_UNROLL(4)
  for (std::int64_t i = 0; i < kTurnBytes; i += kStep) hn::StoreU(hn::Set(d, byte), d, to + i);
}

/// `count` bytes, and up to 63 more, whatever they are. Reads stay below `readable_end`.
HWY_INLINE void copy_bytes(const std::uint8_t* from, std::int64_t count, const std::uint8_t* readable_end, std::uint8_t* to) noexcept {
  for (; count > 0; count -= kTurnBytes, from += kTurnBytes, to += kTurnBytes) {
    if (readable_end - from >= kTurnBytes)
      copy_line(from, 0, to);
    else
      std::memcpy(to, from, static_cast<std::size_t>(std::min(count, kTurnBytes)));
  }
}

/// A row's turns, `stride` bytes apart. The rest of the last one meets zeros in B; `clear`: it is 0 itself.
HWY_INLINE void copy_turns(const std::uint8_t* from, std::int64_t count, std::uint8_t flip, const std::uint8_t* readable_end,
                           std::uint8_t* to, std::int64_t stride, bool clear) noexcept {
  for (; count >= kTurnBytes; count -= kTurnBytes, from += kTurnBytes, to += stride) copy_line(from, flip, to);
  if (count == 0) return;
  if (readable_end - from >= kTurnBytes) {
    copy_line(from, flip, to);
  } else {
    HWY_ALIGN std::uint8_t line[kTurnBytes];
    std::memcpy(line, from, static_cast<std::size_t>(count));
    std::memset(line + count, 0, static_cast<std::size_t>(kTurnBytes - count));
    copy_line(line, flip, to);
  }
  if (clear) std::memset(to + count, 0, static_cast<std::size_t>(kTurnBytes - count));
}

/// Calls run(from, count) for the pieces of the window that starts at pixel (y, x) of `image`, in order; `from` is null
/// for padding.
template <class Run>
HWY_INLINE void each_run(const ConvWindow& w, const std::uint8_t* image, std::int64_t y, std::int64_t x, Run run) noexcept {
  const bool whole_rows = w.dilation_w == 1 && w.channels == w.pixel_stride;
  for (std::int64_t ky = 0; ky < w.kernel_h; ++ky) {
    const std::int64_t in_y = y + ky * w.dilation_h;
    const bool inside = in_y >= 0 && in_y < w.in_h;
    const std::uint8_t* const row = inside ? image + in_y * w.in_w * w.pixel_stride : nullptr;
    if (!inside) {
      run(nullptr, w.kernel_w * w.channels);
    } else if (whole_rows) {
      const std::int64_t begin = std::clamp<std::int64_t>(-x, 0, w.kernel_w), end = std::clamp<std::int64_t>(w.in_w - x, begin, w.kernel_w);
      if (begin > 0) run(nullptr, begin * w.channels);
      if (end > begin) run(row + (x + begin) * w.channels, (end - begin) * w.channels);
      if (end < w.kernel_w) run(nullptr, (w.kernel_w - end) * w.channels);
    } else {
      for (std::int64_t kx = 0; kx < w.kernel_w; ++kx) {
        const std::int64_t in_x = x + kx * w.dilation_w;
        run(in_x >= 0 && in_x < w.in_w ? row + in_x * w.pixel_stride : nullptr, w.channels);
      }
    }
  }
}

/// Packs one row of A; `spare` has room for it in plain order and 128 bytes more.
HWY_INLINE void pack_byte_row(const QuantizedGemmArgs& args, std::int64_t row, std::uint8_t* spare, std::uint8_t* to, std::int64_t stride) noexcept {
  const std::uint8_t* const readable_end = args.a + args.a_bytes;
  const std::int64_t k = args.layout.rows;
  const bool clear = args.columns.zero_point != nullptr;  // then the row is summed
  if (args.window == nullptr) return copy_turns(args.a + row * args.a_stride, k, args.flip, readable_end, to, stride, clear);
  const ConvWindow& w = *args.window;
  const std::int64_t pixels = w.out_h * w.out_w, image = row / pixels, pixel = row % pixels;
  const std::uint8_t* const first = args.a + image * w.in_h * w.in_w * w.pixel_stride;
  const std::int64_t y = pixel / w.out_w * w.stride_h - w.pad_top, x = pixel % w.out_w * w.stride_w - w.pad_left;
  if (w.channels % kTurnBytes == 0) {
    each_run(w, first, y, x, [&](const std::uint8_t* from, std::int64_t count) HWY_ATTR {
      for (std::int64_t i = 0; i < count; i += kTurnBytes, to += stride) {
        if (from == nullptr)
          fill_line(args.padding ^ args.flip, to);
        else
          copy_line(from + i, args.flip, to);
      }
    });
    return;
  }
  std::uint8_t* at = spare;
  each_run(w, first, y, x, [&](const std::uint8_t* from, std::int64_t count) HWY_ATTR {
    if (from == nullptr)
      for (std::int64_t i = 0; i < count; i += kTurnBytes) fill_line(args.padding, at + i);
    else
      copy_bytes(from, count, readable_end, at);
    at += count;
  });
  copy_turns(spare, k, args.flip, spare + k + kTurnBytes, to, stride, clear);
}

}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#endif  // per target
