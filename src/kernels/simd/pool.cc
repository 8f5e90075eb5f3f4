// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/pool.h"

#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/pool.cc"
#include "kernels/simd/targets.h"  // first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/simd/channels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace {

/// A window on the image: the taps inside it, the first tap's pixel, and how many taps count for a mean.
struct Window {
  base::Range y, x;
  const float* from;
  std::int64_t counted;
};

/// Taps of a window at `start` that lie in the image or its padding.
HWY_INLINE std::int64_t taps_padded(std::int64_t start, std::int64_t kernel, std::int64_t dilation, std::int64_t size,
                                    std::int64_t pad_begin, std::int64_t pad_end) noexcept {
  return taps_inside(start + pad_begin, kernel, dilation, size + pad_begin + pad_end).size();
}

/// Calls f(window, output pixel) along the output rows.
template <class F>
HWY_INLINE void each_window(const PoolArgs& args, base::Range rows, F f) noexcept {
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const std::int64_t y = row % args.out_h * args.stride_h - args.pad_top;
    Window window;
    window.y = taps_inside(y, args.kernel_h, args.dilation_h, args.in_h);
    const std::int64_t in_row = row / args.out_h * args.in_h + y + window.y.begin * args.dilation_h;
    const std::int64_t reach = (args.kernel_w - 1) * args.dilation_w;
    const std::int64_t counted_y = taps_padded(y, args.kernel_h, args.dilation_h, args.in_h, args.pad_top, args.pad_bottom);
    for (std::int64_t out_x = 0; out_x < args.out_w; ++out_x) {
      const std::int64_t x = out_x * args.stride_w - args.pad_left;
      const bool inside = x >= 0 && x + reach < args.in_w;  // most are, and need no division
      window.x = inside ? base::Range{0, args.kernel_w} : taps_inside(x, args.kernel_w, args.dilation_w, args.in_w);
      const bool any = window.y.size() > 0 && window.x.size() > 0;
      window.from = any ? args.input + (in_row * args.in_w + x + window.x.begin * args.dilation_w) * args.in_pixel_stride : args.input;
      window.counted =
          !args.count_include_pad
              ? window.y.size() * window.x.size()
          : inside ? counted_y * args.kernel_w
                   : counted_y * taps_padded(x, args.kernel_w, args.dilation_w, args.in_w, args.pad_left, args.pad_right);
      f(window, args.output + (row * args.out_w + out_x) * args.out_pixel_stride);
    }
  }
}

/// Combines the taps of a window, for the channels of one vector.
template <class D, class V, class F>
HWY_INLINE V fold(D d, const PoolArgs& args, const Window& window, std::int64_t c, V result, F f) noexcept {
  const std::int64_t step = args.dilation_w * args.in_pixel_stride;
  for (std::int64_t y = 0; y < window.y.size(); ++y) {
    const float* from = window.from + y * args.dilation_h * args.in_w * args.in_pixel_stride + c;
    for (std::int64_t x = 0; x < window.x.size(); ++x, from += step) result = f(result, hn::LoadU(d, from));
  }
  return result;
}

/// The same for a window of known size, all inside.
template <int kHeight, int kWidth, class D, class V, class F>
HWY_INLINE V fold_whole(D d, const PoolArgs& args, const float* from, V result, F f) noexcept {
  const std::int64_t step = args.dilation_w * args.in_pixel_stride, row = args.dilation_h * args.in_w * args.in_pixel_stride;
  HWY_UNROLL(16)
  for (int y = 0; y < kHeight; ++y) {
    HWY_UNROLL(16)
    for (int x = 0; x < kWidth; ++x) result = f(result, hn::LoadU(d, from + y * row + x * step));
  }
  return result;
}

/// Calls g(c, fold) for each vector of channels; fold(result, f) combines the taps of the window.
template <class D, class G>
HWY_INLINE void each_fold(D d, const PoolArgs& args, const Window& window, G g) noexcept {
  const bool whole = window.y.size() == args.kernel_h && window.x.size() == args.kernel_w && args.kernel_h == args.kernel_w;
  if (whole && args.kernel_h == 3) {
    each_channel_vector(d, {0, args.channels}, [&](std::int64_t c) HWY_ATTR {
      g(c, [&](auto result, auto f) HWY_ATTR { return fold_whole<3, 3>(d, args, window.from + c, result, f); });
    });
  } else if (whole && args.kernel_h == 2) {
    each_channel_vector(d, {0, args.channels}, [&](std::int64_t c) HWY_ATTR {
      g(c, [&](auto result, auto f) HWY_ATTR { return fold_whole<2, 2>(d, args, window.from + c, result, f); });
    });
  } else {
    each_channel_vector(d, {0, args.channels}, [&](std::int64_t c) HWY_ATTR {
      g(c, [&](auto result, auto f) HWY_ATTR { return fold(d, args, window, c, result, f); });
    });
  }
}

template <class V>
HWY_INLINE V greater(V best, V x) {
#if DNNTUNE_X86_VECTORS
  return hn::Max(x, best);  // x86 takes the second operand when one is a NaN
#else
  return hn::IfThenElse(hn::Gt(x, best), x, best);
#endif
}

// The first tap is taken as it is, others when they are greater: a NaN stays only when it is the first.
void max_pool(const PoolArgs& args, base::Range rows) noexcept {
  with_channel_vectors(args.channels, [&](auto d) HWY_ATTR {
    using V = hn::Vec<decltype(d)>;
    each_window(args, rows, [&](const Window& window, float* output) HWY_ATTR {
      const bool any = window.y.size() > 0 && window.x.size() > 0;
      each_fold(d, args, window, [&](std::int64_t c, auto fold_from) HWY_ATTR {
        const V first = any ? hn::LoadU(d, window.from + c) : hn::Set(d, -std::numeric_limits<float>::infinity());
        hn::StoreU(fold_from(first, [](V best, V x) HWY_ATTR { return greater(best, x); }), d, output + c);
      });
    });
  });
}

void average_pool(const PoolArgs& args, base::Range rows) noexcept {
  with_channel_vectors(args.channels, [&](auto d) HWY_ATTR {
    using V = hn::Vec<decltype(d)>;
    each_window(args, rows, [&](const Window& window, float* output) HWY_ATTR {
      const V scale = hn::Set(d, window.counted == 0 ? 0.0f : 1.0f / static_cast<float>(window.counted));
      each_fold(d, args, window, [&](std::int64_t c, auto fold_from) HWY_ATTR {
        hn::StoreU(hn::Mul(scale, fold_from(V{hn::Zero(d)}, [](V sum, V x) HWY_ATTR { return hn::Add(sum, x); })), d, output + c);
      });
    });
  });
}

PoolFn max_kernel() { return &max_pool; }
PoolFn average_kernel() { return &average_pool; }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::kernels::simd {
HWY_EXPORT(max_kernel);
PoolFn max_pool_kernel() noexcept { return HWY_DYNAMIC_DISPATCH(max_kernel)(); }
HWY_EXPORT(average_kernel);
PoolFn average_pool_kernel() noexcept { return HWY_DYNAMIC_DISPATCH(average_kernel)(); }
}  // namespace dnntune::kernels::simd
#endif
