// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/resize_taps.h"

#include <algorithm>
#include <cmath>

namespace dnntune::kernels::reference {
namespace {

/// The input coordinate that output coordinate `x` stands for. Of Real float where it is rounded to the nearest: what
/// frameworks compute in float lies on a half where the scale that was meant, such as 0.6, says so.
template <typename Real>
Real source_coordinate(const ResizeRule& rule, const ResizeSpan& span, std::int64_t coordinate) {
  constexpr Real half = Real(0.5), zero = Real(0), one = Real(1);
  const auto x = static_cast<Real>(coordinate), last = static_cast<Real>(span.in_size - 1);
  const auto length = static_cast<Real>(span.resized_length), scale = static_cast<Real>(span.scale);
  switch (rule.coordinates) {
    case CoordinateMode::half_pixel: return (x + half) / scale - half;
    case CoordinateMode::pytorch_half_pixel: return span.out_size > 1 ? (x + half) / scale - half : zero;
    case CoordinateMode::half_pixel_symmetric: {
      // The output's middle is the input's, also where the size was rounded.
      const auto in_size = static_cast<Real>(span.in_size);
      const Real adjustment = static_cast<Real>(span.out_size) / (scale * in_size);
      return half * in_size * (one - adjustment) + (x + half) / scale - half;
    }
    case CoordinateMode::align_corners: return length == one ? zero : x * last / (length - one);
    case CoordinateMode::asymmetric: return x / scale;
    case CoordinateMode::tf_half_pixel_for_nn: return scale == one ? x : (x + half) / scale;
    case CoordinateMode::tf_crop_and_resize: {
      const auto begin = static_cast<Real>(span.roi_begin), end = static_cast<Real>(span.roi_end);
      if (length <= one) return half * (begin + end) * last;
      return begin * last + x * (end - begin) * last / (length - one);
    }
  }
  return x;
}

double nearest_coordinate(NearestMode mode, double x) {
  switch (mode) {
    case NearestMode::round_prefer_floor: return std::ceil(x - 0.5);
    case NearestMode::round_prefer_ceil: return std::floor(x + 0.5);
    case NearestMode::floor: return std::floor(x);
    case NearestMode::ceil: return std::ceil(x);
  }
  return x;
}

/// Keys' kernel (IEEE TASSP 1981) at distance `d`.
double cubic_kernel(double a, double d) {
  d = std::abs(d);
  if (d <= 1.0) return ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0;
  return d < 2.0 ? ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a : 0.0;
}

/// Weights of a filter that is stretched by 1 / scale, from tap floor(x) + first on.
struct Stretched {
  double first = 0.0;
  std::vector<double> weights;
};
Stretched stretched_filter(const ResizeRule& rule, double scale, double t) {
  const double reach = rule.mode == ResizeMode::linear ? 1.0 : 2.0;
  const double first = std::floor(-reach / scale) + 1.0;
  const auto taps = static_cast<std::size_t>(2.0 - 2.0 * first);
  Stretched filter{first, std::vector<double>(taps)};
  double sum = 0.0;
  for (std::size_t i = 0; i < taps; ++i) {
    const double d = (first + static_cast<double>(i) - t) * scale;
    filter.weights[i] = rule.mode == ResizeMode::linear ? std::max(0.0, 1.0 - std::abs(d)) : cubic_kernel(rule.cubic_coefficient, d);
    sum += filter.weights[i];
  }
  for (double& weight : filter.weights) weight /= sum;
  return filter;
}

/// Writes the taps of one output coordinate: first input coordinate and one weight a tap.
void place(const ResizeRule& rule, const ResizeSpan& span, double first, std::vector<double> weights, ResizeTaps& result) {
  const double last = static_cast<double>(span.in_size - 1);
  const auto is_outside = [&](std::size_t tap) {
    const double at = first + static_cast<double>(tap);
    return at < 0.0 || at > last;
  };
  if (rule.exclude_outside && rule.mode != ResizeMode::nearest) {
    double sum = 0.0;
    for (std::size_t tap = 0; tap < weights.size(); ++tap) sum += is_outside(tap) ? 0.0 : weights[tap];
    if (sum != 0.0)
      for (std::size_t tap = 0; tap < weights.size(); ++tap) weights[tap] = is_outside(tap) ? 0.0 : weights[tap] / sum;
  }
  for (std::size_t tap = 0; tap < weights.size(); ++tap) {
    result.index.push_back(static_cast<std::int64_t>(std::clamp(first + static_cast<double>(tap), 0.0, last)));
    result.weight.push_back(weights[tap]);
  }
}

/// Keeps the one tap that counts when that holds for every coordinate.
void drop_unused_taps(ResizeTaps& result) {
  ResizeTaps single;
  const auto taps = static_cast<std::size_t>(result.taps);
  for (std::size_t first = 0; first < result.index.size(); first += taps) {
    const auto begin = result.weight.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = begin + static_cast<std::ptrdiff_t>(taps);
    const auto used = std::find(begin, end, 1.0);
    if (used == end || std::count(begin, end, 0.0) != static_cast<std::ptrdiff_t>(taps) - 1) return;
    single.index.push_back(result.index[static_cast<std::size_t>(used - result.weight.begin())]);
    single.weight.push_back(1.0);
  }
  single.outside = std::move(result.outside);
  result = std::move(single);
}

}  // namespace

ResizeTaps resize_taps(const ResizeRule& rule, const ResizeSpan& span) {
  ResizeTaps result;
  result.taps = rule.mode == ResizeMode::nearest ? 1 : rule.mode == ResizeMode::linear ? 2 : 4;
  const bool stretches = rule.antialias && span.scale < 1.0 && rule.mode != ResizeMode::nearest;
  constexpr std::int64_t kExactInFloat = 1 << 20;  // coordinates and their halves, with room for sums
  const bool in_float = rule.mode == ResizeMode::nearest && std::max(span.in_size, span.out_size) <= kExactInFloat;
  bool any_outside = false;
  for (std::int64_t coordinate = 0; coordinate < span.out_size; ++coordinate) {
    const double x = in_float ? static_cast<double>(source_coordinate<float>(rule, span, coordinate))
                              : source_coordinate<double>(rule, span, coordinate);
    const double below = std::floor(x);
    const double t = x - below;
    if (stretches) {
      Stretched filter = stretched_filter(rule, span.scale, t);
      result.taps = static_cast<std::int64_t>(filter.weights.size());
      place(rule, span, below + filter.first, std::move(filter.weights), result);
    } else if (rule.mode == ResizeMode::nearest) {
      place(rule, span, nearest_coordinate(rule.nearest, x), {1.0}, result);
    } else if (rule.mode == ResizeMode::linear) {
      place(rule, span, below, {1.0 - t, t}, result);
    } else {
      const auto weight = [&](double d) { return cubic_kernel(rule.cubic_coefficient, d); };
      place(rule, span, below - 1.0, {weight(t + 1.0), weight(t), weight(1.0 - t), weight(2.0 - t)}, result);
    }
    const bool outside = rule.coordinates == CoordinateMode::tf_crop_and_resize &&
                         (x < 0.0 || x > static_cast<double>(span.in_size - 1));
    result.outside.push_back(outside);
    any_outside = any_outside || outside;
  }
  if (!any_outside) result.outside.clear();
  drop_unused_taps(result);
  return result;
}

}  // namespace dnntune::kernels::reference
