// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/resize.h"

#include <cstdint>
#include <limits>
#include <numeric>

#include <doctest/doctest.h>

#include "kernels/element.h"
#include "kernels/guarded.h"
#include "kernels/reference/resize_taps.h"

using namespace dnntune;
using namespace dnntune::kernels::reference;
using test::GuardedBuffer;

namespace {

struct Stretch {
  std::int64_t from, to;
  double scale;  ///< 0: sizes were given
  double roi_begin = 0.0, roi_end = 1.0;
};

ResizeSpan span_of(const Stretch& stretch) {
  const auto in_size = static_cast<double>(stretch.from);
  const auto out_size = static_cast<double>(stretch.to);
  if (stretch.scale == 0.0) return {stretch.from, stretch.to, out_size / in_size, out_size, stretch.roi_begin, stretch.roi_end};
  return {stretch.from, stretch.to, stretch.scale, stretch.scale * in_size, stretch.roi_begin, stretch.roi_end};
}

template <typename T = float>
std::vector<T> run(const ResizeRule& rule, const std::vector<T>& input, const Stretch& rows, const Stretch& columns,
                   double extrapolation = 0.0) {
  const GuardedBuffer<T> x(input);
  GuardedBuffer<T> y(static_cast<std::size_t>(rows.to * columns.to));
  const ResizeTaps taps[] = {resize_taps(rule, span_of(rows)), resize_taps(rule, span_of(columns))};
  ResizeDim dims[2];
  const std::int64_t strides[] = {columns.from, 1};
  const std::int64_t sizes[] = {rows.to, columns.to};
  for (int d = 0; d < 2; ++d)
    dims[d] = {sizes[d], strides[d], taps[d].taps, taps[d].index.data(), taps[d].weight.data(),
               taps[d].outside.empty() ? nullptr : taps[d].outside.data()};
  const ResizeArgs args{x.data(), y.data(), dims, extrapolation};
  const std::int64_t count = rows.to * columns.to;
  resize_kernel(kernels::data_type_of<T>)(args, {0, count / 2});
  resize_kernel(kernels::data_type_of<T>)(args, {count / 2, count});
  CHECK(y.intact());
  return y.values();
}

void check_close(const std::vector<float>& got, const std::vector<double>& wanted) {
  REQUIRE(got.size() == wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    INFO("element " << i);
    CHECK(got[i] == doctest::Approx(wanted[i]).epsilon(1e-6));
  }
}

std::vector<float> counting(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i + 1);
  return values;
}

}  // namespace

// The figures of these cases are those of the examples in ONNX's definition of Resize.
TEST_CASE("resize linear") {
  ResizeRule rule;
  rule.mode = ResizeMode::linear;
  check_close(run(rule, counting(4), {2, 4, 2.0}, {2, 4, 2.0}),
              {1, 1.25, 1.75, 2, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3, 3.25, 3.75, 4});
  check_close(run(rule, counting(8), {2, 1, 0.6f}, {4, 2, 0.6f}), {2.6666665, 4.3333331});
  rule.coordinates = CoordinateMode::align_corners;
  check_close(run(rule, counting(8), {2, 1, 0.6f}, {4, 2, 0.6f}), {1.0, 3.142857});
  check_close(run(rule, counting(4), {2, 4, 2.0}, {2, 4, 2.0}),
              {1, 1.33333333, 1.66666667, 2, 1.66666667, 2, 2.33333333, 2.66666667, 2.33333333, 2.66666667, 3, 3.33333333, 3,
               3.33333333, 3.66666667, 4});
  rule.coordinates = CoordinateMode::pytorch_half_pixel;
  check_close(run(rule, counting(16), {4, 3, 0.0}, {4, 1, 0.0}), {1.6666666, 7.0, 12.333333});
}

TEST_CASE("resize cubic") {
  ResizeRule rule;
  rule.mode = ResizeMode::cubic;
  const auto y = run(rule, counting(16), {4, 8, 2.0}, {4, 8, 2.0});
  check_close({y.begin(), y.begin() + 8},
              {0.47265625, 0.76953125, 1.24609375, 1.875, 2.28125, 2.91015625, 3.38671875, 3.68359375});
  rule.cubic_coefficient = -0.5;
  rule.exclude_outside = true;
  const auto excluded = run(rule, counting(16), {4, 8, 2.0}, {4, 8, 2.0});
  check_close({excluded.begin(), excluded.begin() + 8},
              {0.55882353, 0.81494204, 1.35698249, 1.89705882, 2.39705882, 2.93713516, 3.47917561, 3.73529412});
}

TEST_CASE("resize nearest: modes decide ties and fractions") {
  ResizeRule rule;
  rule.coordinates = CoordinateMode::asymmetric;
  const auto line = [&](NearestMode mode) {
    rule.nearest = mode;
    return run(rule, counting(3), {1, 1, 1.0}, {3, 6, 2.0});  // coordinates 0 .5 1 1.5 2 2.5
  };
  CHECK(line(NearestMode::round_prefer_floor) == std::vector<float>{1, 1, 2, 2, 3, 3});
  CHECK(line(NearestMode::round_prefer_ceil) == std::vector<float>{1, 2, 2, 3, 3, 3});
  CHECK(line(NearestMode::floor) == std::vector<float>{1, 1, 2, 2, 3, 3});
  CHECK(line(NearestMode::ceil) == std::vector<float>{1, 2, 2, 3, 3, 3});
  rule = {};
  CHECK(run(rule, counting(4), {2, 4, 2.0}, {2, 6, 3.0}) ==
        std::vector<float>{1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 3, 3, 3, 4, 4, 4});
  rule.coordinates = CoordinateMode::tf_half_pixel_for_nn;
  CHECK(run(rule, counting(16), {4, 3, 0.0}, {4, 2, 0.0}) == std::vector<float>{6, 8, 10, 12, 14, 16});
}

TEST_CASE("resize: crop and extrapolate") {
  ResizeRule rule;
  rule.mode = ResizeMode::linear;
  rule.coordinates = CoordinateMode::tf_crop_and_resize;
  check_close(run(rule, counting(16), {4, 3, 0.0, 0.4, 0.6}, {4, 3, 0.0, 0.6, 0.8}),
              {7.6, 7.9, 8.2, 8.8, 9.1, 9.4, 10.0, 10.3, 10.6});
  check_close(run(rule, counting(16), {4, 3, 0.0, 0.4, 1.2}, {4, 3, 0.0, 0.6, 1.7}, 10.0),
              {7.6, 10, 10, 12.4, 10, 10, 10, 10, 10});
}

TEST_CASE("resize: an unused infinity does not become NaN, integers truncate and saturate") {
  ResizeRule rule;
  rule.mode = ResizeMode::linear;
  rule.coordinates = CoordinateMode::align_corners;
  const float infinity = std::numeric_limits<float>::infinity();
  const auto y = run<float>(rule, {1, infinity}, {1, 1, 1.0}, {2, 3, 1.5});
  CHECK(y == std::vector<float>{1, infinity, infinity});
  CHECK(run<std::uint8_t>(rule, {0, 255}, {1, 1, 1.0}, {2, 3, 1.5}) == std::vector<std::uint8_t>{0, 127, 255});
  rule.mode = ResizeMode::cubic;
  const auto overshoot = run<std::uint8_t>(rule, {0, 0, 255, 255}, {1, 1, 1.0}, {4, 7, 1.75});
  CHECK(overshoot[1] == 0);
  CHECK(overshoot[5] == 255);
}

TEST_CASE("resize: dimensions that only copy read one tap") {
  ResizeRule rule;
  rule.mode = ResizeMode::cubic;
  CHECK(resize_taps(rule, span_of({5, 5, 1.0})).taps == 1);
  CHECK(resize_taps(rule, span_of({5, 10, 2.0})).taps == 4);
}

TEST_CASE("resize: antialiasing stretches the filter where the output is smaller") {
  ResizeRule rule;
  rule.mode = ResizeMode::linear;
  rule.antialias = true;
  // Four taps of 1/8, 3/8, 3/8, 1/8 around 0.5 and 2.5; 1 to 4, the ends repeated.
  check_close(run(rule, counting(4), {1, 1, 1.0}, {4, 2, 0.5}), {1.625, 3.375});
  rule.exclude_outside = true;
  check_close(run(rule, counting(4), {1, 1, 1.0}, {4, 2, 0.5}), {(3 * 1 + 3 * 2 + 3) / 7.0, (2 + 3 * 3 + 3 * 4) / 7.0});
  rule.exclude_outside = false;
  rule.antialias = false;
  const auto plain = run(rule, counting(4), {1, 1, 1.0}, {4, 7, 1.75});
  rule.antialias = true;
  CHECK(run(rule, counting(4), {1, 1, 1.0}, {4, 7, 1.75}) == plain);  // larger: as without
  rule.mode = ResizeMode::cubic;
  const ResizeTaps taps = resize_taps(rule, span_of({12, 4, 0.0}));
  CHECK(taps.taps == 12);
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(std::accumulate(taps.weight.begin() + static_cast<std::ptrdiff_t>(12 * i), taps.weight.begin() + static_cast<std::ptrdiff_t>(12 * i + 12), 0.0) ==
          doctest::Approx(1.0));
}

TEST_CASE("resize: half_pixel_symmetric keeps the middle where the size was rounded") {
  ResizeRule rule;
  rule.mode = ResizeMode::linear;
  rule.coordinates = CoordinateMode::half_pixel_symmetric;
  check_close(run(rule, counting(4), {1, 1, 1.0}, {4, 2, 0.6}), {1 + 2.0 / 3, 1 + 7.0 / 3});  // of 1 to 4: 2.5 is the middle
}

TEST_CASE("resize: a dimension of scale 1 is copied in every mode") {
  for (const CoordinateMode mode : {CoordinateMode::half_pixel, CoordinateMode::pytorch_half_pixel, CoordinateMode::align_corners, CoordinateMode::asymmetric,
                                    CoordinateMode::tf_half_pixel_for_nn, CoordinateMode::half_pixel_symmetric})
    for (const NearestMode nearest : {NearestMode::round_prefer_floor, NearestMode::round_prefer_ceil, NearestMode::floor, NearestMode::ceil}) {
      ResizeRule rule;
      rule.coordinates = mode;
      rule.nearest = nearest;
      CHECK(resize_taps(rule, span_of({3, 3, 1.0})).index == std::vector<std::int64_t>{0, 1, 2});
    }
}

TEST_CASE("resize: a half is a half in float") {
  ResizeRule rule;
  rule.coordinates = CoordinateMode::tf_half_pixel_for_nn;
  rule.nearest = NearestMode::round_prefer_ceil;
  // 1.5 / 0.6 is 2.5, which is rounded up; divided by the float nearest to 0.6 in double it would be less.
  CHECK(resize_taps(rule, span_of({4, 2, static_cast<double>(0.6f)})).index == std::vector<std::int64_t>{1, 3});
}

TEST_CASE("resize: one element of pytorch_half_pixel is the first, also where the length was rounded down to 1") {
  ResizeRule rule;
  rule.mode = ResizeMode::linear;
  rule.coordinates = CoordinateMode::pytorch_half_pixel;
  check_close(run(rule, counting(3), {1, 1, 1.0}, {3, 1, 0.6}), {1});
}
