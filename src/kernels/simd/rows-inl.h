// SPDX-License-Identifier: Apache-2.0
// Copies rows of A (of a matrix, or the windows of a convolution) into the order of a register tile.

#if defined(DNNTUNE_KERNELS_SIMD_ROWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DNNTUNE_KERNELS_SIMD_ROWS_INL_H
#undef DNNTUNE_KERNELS_SIMD_ROWS_INL_H
#else
#define DNNTUNE_KERNELS_SIMD_ROWS_INL_H
#endif

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <hwy/highway.h>

#include "kernels/simd/gemm.h"
#include "kernels/simd/words-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

HWY_INLINE void zero_turn(float* to) noexcept {
  const hn::ScalableTag<float> d;
  constexpr std::int64_t kStep = hn::MaxLanes(decltype(d)());
  HWY_UNROLL(4)
  for (std::int64_t i = 0; i < kTurn; i += kStep) hn::StoreU(hn::Zero(d), d, to + i);
}

/// A row in turns: turn t at to + t * stride. Counts must be multiples of a turn's values.
template <class Words>
struct TurnWriter {
  float* to;
  std::int64_t stride;
  HWY_INLINE void copy(const float* from, std::int64_t count) noexcept {
    for (; count > 0; count -= Words::kTurnValues, from += Words::kTurnValues, to += stride) Words::copy_turn(from, to);
  }
  HWY_INLINE void zero(std::int64_t count) noexcept {
    for (; count > 0; count -= Words::kTurnValues, to += stride) zero_turn(to);
  }
};

/// One turn or, near the end of what may be read, the part of it that is wanted.
HWY_INLINE void copy_partial(const float* from, std::int64_t count, const float* readable_end, float* to) noexcept {
  if (readable_end - from >= kTurn) {
    FloatWords::copy_turn(from, to);
  } else {
    std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(float));
  }
}

/// `count` floats, fewer than 2 kTurn, and nothing else.
HWY_INLINE void copy_some(const float* from, std::int64_t count, float* to) noexcept {
#if DNNTUNE_AVX3
  const hn::ScalableTag<float> d;
  constexpr std::int64_t kStep = hn::MaxLanes(decltype(d)());
  for (std::int64_t i = 0; i < count; i += kStep)
    hn::StoreU(hn::MaskedLoad(hn::FirstN(d, static_cast<std::size_t>(std::min(kStep, count - i))), d, from + i), d, to + i);
#else
  std::copy_n(from, count, to);
#endif
}

/// A row in plain order, with any counts: writes whole turns, up to kTurn - 1 floats too many, which the
/// next piece overwrites; the row's storage has room for that. Reads stay below `readable_end`.
struct PlainWriter {
  float* to;
  const float* readable_end;
  HWY_INLINE void copy(const float* from, std::int64_t count) noexcept {
    for (std::int64_t i = 0; i < count; i += kTurn)
      copy_partial(from + i, std::min(kTurn, count - i), readable_end, to + i);
    to += count;
  }
  HWY_INLINE void zero(std::int64_t count) noexcept {
    for (std::int64_t i = 0; i < count; i += kTurn) zero_turn(to + i);
    to += count;
  }
};

/// Turns of a row in plain order; the last may be partial.
template <class Words>
HWY_INLINE void copy_row(const float* from, std::int64_t count, const float* readable_end, float* to,
                         std::int64_t stride) noexcept {
  constexpr std::int64_t kStep = Words::kTurnValues;
  for (; count >= kStep; count -= kStep, from += kStep, to += stride) Words::copy_turn(from, to);
  if (count == 0) return;
  if constexpr (Words::kValues == 1) {
    copy_partial(from, count, readable_end, to);
  } else {  // the last word may be half empty, and what lies there would be multiplied
    HWY_ALIGN float rest[kStep] = {};
    copy_some(from, count, rest);
    Words::copy_turn(rest, to);
  }
}

/// Some columns of a window's row of A, as runs: what lies side by side in memory, that is a whole kernel
/// row or one pixel's channels.
struct Runs {
  Runs(const ConvWindow& window, base::Range columns) noexcept : count(columns.size()) {
    const bool whole_rows = window.dilation_w == 1 && window.channels == window.pixel_stride;
    length = whole_rows ? window.kernel_w * window.channels : window.channels;
    runs_a_row = whole_rows ? 1 : window.kernel_w;
    within = columns.begin % length;
    kernel_x = columns.begin / length % runs_a_row;
    kernel_y = columns.begin / length / runs_a_row;
  }
  std::int64_t count;             ///< Columns in all.
  std::int64_t length;            ///< Floats of a run.
  std::int64_t runs_a_row;        ///< Of the kernel.
  std::int64_t within;            ///< Where the first column lies in its run.
  std::int64_t kernel_y, kernel_x;  ///< The first run's tap.
};

/// Writes the columns of the row of A whose window starts at pixel (y, x) of `image`.
template <class Writer>
HWY_INLINE void write_window(const ConvWindow& w, const float* image, std::int64_t y, std::int64_t x, const Runs& runs,
                             Writer writer) noexcept {
  std::int64_t within = runs.within;
  std::int64_t kernel_y = runs.kernel_y, kernel_x = runs.kernel_x;
  for (std::int64_t left = runs.count; left > 0;) {
    const std::int64_t count = std::min(runs.length - within, left);
    const std::int64_t in_y = y + kernel_y * w.dilation_h;
    const std::int64_t in_x = x + kernel_x * w.dilation_w;
    if (in_y < 0 || in_y >= w.in_h) {
      writer.zero(count);
    } else {
      // The part of the run that falls on the image, in floats from the run's start.
      const std::int64_t begin = std::clamp(-in_x * w.channels, within, within + count);
      const std::int64_t end = std::clamp((w.in_w - in_x) * w.channels, begin, within + count);
      if (begin > within) writer.zero(begin - within);
      if (end > begin) writer.copy(image + (in_y * w.in_w + in_x) * w.pixel_stride + begin, end - begin);
      if (within + count > end) writer.zero(within + count - end);
    }
    left -= count;
    within = 0;
    if (++kernel_x == runs.runs_a_row) {
      kernel_x = 0;
      ++kernel_y;
    }
  }
}

/// Calls f(pixel, image, y, x) for output pixels [rows.begin, rows.end): where each window starts.
template <class F>
HWY_INLINE void each_window(const GemmArgs& args, base::Range rows, F f) noexcept {
  const ConvWindow& w = *args.window;
  const std::int64_t image_floats = w.in_h * w.in_w * w.pixel_stride;
  std::int64_t image = rows.begin / (w.out_h * w.out_w);
  std::int64_t out_y = rows.begin / w.out_w % w.out_h;
  std::int64_t out_x = rows.begin % w.out_w;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    f(row - rows.begin, args.a + image * image_floats, out_y * w.stride_h - w.pad_top, out_x * w.stride_w - w.pad_left);
    if (++out_x < w.out_w) continue;
    out_x = 0;
    if (++out_y < w.out_h) continue;
    out_y = 0;
    ++image;
  }
}

/// Packs `rows` of A, `columns` of them, for one register tile of that many rows. `spare` has room for as
/// many rows in plain order, each `plain_stride(columns.size())` floats.
template <class Words>
HWY_INLINE void pack_rows(const GemmArgs& args, base::Range rows, base::Range columns, float* spare, float* to) noexcept {
  const std::int64_t stride = rows.size() * kTurn;
  const float* const readable_end = args.a + args.a_floats;
  if (args.window == nullptr) {
    for (std::int64_t row = rows.begin; row < rows.end; ++row, to += kTurn)
      copy_row<Words>(args.a + row * args.a_stride + columns.begin, columns.size(), readable_end, to, stride);
    return;
  }
  const ConvWindow& w = *args.window;
  const Runs runs(w, columns);
  if (w.channels % Words::kTurnValues == 0) {
    each_window(args, rows, [&](std::int64_t i, const float* image, std::int64_t y, std::int64_t x) HWY_ATTR {
      write_window(w, image, y, x, runs, TurnWriter<Words>{to + i * kTurn, stride});
    });
    return;
  }
  // All rows first, then their turns: reading a row while its overlapping stores are under way stalls.
  const std::int64_t plain = plain_stride(columns.size());
  each_window(args, rows, [&](std::int64_t i, const float* image, std::int64_t y, std::int64_t x) HWY_ATTR {
    write_window(w, image, y, x, runs, PlainWriter{spare + i * plain, readable_end});
  });
  for (std::int64_t i = 0; i < rows.size(); ++i)
    copy_row<Words>(spare + i * plain, columns.size(), spare + (i + 1) * plain, to + i * kTurn, stride);
}

}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#endif  // per target
