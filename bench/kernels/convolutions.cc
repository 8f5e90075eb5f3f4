// SPDX-License-Identifier: Apache-2.0
// Convolutions of ResNet-50, VGG16 and of mobile networks, by all kernels that can compute them.
#include <algorithm>
#include <utility>
#include <vector>

#include "base/aligned.h"
#include "kernels/simd/depthwise.h"
#include "kernels/simd/depthwise_walk.h"
#include "kernels/simd/direct.h"
#include "kernels/simd/winograd.h"
#include "report.h"

namespace dnntune::bench {
namespace {

using namespace kernels::simd;

/// Square images, padded to keep the size (before the stride).
struct Convolved {
  const char* name;
  std::int64_t size, in_channels, out_channels, kernel, stride;
  std::int64_t rows_of_kernel = kernel;  ///< Kernels are square where it is left out.
};
constexpr Convolved kConvolutions[] = {
    {"resnet50 conv1 7x7s2 224 3->64", 224, 3, 64, 7, 2},
    {"resnet50 1x1 56 64->64", 56, 64, 64, 1, 1},
    {"resnet50 3x3 56 64->64", 56, 64, 64, 3, 1},
    {"resnet50 1x1 56 64->256", 56, 64, 256, 1, 1},
    {"resnet50 1x1 56 256->64", 56, 256, 64, 1, 1},
    {"resnet50 3x3s2 56 128->128", 56, 128, 128, 3, 2},
    {"resnet50 1x1 28 128->512", 28, 128, 512, 1, 1},
    {"resnet50 1x1 28 512->128", 28, 512, 128, 1, 1},
    {"resnet50 3x3 28 128->128", 28, 128, 128, 3, 1},
    {"resnet50 3x3s2 28 256->256", 28, 256, 256, 3, 2},
    {"resnet50 1x1 14 256->1024", 14, 256, 1024, 1, 1},
    {"resnet50 1x1 14 1024->256", 14, 1024, 256, 1, 1},
    {"resnet50 3x3 14 256->256", 14, 256, 256, 3, 1},
    {"resnet50 3x3s2 14 512->512", 14, 512, 512, 3, 2},
    {"resnet50 1x1 7 512->2048", 7, 512, 2048, 1, 1},
    {"resnet50 1x1 7 2048->512", 7, 2048, 512, 1, 1},
    {"resnet50 3x3 7 512->512", 7, 512, 512, 3, 1},
    {"vgg16 3x3 224 3->64", 224, 3, 64, 3, 1},
    {"vgg16 3x3 224 64->64", 224, 64, 64, 3, 1},
    {"vgg16 3x3 112 64->128", 112, 64, 128, 3, 1},
    {"vgg16 3x3 112 128->128", 112, 128, 128, 3, 1},
    {"vgg16 3x3 56 256->256", 56, 256, 256, 3, 1},
    {"vgg16 3x3 28 512->512", 28, 512, 512, 3, 1},
    {"vgg16 3x3 14 512->512", 14, 512, 512, 3, 1},
    {"alexnet 5x5 27 64->192", 27, 64, 192, 5, 1},
    {"inception 5x5 35 48->64", 35, 48, 64, 5, 1},
    {"inception 1x7 17 160->160", 17, 160, 160, 7, 1, 1},
    {"inception 1x3 8 384->384", 8, 384, 384, 3, 1, 1},
    {"mobilenet 3x3s2 224 3->32", 224, 3, 32, 3, 2},
    {"mobilenet 1x1 112 32->16", 112, 32, 16, 1, 1},
    {"mobilenet 1x1 112 32->64", 112, 32, 64, 1, 1},
    {"mobilenet 1x1 56 24->144", 56, 24, 144, 1, 1},
    {"mobilenet 1x1 28 144->32", 28, 144, 32, 1, 1},
    {"mobilenet 1x1 14 384->64", 14, 384, 64, 1, 1},
    {"mobilenet 1x1 7 960->160", 7, 960, 160, 1, 1},
};
constexpr Convolved kDepthwise[] = {
    {"depthwise 3x3 112 32", 112, 32, 32, 3, 1},    {"depthwise 3x3s2 112 64", 112, 64, 64, 3, 2},
    {"depthwise 3x3 56 128", 56, 128, 128, 3, 1},   {"depthwise 3x3s2 56 128", 56, 128, 128, 3, 2},
    {"depthwise 3x3 28 256", 28, 256, 256, 3, 1},   {"depthwise 3x3 14 512", 14, 512, 512, 3, 1},
    {"depthwise 3x3 7 1024", 7, 1024, 1024, 3, 1},  {"depthwise 5x5 28 120", 28, 120, 120, 5, 1},
    {"depthwise 5x5 7 960", 7, 960, 960, 5, 1},
};

std::int64_t out_size(const Convolved& c) { return (c.size + 2 * (c.kernel / 2) - c.kernel) / c.stride + 1; }
double macs_of(const Convolved& c, std::int64_t in_channels) {
  return static_cast<double>(out_size(c) * out_size(c) * c.rows_of_kernel * c.kernel * in_channels * c.out_channels);
}

base::AlignedBuffer filled(std::int64_t floats, float value) {
  base::AlignedBuffer buffer(static_cast<std::size_t>(floats) * sizeof(float));
  std::fill_n(buffer.as<float>(), floats, value);
  return buffer;
}

/// Words that `values` numbers take, packed for these kernels.
std::int64_t words(std::int64_t values, const GemmKernels& kernels) { return (values + kernels.values - 1) / kernels.values; }
std::string suffix(const GemmKernels& kernels) { return kernels.values == 1 ? "" : " bf16"; }

struct Operands {
  explicit Operands(const Convolved& c, const GemmKernels& kernels = gemm_kernels())
      : layout{.rows = words(c.rows_of_kernel * c.kernel * c.in_channels, kernels), .columns = c.out_channels, .lanes = gemm_kernels().lanes},
        input(filled(c.size * c.size * c.in_channels, 0.5f)),
        weights(filled(layout.floats(), 0.25f)),
        output(filled(out_size(c) * out_size(c) * c.out_channels, 0.0f)) {}
  PanelLayout layout;
  base::AlignedBuffer input, weights, output;
};

Timing measure_packed(const Convolved& c, const GemmKernels& kernels, const Report& report) {
  Operands operands(c, kernels);
  ConvWindow window;
  window.in_h = window.in_w = c.size;
  window.pixel_stride = window.channels = c.in_channels;
  window.out_h = window.out_w = out_size(c);
  window.kernel_h = c.rows_of_kernel;
  window.kernel_w = c.kernel;
  window.stride_h = window.stride_w = c.stride;
  window.pad_top = c.rows_of_kernel / 2;
  window.pad_left = c.kernel / 2;
  GemmArgs args;
  args.m = out_size(c) * out_size(c);
  args.layout = operands.layout;
  args.a = operands.input.as<float>();
  args.a_floats = c.size * c.size * c.in_channels;
  args.a_stride = c.in_channels;
  args.a_columns = c.rows_of_kernel * c.kernel * c.in_channels;
  args.window = c.kernel == 1 && c.stride == 1 ? nullptr : &window;
  args.b = operands.weights.as<float>();
  args.c = operands.output.as<float>();
  args.c_stride = c.out_channels;
  const std::int64_t depth = gemm_depth(args.layout.rows);
  const std::int64_t rows = gemm_block_rows(kernels, args.m, depth);
  base::AlignedBuffer scratch = filled(gemm_scratch_floats(kernels, rows, depth), 0.0f);
  const Timing time = measure([&] {
    for (std::int64_t row = 0; row < args.m; row += rows)
      kernels.block(args, {{row, std::min(args.m, row + rows)}, {0, args.layout.panels()}, depth}, scratch.as<float>());
  });
  report.compute(std::string(c.name) + " packed" + suffix(kernels), macs_of(c, c.in_channels), time);
  return time;
}

Timing measure_direct(const Convolved& c, const GemmKernels& kernels, const Report& report) {
  Operands operands(c, kernels);
  const bool rounds = kernels.values > 1;
  operands.layout.rows = c.rows_of_kernel * words(c.kernel * c.in_channels, kernels);
  const base::AlignedBuffer weights = filled(operands.layout.floats(), 0.25f);
  const DirectFn kernel = rounds ? bfloat16_direct_kernel() : direct_kernel();
  const std::int64_t out = out_size(c);
  const std::int64_t columns = (out - 1) * c.stride + c.kernel, rows = (out - 1) * c.stride + c.rows_of_kernel;
  const std::int64_t floats = rows * columns * c.in_channels;
  base::AlignedBuffer image = filled(floats, 0.0f), halves = filled(floats / 2 + 1, 0.0f);
  DirectArgs args;
  args.a = image.as<float>();
  args.a_half = halves.as<std::uint16_t>();
  args.row_stride = c.stride * columns * c.in_channels;
  args.pixel_stride = c.stride * c.in_channels;
  args.runs = c.rows_of_kernel;
  args.run_values = c.kernel * c.in_channels;
  args.run_stride = columns * c.in_channels;
  args.layout = operands.layout;
  args.b = weights.as<float>();
  args.c = operands.output.as<float>();
  args.c_row_stride = out * c.out_channels;
  args.c_pixel_stride = c.out_channels;
  constexpr std::int64_t kBlockRows = 4;
  const Timing time = measure([&] {
    const std::int64_t top = c.rows_of_kernel / 2;
    copy_padded(operands.input.as<float>(), c.size, c.size, c.in_channels, c.in_channels, {-top, rows - top}, c.kernel / 2, columns,
                image.as<float>());
    if (rounds) bfloat16_round()(image.as<float>(), floats, halves.as<std::uint16_t>());
    for (std::int64_t row = 0; row < out; row += kBlockRows) kernel(args, {{row, std::min(out, row + kBlockRows)}, {0, out}});
  });
  report.compute(std::string(c.name) + " direct" + suffix(kernels), macs_of(c, c.in_channels), time);
  return time;
}

/// Reported as if it did the direct algorithm's work.
void measure_winograd(const Convolved& c, const WinogradKernels& kernels, const GemmKernels& gemm, Timing direct, const Report& report) {
  Operands operands(c);
  const PanelLayout layout = {.rows = words(c.in_channels, gemm), .columns = c.out_channels, .lanes = gemm_kernels().lanes};
  const base::AlignedBuffer weights = filled(kernels.shape.positions() * layout.floats(), 0.25f);
  const base::AlignedBuffer zeros = filled(c.in_channels, 0.0f);
  WinogradArgs args;
  args.input = operands.input.as<float>();
  args.zeros = zeros.as<float>();
  args.in_h = args.in_w = args.out_h = args.out_w = c.size;
  args.in_pixel_stride = args.channels = c.in_channels;
  args.pad_top = c.rows_of_kernel / 2;
  args.pad_left = c.kernel / 2;
  args.out_pixel_stride = args.out_channels = c.out_channels;
  args.output = operands.output.as<float>();
  const std::int64_t tiles = kernels.shape.tiles(c.size, c.size);
  const std::int64_t block_tiles = winograd_block_tiles(kernels.shape, tiles, layout);
  WinogradBlock block;
  block.image_stride = winograd_position_floats(block_tiles, packed_columns(layout.rows));
  block.products_columns = layout.padded_columns();
  block.products_stride = winograd_position_floats(block_tiles, block.products_columns);
  base::AlignedBuffer scratch = filled(kernels.shape.positions() * (block.image_stride + block.products_stride), 0.0f);
  block.image = scratch.as<float>();
  block.products = block.image + kernels.shape.positions() * block.image_stride;
  const Timing time = measure([&] {
    for (std::int64_t tile = 0; tile < tiles; tile += block_tiles) {
      block.tiles = {tile, std::min(tiles, tile + block_tiles)};
      const std::int64_t rows = block.tiles.size();
      (gemm.values == 1 ? kernels.transform_image : kernels.transform_image_bfloat16)(args, block, {0, rows});
      for (std::int64_t position = 0; position < kernels.shape.positions(); ++position)
        gemm.packed({.rows = rows, .layout = layout, .a = block.image + position * block.image_stride,
                               .b = weights.as<float>() + position * layout.floats(),
                               .b_end = weights.as<float>() + kernels.shape.positions() * layout.floats(),
                               .c = block.products + position * block.products_stride, .c_stride = block.products_columns},
                              {0, layout.panels()});
      kernels.transform_products(args, block, {0, rows});
    }
  });
  report.compute(std::string(c.name) + " winograd" + std::to_string(kernels.shape.out_w) + suffix(gemm), macs_of(c, c.in_channels), time);
  report.ratio("  times as fast as direct", direct, time);
}

}  // namespace

void measure_convolutions(const Report& report) {
  for (const Convolved& c : kConvolutions) {
    if (!report.wanted(c.name)) continue;
    Timing direct = measure_packed(c, gemm_kernels(), report);
    if (c.out_channels <= 128) direct = faster(direct, measure_direct(c, gemm_kernels(), report));
    for (const WinogradKernels& kernels : winograd_kernels())
      if (kernels.shape.kernel_h == c.rows_of_kernel && kernels.shape.kernel_w == c.kernel && c.stride == 1)
        measure_winograd(c, kernels, gemm_kernels(), direct, report);
    const GemmKernels* bfloat16 = bfloat16_gemm_kernels();
    if (bfloat16 == nullptr) continue;
    Timing halves = measure_packed(c, *bfloat16, report);
    if (c.out_channels <= 128) halves = faster(halves, measure_direct(c, *bfloat16, report));
    report.ratio("  times as fast as in float32", direct, halves);
    for (const WinogradKernels& kernels : winograd_kernels())
      if (kernels.shape.kernel_h == c.rows_of_kernel && kernels.shape.kernel_w == c.kernel && c.stride == 1)
        measure_winograd(c, kernels, *bfloat16, direct, report);
  }
}

void measure_depthwise(const Report& report) {
  for (const Convolved& c : kDepthwise) {
    if (!report.wanted(c.name)) continue;
    const std::int64_t taps = c.kernel * c.kernel;
    const base::AlignedBuffer input = filled(c.size * c.size * c.in_channels, 0.5f);
    const base::AlignedBuffer bias = filled(c.in_channels, 0.0f);
    const base::AlignedBuffer weights = filled(taps * c.in_channels, 0.25f);
    base::AlignedBuffer output = filled(out_size(c) * out_size(c) * c.in_channels, 0.0f);
    DepthwiseArgs rows;
    rows.input = input.as<float>();
    rows.weights = weights.as<float>();
    rows.bias = bias.as<float>();
    rows.output = output.as<float>();
    rows.channels = rows.in_pixel_stride = rows.out_pixel_stride = c.in_channels;
    rows.in_h = rows.in_w = c.size;
    rows.out_h = rows.out_w = out_size(c);
    rows.kernel_h = rows.kernel_w = c.kernel;
    rows.stride_h = rows.stride_w = c.stride;
    rows.pad_top = rows.pad_left = c.kernel / 2;
    const DepthwiseFn kernel = depthwise_kernel();
    report.compute(std::string(c.name) + " rows", macs_of(c, 1), measure([&] { kernel(rows, {0, rows.out_h}); }));

    const std::int64_t lanes = depthwise_walk(c.kernel, c.stride)->lanes;
    base::AlignedBuffer packed = filled(depthwise_tiles_floats(c.in_channels, taps, lanes), 0.25f);
    DepthwiseTilesArgs tiles;
    tiles.input = input.as<float>();
    tiles.weights = packed.as<float>();
    tiles.zeros = bias.as<float>();
    tiles.output = output.as<float>();
    tiles.channels = tiles.in_pixel_stride = tiles.out_pixel_stride = c.in_channels;
    tiles.in_h = tiles.in_w = c.size;
    tiles.out_h = tiles.out_w = out_size(c);
    tiles.pad_top = tiles.pad_left = c.kernel / 2;
    constexpr std::pair<const char*, decltype(&depthwise_walk)> kKernels[] = {{" walk", &depthwise_walk}, {" tiles", &depthwise_tiles}};
    for (const auto& [way, find] : kKernels) {
      const DepthwiseTiles* const blocks = find(c.kernel, c.stride);
      if (blocks != nullptr) report.compute(std::string(c.name) + way, macs_of(c, 1), measure([&] { blocks->run(tiles, {0, tiles.out_h}); }));
    }
  }
}

}  // namespace dnntune::bench
