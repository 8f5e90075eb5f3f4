// SPDX-License-Identifier: Apache-2.0
// Depthwise convolution: several rows together where the window is a common one, else row by row.
#include "kernels/simd/depthwise.h"

#include <algorithm>
#include <memory>

#include "backends/layer_helpers.h"
#include "backends/cpu/simd/constant_floats.h"
#include "backends/cpu/simd/conv_window.h"
#include "backends/cpu/simd/grain.h"
#include "backends/cpu/simd/tries.h"
#include "backends/weight_store.h"
#include "base/aligned.h"
#include "kernels/simd/depthwise_tiles.h"
#include "kernels/simd/depthwise_walk.h"

namespace dnntune::backends::cpu::simd {
namespace {

using kernels::simd::DepthwiseArgs;
using kernels::simd::DepthwiseTiles;
using kernels::simd::DepthwiseTilesArgs;

/// `Args` with the pointers and strides of one call.
template <typename Args>
Args bound(Args args, const PitchedPair& at) noexcept {
  args.input = at.input;
  args.output = at.output;
  args.in_pixel_stride = at.input_pitch;
  args.out_pixel_stride = at.output_pitch;
  return args;
}

/// A kernel that computes several rows of a layer together, and its name.
struct BlockKernel {
  const DepthwiseTiles* tiles = nullptr;  ///< Null: there is none.
  std::string_view name;
};

BlockKernel block_kernel_for(const ImageWindow& image) {
  const bool square = image.kernel_h == image.kernel_w && image.stride_h == image.stride_w && image.dilation_h == image.dilation_w;
  if (!square) return {};
  // Pixels a multiple of 512 bytes apart share few sets of the level-1 cache. Steps of two rows and columns, with twice
  // the pixels in use at a time, then are faster in tiles, which read the vectors of a pixel one after the other.
  const bool crowded = image.kernel_w == 3 && image.stride_w == 2 && image.in_channels % 128 == 0;
  const bool walks = image.dilation_w == 1 && !crowded;
  if (image.dilation_w > 1 && image.stride_w > 1) return {};
  const DepthwiseTiles* const tiles = walks ? kernels::simd::depthwise_walk(image.kernel_w, image.stride_w)
                                            : kernels::simd::depthwise_tiles(image.kernel_w, image.stride_w);
  if (tiles == nullptr || image.in_channels < tiles->lanes || image.out_w / image.dilation_w < tiles->tile_columns) return {};
  return {tiles, walks ? "simd.depthwise_walk" : "simd.depthwise_tiles"};
}

std::unique_ptr<PreparedLayer> prepare_blocks(const LayerSpec& layer, const ImageWindow& image, const BlockKernel& kernel) {
  const DepthwiseTiles& tiles = *kernel.tiles;
  const std::int64_t channels = image.in_channels, taps = image.kernel_h * image.kernel_w;
  // Behind the weights, the zeros that stand for the padding.
  const std::int64_t floats = kernels::simd::depthwise_tiles_floats(channels, taps, tiles.lanes);
  FormKey key("depthwise tiles");
  key.add(channels).add(taps).add(tiles.lanes).add(layer.inputs[1]).add(input(layer, 2));
  const auto room = [&] { return base::AlignedBuffer(static_cast<std::size_t>(floats + channels) * sizeof(float)); };
  auto packed = shared_form<base::AlignedBuffer>(layer, key, room, [&](base::AlignedBuffer& form) {
    ConstantFloats weights(layer.inputs[1]), bias(input(layer, 2));
    kernels::simd::pack_depthwise_tiles(weights.all(), bias.all(), channels, taps, tiles.lanes, form.as<float>());
    std::fill_n(form.as<float>() + floats, channels, 0.0f);
  });

  DepthwiseTilesArgs args;
  args.weights = packed->as<float>();
  args.zeros = packed->as<float>() + floats;
  args.channels = channels;
  set_window(args, image);
  args.dilation = image.dilation_h;
  args.activation = fused_activation(layer);
  const std::int64_t rows = image.batch * image.out_h, block_rows = tiles.tile_rows * args.dilation;
  const std::int64_t grain = grain_for(block_rows * image.out_w * channels * taps * 4);
  const LayerTraits traits = {.kernel = kernel.name, .weight_bytes = packed->size(), .shares_weights = true, .held = kHoldsWeights,
                              .pitched_inputs = 1, .pitched_output = true};
  RowShape shape = row_shape_of(image, channels * taps);
  shape.block_rows = block_rows;
  return make_row_layer(
      traits, shape,
      [args, rows, block_rows, grain, packed = std::move(packed), run = tiles.run](const Buffers& buffers, base::ThreadPool& pool) {
        const DepthwiseTilesArgs own = bound(args, pitched_pair(buffers, args.channels, args.channels));
        pool.parallel_for(divide_up(rows, block_rows), grain, [&](base::Range range, int) {
          run(own, {range.begin * block_rows, std::min(rows, range.end * block_rows)});
        });
      },
      [args, run = tiles.run](const RowBuffers& at, base::Range range) {
        run(bound(args, pitched_pair(at, args.channels, args.channels)), range);
      });
}

std::unique_ptr<PreparedLayer> prepare_rows(const LayerSpec& layer, const ImageWindow& image) {
  const std::int64_t channels = image.in_channels;
  const std::int64_t taps = image.kernel_h * image.kernel_w;
  // Weights as [taps, channels], behind them the bias.
  FormKey key("depthwise");
  key.add(channels).add(taps).add(layer.inputs[1]).add(input(layer, 2));
  const auto room = [&] { return base::AlignedBuffer(static_cast<std::size_t>((taps + 1) * channels) * sizeof(float)); };
  auto packed = shared_form<base::AlignedBuffer>(layer, key, room, [&](base::AlignedBuffer& form) {
    ConstantFloats weight_source(layer.inputs[1]), bias_source(input(layer, 2));
    const float* const weights = weight_source.all();
    for (std::int64_t tap = 0; tap < taps; ++tap)
      for (std::int64_t c = 0; c < channels; ++c) form.as<float>()[tap * channels + c] = weights[c * taps + tap];
    float* const bias = form.as<float>() + taps * channels;
    std::fill_n(bias, channels, 0.0f);
    if (input(layer, 2).present()) std::copy_n(bias_source.all(), channels, bias);
  });

  DepthwiseArgs args;
  args.weights = packed->as<float>();
  args.bias = packed->as<float>() + taps * channels;
  args.channels = channels;
  set_window(args, image);
  args.activation = fused_activation(layer);

  const std::int64_t grain = grain_for(image.out_w * channels * taps * 4);
  const LayerTraits traits = {.kernel = "simd.depthwise", .weight_bytes = packed->size(), .shares_weights = true, .held = kHoldsWeights,
                              .pitched_inputs = 1, .pitched_output = true};
  const kernels::simd::DepthwiseFn kernel = kernels::simd::depthwise_kernel();
  return make_row_layer(
      traits, row_shape_of(image, channels * taps),
      [args, grain, rows = image.batch * image.out_h, packed = std::move(packed), kernel](const Buffers& buffers, base::ThreadPool& pool) {
        const DepthwiseArgs own = bound(args, pitched_pair(buffers, args.channels, args.channels));
        pool.parallel_for(rows, grain, [&](base::Range range, int) { kernel(own, range); });
      },
      [args, kernel](const RowBuffers& at, base::Range range) {
        kernel(bound(args, pitched_pair(at, args.channels, args.channels)), range);
      });
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_depthwise(const LayerSpec& layer, const ImageWindow& image) {
  if (const BlockKernel kernel = block_kernel_for(image); kernel.tiles != nullptr) return prepare_blocks(layer, image, kernel);
  return prepare_rows(layer, image);
}

}  // namespace dnntune::backends::cpu::simd
