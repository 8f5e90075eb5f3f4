// SPDX-License-Identifier: Apache-2.0
// Winograd's kernels by themselves, for all windows and tiles: every place where a tile sticks out of the image,
// channels around vector lengths, blocks and parts of blocks, and the error over many channels. Layers that
// use them are tested in tests/backends.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/guarded.h"
#include "kernels/page_end.h"
#include "kernels/random.h"
#include "kernels/simd/bfloat16.h"
#include "kernels/simd/winograd.h"
#include "kernels/simd_targets.h"
#include "kernels/tolerance.h"

namespace dnntune::test {
namespace {

using namespace kernels::simd;
using Floats = GuardedBuffer<float>;

struct Convolution {
  std::int64_t batch = 1, in_h = 1, in_w = 1, channels = 1, out_channels = 1;
  std::int64_t pad_top = 1, pad_left = 1, pad_bottom = 1, pad_right = 1;
  bool bias = true;
  std::int64_t more_in = 0, more_out = 0;  ///< Channels of a pixel that are not this convolution's.

  std::int64_t kernel_h = 3, kernel_w = 3;

  std::int64_t out_h() const { return in_h + pad_top + pad_bottom - kernel_h + 1; }
  std::int64_t out_w() const { return in_w + pad_left + pad_right - kernel_w + 1; }
  std::int64_t taps() const { return kernel_h * kernel_w; }
  /// With the window of a shape, and the padding that goes with it where there is the usual of a 3x3 window.
  Convolution with(const WinogradShape& shape) const {
    Convolution other = *this;
    other.kernel_h = shape.kernel_h;
    other.kernel_w = shape.kernel_w;
    other.pad_top += (shape.kernel_h - 3) / 2;
    other.pad_bottom += (shape.kernel_h - 3) / 2;
    other.pad_left += (shape.kernel_w - 3) / 2;
    other.pad_right += (shape.kernel_w - 3) / 2;
    return other;
  }
  std::int64_t in_stride() const { return channels + more_in; }
  std::int64_t out_stride() const { return out_channels + more_out; }
};

/// Operands, and the result in double.
struct Case {
  explicit Case(const Convolution& c)
      : conv(c),
        input(Random(1).full_values(c.batch * c.in_h * c.in_w * c.in_stride() - c.more_in)),
        weights(Random(2).full_values(c.out_channels * c.channels * c.taps())),
        bias(Random(3).full_values(c.out_channels)),
        want(static_cast<std::size_t>(c.batch * c.out_h() * c.out_w() * c.out_channels)) {
    auto to = want.begin();
    for (std::int64_t n = 0; n < c.batch; ++n)
      for (std::int64_t y = 0; y < c.out_h(); ++y)
        for (std::int64_t x = 0; x < c.out_w(); ++x)
          for (std::int64_t k = 0; k < c.out_channels; ++k) *to++ = at(n, y, x, k);
  }
  double at(std::int64_t n, std::int64_t y, std::int64_t x, std::int64_t k) const {
    double sum = conv.bias ? bias[static_cast<std::size_t>(k)] : 0.0;
    for (std::int64_t i = 0; i < conv.kernel_h; ++i)
      for (std::int64_t j = 0; j < conv.kernel_w; ++j) {
        const std::int64_t in_y = y - conv.pad_top + i, in_x = x - conv.pad_left + j;
        if (in_y < 0 || in_y >= conv.in_h || in_x < 0 || in_x >= conv.in_w) continue;
        const float* pixel = &input[static_cast<std::size_t>(((n * conv.in_h + in_y) * conv.in_w + in_x) * conv.in_stride())];
        const float* weight = &weights[static_cast<std::size_t>(k * conv.channels * conv.taps() + i * conv.kernel_w + j)];
        for (std::int64_t c = 0; c < conv.channels; ++c) sum += static_cast<double>(pixel[c]) * static_cast<double>(weight[c * conv.taps()]);
      }
    return sum;
  }

  Convolution conv;
  std::vector<float> input, weights, bias;
  std::vector<double> want;
};

/// The transformed weights, packed for `gemm`.
Floats packed_weights(const Case& layer, const WinogradKernels& winograd, const GemmKernels& gemm) {
  const WinogradShape& shape = winograd.shape;
  const PanelLayout layout = {.rows = layer.conv.channels, .columns = layer.conv.out_channels, .lanes = gemm.lanes};
  Floats weights(static_cast<std::size_t>(shape.positions() * layout.floats()));
  winograd.transform_weights(layer.weights.data(), layout, {0, layout.panels()}, weights.data());
  CHECK(weights.intact());
  if (gemm.values == 1) return weights;
  PanelLayout words = layout;
  words.rows = (layout.rows + 1) / 2;
  Floats pairs(static_cast<std::size_t>(shape.positions() * words.floats()));
  auto* to = reinterpret_cast<std::uint16_t*>(pairs.data());
  for (std::int64_t position = 0; position < shape.positions(); ++position)
    for (std::int64_t panel = 0; panel < layout.panels(); ++panel)
      to = pair_rows(weights.data() + position * layout.floats() + layout.offset(panel), layout.rows, layout.width(panel), layout.rows, to);
  return pairs;
}

/// Runs it in blocks of `block_tiles` tiles, the transforms `part_tiles` at a time, and returns the whole
/// output, pixels out_stride() apart.
std::vector<float> run(const Case& layer, const WinogradKernels& winograd, std::int64_t block_tiles, std::int64_t part_tiles,
                       kernels::Activation activation = {}, const GemmKernels& gemm = gemm_kernels()) {
  const Convolution& conv = layer.conv;
  const PanelLayout layout = {.rows = (conv.channels + gemm.values - 1) / gemm.values, .columns = conv.out_channels, .lanes = gemm.lanes};
  Floats weights = packed_weights(layer, winograd, gemm);
  Floats bias(static_cast<std::size_t>(layout.padded_columns()));
  std::copy(layer.bias.begin(), layer.bias.end(), bias.data());
  PageEndBuffer input(layer.input.size() * sizeof(float)), zeros(static_cast<std::size_t>(conv.channels) * sizeof(float));
  std::memcpy(input.data(), layer.input.data(), input.size());
  std::memset(zeros.data(), 0, zeros.size());
  const std::int64_t pixels = conv.batch * conv.out_h() * conv.out_w();
  Floats output(static_cast<std::size_t>(pixels * conv.out_stride() - conv.more_out));

  WinogradArgs args;
  args.input = reinterpret_cast<const float*>(input.data());
  args.zeros = reinterpret_cast<const float*>(zeros.data());
  args.in_h = conv.in_h;
  args.in_w = conv.in_w;
  args.in_pixel_stride = conv.in_stride();
  args.channels = conv.channels;
  args.pad_top = conv.pad_top;
  args.pad_left = conv.pad_left;
  args.out_h = conv.out_h();
  args.out_w = conv.out_w();
  args.out_pixel_stride = conv.out_stride();
  args.out_channels = conv.out_channels;
  args.bias = conv.bias ? bias.data() : nullptr;
  args.output = output.data();
  args.activation = activation;

  const std::int64_t tiles = conv.batch * winograd.shape.tiles(conv.out_h(), conv.out_w());
  for (std::int64_t tile = 0; tile < tiles; tile += block_tiles) {
    WinogradBlock block;
    block.tiles = {tile, std::min(tiles, tile + block_tiles)};
    const std::int64_t rows = block.tiles.size();
    block.image_stride = winograd_position_floats(rows, packed_columns(layout.rows));
    block.products_columns = layout.padded_columns();
    block.products_stride = winograd_position_floats(rows, block.products_columns);
    Floats image(static_cast<std::size_t>(winograd.shape.positions() * block.image_stride));
    Floats products(static_cast<std::size_t>(winograd.shape.positions() * block.products_stride));
    block.image = image.data();
    block.products = products.data();
    const auto in_parts = [&](auto transform) {
      for (std::int64_t row = 0; row < rows; row += part_tiles) transform(args, block, {row, std::min(rows, row + part_tiles)});
    };
    in_parts(gemm.values == 1 ? winograd.transform_image : winograd.transform_image_bfloat16);
    for (std::int64_t position = 0; position < winograd.shape.positions(); ++position)
      gemm.packed({.rows = rows, .layout = layout, .a = block.image + position * block.image_stride,
                   .b = weights.data() + position * layout.floats(), .b_end = weights.data() + weights.size(),
                   .c = block.products + position * block.products_stride, .c_stride = block.products_columns},
                  {0, layout.panels()});
    in_parts(winograd.transform_products);
    CHECK(image.intact());
    CHECK(products.intact());
  }
  CHECK(weights.intact());
  CHECK(output.intact());
  return output.values();
}

/// The largest error relative to the largest magnitude of the result. Fails where a channel that is not the
/// convolution's was written.
double error_of(const Case& layer, const std::vector<float>& got) {
  double error = 0.0, magnitude = 0.0;
  const std::int64_t stride = layer.conv.out_stride();
  std::int64_t untouched = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const std::int64_t pixel = static_cast<std::int64_t>(i) / stride, channel = static_cast<std::int64_t>(i) % stride;
    if (channel >= layer.conv.out_channels) {
      untouched += std::isnan(got[i]) ? 1 : 0;
      continue;
    }
    const double want = layer.want[static_cast<std::size_t>(pixel * layer.conv.out_channels + channel)];
    const double apart = std::abs(static_cast<double>(got[i]) - want);
    if (!(apart <= error)) error = apart;  // keeps NaN
    magnitude = std::max(magnitude, std::abs(want));
  }
  CHECK(untouched == layer.conv.more_out * (static_cast<std::int64_t>(layer.want.size()) / layer.conv.out_channels - 1));
  return error / magnitude;
}

/// Calls f(kernels) for every shape and instruction set.
template <class F>
void for_each_kernel(F f) {
  for_each_target([&](const std::string& target) {
    CAPTURE(target);
    CHECK(winograd_kernels().size() == 7);
    for (const WinogradKernels& winograd : winograd_kernels()) {
      CAPTURE(winograd.shape.kernel_h);
      CAPTURE(winograd.shape.kernel_w);
      CAPTURE(winograd.shape.out_h);
      CAPTURE(winograd.shape.out_w);
      f(winograd);
    }
  });
}

void check(const Convolution& plan) {
  CAPTURE(plan.in_h);
  CAPTURE(plan.in_w);
  CAPTURE(plan.channels);
  CAPTURE(plan.out_channels);
  for_each_kernel([&](const WinogradKernels& winograd) {
    const Convolution conv = plan.with(winograd.shape);
    if (std::min({conv.pad_top, conv.pad_left, conv.pad_bottom, conv.pad_right}) < 0) return;
    const Case layer(conv);
    const std::vector<float> got = run(layer, winograd, 1000, 1000);
    CHECK(error_of(layer, got) <= winograd_tolerance(winograd.shape));
    for (const std::int64_t block_tiles : {1, 5, 17}) {
      const std::vector<float> again = run(layer, winograd, block_tiles, 3);
      CHECK(std::memcmp(again.data(), got.data(), got.size() * sizeof(float)) == 0);
    }
  });
}

TEST_CASE("Winograd's tiles may stick out of the image on every side") {
  for (std::int64_t height = 1; height <= 6; ++height)
    for (const std::int64_t width : {1, 2, 3, 4, 5, 9})
      check({.in_h = height, .in_w = width, .channels = 5, .out_channels = 3, .bias = height != 3});
  check({.batch = 3, .in_h = 5, .in_w = 7, .channels = 9, .out_channels = 20});
  check({.in_h = 6, .in_w = 7, .channels = 4, .out_channels = 4, .pad_top = 0, .pad_left = 0, .pad_bottom = 0, .pad_right = 0});
  check({.batch = 2, .in_h = 3, .in_w = 5, .channels = 4, .out_channels = 4, .pad_top = 0, .pad_left = 2, .pad_bottom = 3, .pad_right = 1});
  check({.in_h = 1, .in_w = 1, .channels = 3, .out_channels = 2, .pad_top = 7, .pad_left = 5, .pad_bottom = 4, .pad_right = 6});
}

TEST_CASE("Winograd's kernels take any number of channels, and leave a pixel's other channels alone") {
  for (const std::int64_t channels : {1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 48})
    for (const std::int64_t columns : {1, 4, 8, 9, 16, 17, 32, 33, 65})
      check({.in_h = 6, .in_w = 5, .channels = channels, .out_channels = columns, .more_in = channels % 3, .more_out = columns % 3});
}

TEST_CASE("Winograd's error is bounded, however many channels there are") {
  for (const std::int64_t channels : {16, 64, 128, 256, 512}) {
    CAPTURE(channels);
    for_each_kernel([&](const WinogradKernels& winograd) {
      const Convolution plan = {.in_h = 12, .in_w = 12, .channels = channels, .out_channels = 24};
      const Case layer(plan.with(winograd.shape));
      const double error = error_of(layer, run(layer, winograd, 9, 9));
      CAPTURE(error);
      CHECK(error <= winograd_tolerance(winograd.shape));
    });
  }
}

TEST_CASE("Winograd's error with products in bfloat16 is bounded") {
  for (const std::int64_t channels : {3, 64, 128, 512}) {
    CAPTURE(channels);
    for_each_kernel([&](const WinogradKernels& winograd) {
      if (bfloat16_gemm_kernels() == nullptr) return;
      const Convolution plan = {.in_h = 13, .in_w = 14, .channels = channels, .out_channels = 24};
      const Case layer(plan.with(winograd.shape));
      const std::vector<float> got = run(layer, winograd, 9, 4, {}, *bfloat16_gemm_kernels());
      const double error = error_of(layer, got);
      CAPTURE(error);
      CHECK(error <= winograd_bfloat16_tolerance(winograd.shape));
      CHECK(run(layer, winograd, 1000, 1000, {}, *bfloat16_gemm_kernels()) == got);
    });
  }
}

TEST_CASE("Winograd's last transform applies the activation") {
  using Kind = kernels::Activation::Kind;
  for_each_kernel([&](const WinogradKernels& winograd) {
    const Convolution plan = {.in_h = 7, .in_w = 6, .channels = 8, .out_channels = 21};
    const Case layer(plan.with(winograd.shape));
    const std::vector<float> plain = run(layer, winograd, 100, 100);
    const auto check_against = [&](kernels::Activation activation, auto f) {
      const std::vector<float> got = run(layer, winograd, 100, 100, activation);
      bool right = got.size() == plain.size();
      for (std::size_t i = 0; right && i < got.size(); ++i) right = simd_close(got[i], f(plain[i]));
      CHECK(right);
    };
    check_against({Kind::relu, 0, 0}, [](float x) { return std::max(x, 0.0f); });
    check_against({Kind::clip, -0.5f, 0.75f}, [](float x) { return std::clamp(x, -0.5f, 0.75f); });
    check_against({Kind::sigmoid, 0, 0}, [](float x) { return 1.0 / (1.0 + std::exp(-static_cast<double>(x))); });
    check_against({Kind::leaky_relu, 0.1f, 0}, [](float x) { return x < 0.0f ? 0.1f * x : x; });
  });
}

}  // namespace
}  // namespace dnntune::test
