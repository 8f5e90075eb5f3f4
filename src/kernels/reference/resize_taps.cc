// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/resize_taps.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dnntune::kernels::reference {
namespace {

/// The input coordinate that output coordinate `x` stands for.
double source_coordinate(const ResizeRule& rule, const ResizeSpan& span, double x) {
  const double last = static_cast<double>(span.in_size - 1);
  const double length = span.resized_length;
  switch (rule.coordinates) {
    case CoordinateMode::half_pixel: return (x + 0.5) / span.scale - 0.5;
    case CoordinateMode::pytorch_half_pixel: return length > 1.0 ? (x + 0.5) / span.scale - 0.5 : 0.0;
    case CoordinateMode::align_corners: return length == 1.0 ? 0.0 : x * last / (length - 1.0);
    case CoordinateMode::asymmetric: return x / span.scale;
    case CoordinateMode::tf_half_pixel_for_nn: return (x + 0.5) / span.scale;
    case CoordinateMode::tf_crop_and_resize: {
      const double extent = span.roi_end - span.roi_begin;
      if (length <= 1.0) return 0.5 * (span.roi_begin + span.roi_end) * last;
      return span.roi_begin * last + x * extent * last / (length - 1.0);
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

/// Weights of the taps at floor(x) - 1, floor(x), + 1, + 2 (Keys, IEEE TASSP 1981); `t` is x - floor(x).
std::array<double, 4> cubic_weights(double a, double t) {
  const auto near = [a](double d) { return ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0; };         // |d| <= 1
  const auto far = [a](double d) { return ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a; };  // 1 < |d| < 2
  return {far(t + 1.0), near(t), near(1.0 - t), far(2.0 - t)};
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
  bool any_outside = false;
  for (std::int64_t coordinate = 0; coordinate < span.out_size; ++coordinate) {
    const double x = source_coordinate(rule, span, static_cast<double>(coordinate));
    const double below = std::floor(x);
    const double t = x - below;
    switch (rule.mode) {
      case ResizeMode::nearest: place(rule, span, nearest_coordinate(rule.nearest, x), {1.0}, result); break;
      case ResizeMode::linear: place(rule, span, below, {1.0 - t, t}, result); break;
      case ResizeMode::cubic: {
        const std::array<double, 4> weights = cubic_weights(rule.cubic_coefficient, t);
        place(rule, span, below - 1.0, {weights.begin(), weights.end()}, result);
        break;
      }
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
