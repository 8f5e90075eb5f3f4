// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/conv.h"

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "base/half.h"
#include "kernels/element.h"
#include "kernels/guarded.h"
#include "kernels/random.h"

using namespace dnntune;
using namespace dnntune::kernels;
using namespace dnntune::kernels::reference;
using test::GuardedBuffer;
using test::Random;

namespace {

struct Case {
  std::int64_t batch = 1, in_channels = 1, out_channels = 1, groups = 1;
  Size3 in_size{1, 1, 1};
  Window window;
};

Size3 out_size_of(const Case& c) {
  Size3 out;
  for (int d = 0; d < 3; ++d)
    out[d] = (c.in_size[d] + c.window.pad_begin[d] + c.window.pad_end[d] - (c.window.kernel[d] - 1) * c.window.dilation[d] - 1) /
                 c.window.stride[d] + 1;
  return out;
}

std::vector<float> run(const Case& c, const std::vector<float>& input, const std::vector<float>& weights,
                       const std::vector<float>& bias, Activation activation = {}) {
  const Size3 out_size = out_size_of(c);
  const GuardedBuffer<float> x(input), w(weights), b(bias);
  GuardedBuffer<float> y(static_cast<std::size_t>(c.batch * volume(out_size) * c.out_channels));
  const ConvArgs args{x.data(),       w.data(), bias.empty() ? nullptr : b.data(), y.data(), c.batch,  c.in_channels,
                             c.out_channels, c.groups, c.in_size, out_size, c.window, activation};
  const std::int64_t pixels = c.batch * volume(out_size);
  conv_kernel(DataType::float32)(args, {0, pixels / 2});  // in two pieces: a piece must not depend on another
  conv_kernel(DataType::float32)(args, {pixels / 2, pixels});
  CHECK(x.intact());
  CHECK(w.intact());
  CHECK(y.intact());
  return y.values();
}

}  // namespace

TEST_CASE("conv: a 3x3 window over a 4x4 image, by hand") {
  Case c;
  c.in_size = {1, 4, 4};
  c.window.kernel = {1, 3, 3};
  std::vector<float> image(16);
  for (int i = 0; i < 16; ++i) image[static_cast<std::size_t>(i)] = static_cast<float>(i);
  const std::vector<float> ones(9, 1.0f);
  CHECK(run(c, image, ones, {}) == std::vector<float>{45, 54, 81, 90});
  CHECK(run(c, image, ones, {-50.0f}, {Activation::Kind::relu}) == std::vector<float>{0, 4, 31, 40});

  c.window.pad_begin = {0, 1, 0};  // one row above only
  CHECK(run(c, image, ones, {}) == std::vector<float>{18, 24, 45, 54, 81, 90});
}

TEST_CASE("conv: strides and dilation pick the taps they should") {
  Case c;
  c.in_size = {1, 1, 9};
  c.window.kernel = {1, 1, 3};
  c.window.stride = {1, 1, 2};
  c.window.dilation = {1, 1, 3};
  const std::vector<float> line{1, 2, 4, 8, 16, 32, 64, 128, 256};
  CHECK(run(c, line, {1, 10, 100}, {}) == std::vector<float>{1 + 80 + 6400, 4 + 320 + 25600});
}

TEST_CASE("conv: weights are [out, in, kernel] and images channels-last") {
  Case c;
  c.in_channels = 2;
  c.out_channels = 2;
  c.in_size = {1, 1, 2};
  c.window.kernel = {1, 1, 2};
  // image: pixel 0 = (1, 2), pixel 1 = (3, 4)
  const std::vector<float> weights{1, 10, 100, 1000,  // out 0: channel 0 taps, channel 1 taps
                                   2, 0, 0, 0};
  CHECK(run(c, {1, 2, 3, 4}, weights, {0.5f, -0.5f}) == std::vector<float>{1 + 30 + 200 + 4000 + 0.5f, 2 - 0.5f});
}

TEST_CASE("conv: groups equal separate convolutions of the channel slices") {
  Random random(1);
  Case whole;
  whole.batch = 2;
  whole.groups = 3;
  whole.in_channels = 6;
  whole.out_channels = 9;
  whole.in_size = {1, 5, 7};
  whole.window.kernel = {1, 3, 2};
  whole.window.pad_begin = {0, 1, 0};
  whole.window.pad_end = {0, 2, 1};
  whole.window.stride = {1, 2, 1};
  const auto image = random.values(2 * 5 * 7 * 6);
  const auto weights = random.values(9 * 2 * 6);
  const auto bias = random.values(9);
  const auto result = run(whole, image, weights, bias);

  Case part = whole;
  part.groups = 1;
  part.in_channels = 2;
  part.out_channels = 3;
  for (std::size_t g = 0; g < 3; ++g) {
    std::vector<float> slice;
    for (std::size_t pixel = 0; pixel < image.size() / 6; ++pixel)
      for (std::size_t channel = 0; channel < 2; ++channel) slice.push_back(image[pixel * 6 + g * 2 + channel]);
    const auto of_group = run(part, slice, {weights.begin() + static_cast<long>(g * 36), weights.begin() + static_cast<long>((g + 1) * 36)},
                              {bias.begin() + static_cast<long>(g * 3), bias.begin() + static_cast<long>((g + 1) * 3)});
    for (std::size_t pixel = 0; pixel < of_group.size() / 3; ++pixel)
      for (std::size_t m = 0; m < 3; ++m) REQUIRE(result[pixel * 9 + g * 3 + m] == of_group[pixel * 3 + m]);
  }
}

TEST_CASE("conv: three dimensions equal the sum of two-dimensional ones over depth") {
  Random random(2);
  Case deep;
  deep.in_channels = 2;
  deep.out_channels = 3;
  deep.in_size = {4, 5, 6};
  deep.window.kernel = {2, 3, 3};
  const auto image = random.values(4 * 5 * 6 * 2);
  const auto weights = random.values(3 * 2 * 2 * 9);
  const auto result = run(deep, image, weights, {});

  Case flat = deep;
  flat.in_size = {1, 5, 6};
  flat.window.kernel = {1, 3, 3};
  const std::size_t slice = 5 * 6 * 2, out_slice = 3 * 4 * 3;
  for (std::size_t z = 0; z < 3; ++z) {
    std::vector<double> sum(out_slice, 0.0);
    for (std::size_t kz = 0; kz < 2; ++kz) {
      std::vector<float> plane_weights;
      for (std::size_t mc = 0; mc < 6; ++mc)
        for (std::size_t tap = 0; tap < 9; ++tap) plane_weights.push_back(weights[(mc * 2 + kz) * 9 + tap]);
      const auto plane = run(flat, {image.begin() + static_cast<long>((z + kz) * slice), image.begin() + static_cast<long>((z + kz + 1) * slice)},
                             plane_weights, {});
      for (std::size_t i = 0; i < out_slice; ++i) sum[i] += plane[i];
    }
    for (std::size_t i = 0; i < out_slice; ++i) REQUIRE(result[z * out_slice + i] == doctest::Approx(sum[i]).epsilon(1e-6));
  }
}

TEST_CASE("conv: 16-bit floats sum in double and round once") {
  // 2048 + 1 + 1 is 2050 in half precision only when the sum is kept wider: 2048 + 1 rounds to 2048.
  const std::vector<Float16> x{{base::float_to_float16(2048)}, {base::float_to_float16(1)}, {base::float_to_float16(1)}};
  const std::vector<Float16> w(3, {base::float_to_float16(1)});
  const GuardedBuffer<Float16> input(x), weights(w);
  GuardedBuffer<Float16> output(1);
  ConvArgs args;
  args.input = input.data();
  args.weights = weights.data();
  args.output = output.data();
  args.batch = 1;
  args.in_channels = 3;
  args.out_channels = 1;
  conv_kernel(DataType::float16)(args, {0, 1});
  CHECK(base::float16_to_float(output[0].bits) == 2050.0f);
  CHECK(output.intact());
}

TEST_CASE("activations") {
  using Kind = Activation::Kind;
  CHECK(apply({Kind::none}, -3.0) == -3.0);
  CHECK(apply({Kind::relu}, -3.0) == 0.0);
  CHECK(apply({Kind::clip, -1.0f, 6.0f}, 7.0) == 6.0);
  CHECK(apply({Kind::clip, -1.0f, 6.0f}, -7.0) == -1.0);
  CHECK(apply({Kind::leaky_relu, 0.5f}, -3.0) == -1.5);
  CHECK(apply({Kind::sigmoid}, 0.0) == 0.5);
  CHECK(apply({Kind::tanh}, 0.5) == doctest::Approx(0.46211715726));
  CHECK(apply({Kind::hard_sigmoid, 0.25f, 0.5f}, 1.0) == 0.75);
  CHECK(apply({Kind::hard_swish}, 1.5) == doctest::Approx(1.125));
  CHECK(apply({Kind::hard_swish}, 4.0) == 4.0);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const Kind kind : {Kind::relu, Kind::clip, Kind::leaky_relu, Kind::hard_sigmoid})
    CHECK(std::isnan(apply({kind, 0.0f, 1.0f}, nan)));
}
