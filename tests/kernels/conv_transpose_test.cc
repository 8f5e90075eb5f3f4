// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/conv.h"

#include <cmath>

#include <doctest/doctest.h>

#include "kernels/guarded.h"
#include "kernels/random.h"

using namespace dnntune;
using namespace dnntune::kernels;
using namespace dnntune::kernels::reference;
using test::GuardedBuffer;
using test::Random;

namespace {

std::vector<float> run(ConvArgs args, const std::vector<float>& input, const std::vector<float>& weights,
                       const std::vector<float>& bias = {}) {
  const GuardedBuffer<float> x(input), w(weights), b(bias);
  GuardedBuffer<float> y(static_cast<std::size_t>(args.batch * volume(args.out_size) * args.out_channels));
  args.input = x.data();
  args.weights = w.data();
  args.bias = bias.empty() ? nullptr : b.data();
  args.output = y.data();
  const std::int64_t pixels = args.batch * volume(args.out_size);
  conv_transpose_kernel(DataType::float32)(args, {0, pixels / 3});
  conv_transpose_kernel(DataType::float32)(args, {pixels / 3, pixels});
  CHECK(y.intact());
  return y.values();
}

}  // namespace

TEST_CASE("conv_transpose: a line with stride 2, by hand") {
  ConvArgs args;
  args.batch = args.in_channels = args.out_channels = 1;
  args.in_size = {1, 1, 3};
  args.window.kernel = {1, 1, 3};
  args.window.stride = {1, 1, 2};
  args.out_size = {1, 1, 7};
  CHECK(run(args, {1, 2, 3}, {1, 10, 100}) == std::vector<float>{1, 10, 102, 20, 203, 30, 300});
  args.window.pad_begin = {0, 0, 1};
  args.out_size = {1, 1, 5};
  CHECK(run(args, {1, 2, 3}, {1, 10, 100}, {0.5f}) == std::vector<float>{10.5f, 102.5f, 20.5f, 203.5f, 30.5f});
  args.window.pad_begin = {0, 0, 0};
  args.out_size = {1, 1, 9};  // beyond what any input reaches: bias only
  CHECK(run(args, {1, 2, 3}, {1, 10, 100}, {7}) == std::vector<float>{8, 17, 109, 27, 210, 37, 307, 7, 7});
}

TEST_CASE("conv_transpose is the adjoint of conv: <conv(x), y> = <x, conv_transpose(y)>") {
  Random random(3);
  for (int round = 0; round < 40; ++round) {
    ConvArgs forward;
    forward.batch = random.integer(1, 2);
    forward.groups = random.integer(1, 3);
    forward.in_channels = forward.groups * random.integer(1, 2);
    forward.out_channels = forward.groups * random.integer(1, 3);
    for (int d = 0; d < 3; ++d) {
      Window& window = forward.window;
      window.kernel[d] = random.integer(1, 3);
      window.stride[d] = random.integer(1, 3);
      window.dilation[d] = random.integer(1, 2);
      window.pad_begin[d] = random.integer(0, 2);
      window.pad_end[d] = random.integer(0, 2);
      const std::int64_t extent = (window.kernel[d] - 1) * window.dilation[d] + 1;
      forward.in_size[d] = extent + random.integer(0, 4);
      forward.out_size[d] = (forward.in_size[d] + window.pad_begin[d] + window.pad_end[d] - extent) / window.stride[d] + 1;
    }
    const auto x = random.values(static_cast<std::size_t>(forward.batch * volume(forward.in_size) * forward.in_channels));
    const auto y = random.values(static_cast<std::size_t>(forward.batch * volume(forward.out_size) * forward.out_channels));
    const auto weights = random.values(
        static_cast<std::size_t>(forward.out_channels * forward.in_channels / forward.groups * volume(forward.window.kernel)));

    std::vector<float> conv_x(y.size());
    forward.input = x.data();
    forward.weights = weights.data();
    forward.output = conv_x.data();
    conv_kernel(DataType::float32)(forward, {0, forward.batch * volume(forward.out_size)});

    ConvArgs backward;
    backward.batch = forward.batch;
    backward.groups = forward.groups;
    backward.in_channels = forward.out_channels;
    backward.out_channels = forward.in_channels;
    backward.in_size = forward.out_size;
    backward.out_size = forward.in_size;
    backward.window = forward.window;
    const std::vector<float> transposed_y = run(backward, y, weights);

    double left = 0.0, right = 0.0, magnitude = 0.0;
    for (std::size_t i = 0; i < y.size(); ++i) left += static_cast<double>(conv_x[i]) * y[i];
    for (std::size_t i = 0; i < x.size(); ++i) right += static_cast<double>(transposed_y[i]) * x[i];
    for (std::size_t i = 0; i < y.size(); ++i) magnitude += std::abs(static_cast<double>(conv_x[i]) * y[i]);
    INFO("round " << round);
    REQUIRE(std::abs(left - right) <= 1e-6 * magnitude + 1e-12);
  }
}
