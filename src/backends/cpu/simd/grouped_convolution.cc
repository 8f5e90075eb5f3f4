// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/simd/grouped_convolution.h"

#include <algorithm>

#include "backends/layer_helpers.h"
#include "backends/cpu/simd/constant_floats.h"
#include "backends/cpu/simd/grain.h"
#include "backends/weight_store.h"
#include "base/aligned.h"
#include "kernels/simd/grouped.h"

namespace dnntune::backends::cpu::simd {

using kernels::simd::GroupedArgs;
using kernels::simd::GroupedKernel;

bool fits_grouped(const ImageWindow& image, std::int64_t groups, const kernels::Activation& activation) {
  using Kind = kernels::Activation::Kind;
  const bool clamps = activation.kind == Kind::none || activation.kind == Kind::relu || activation.kind == Kind::clip;
  const bool window = image.kernel_h == 3 && image.kernel_w == 3 && image.dilation_h == 1 && image.dilation_w == 1 &&
                      image.stride_h == image.stride_w && image.stride_h <= 2;
  if (!clamps || !window || groups == 1 || image.in_channels != image.out_channels) return false;
  // The taps of a vector of output channels stay in a level-1 cache.
  constexpr std::int64_t kMostGroupChannels = 32;
  const std::int64_t group_channels = image.in_channels / groups;
  return group_channels <= kMostGroupChannels &&
         kernels::simd::grouped_fits(image.in_channels, group_channels, kernels::simd::grouped_kernel(image.stride_h).lanes);
}

std::unique_ptr<PreparedLayer> prepare_grouped(const LayerSpec& layer, const ImageWindow& image, std::int64_t groups) {
  const GroupedKernel& kernel = kernels::simd::grouped_kernel(image.stride_h);
  const std::int64_t channels = image.in_channels, group_channels = channels / groups;
  // Behind the weights, the zeros that stand for the padding.
  const std::int64_t floats = kernels::simd::grouped_floats(channels, group_channels, kernel.lanes);
  FormKey key("grouped");
  key.add(channels).add(group_channels).add(kernel.lanes).add(layer.inputs[1]).add(input(layer, 2));
  const auto room = [&] { return base::AlignedBuffer(static_cast<std::size_t>(floats + channels) * sizeof(float)); };
  auto packed = shared_form<base::AlignedBuffer>(layer, key, room, [&](base::AlignedBuffer& form) {
    ConstantFloats weights(layer.inputs[1]), bias(input(layer, 2));
    kernels::simd::pack_grouped(weights.all(), bias.all(), channels, group_channels, kernel.lanes, form.as<float>());
    std::fill_n(form.as<float>() + floats, channels, 0.0f);
  });

  GroupedArgs args;
  args.weights = packed->as<float>();
  args.zeros = packed->as<float>() + floats;
  args.channels = channels;
  args.group_channels = group_channels;
  set_window(args, image);
  args.activation = fused_activation(layer);
  const std::int64_t vectors = kernels::simd::grouped_vectors(channels, group_channels, kernel.lanes);
  const std::int64_t rows = image.batch * image.out_h, block_rows = kernel.tile_rows, blocks = divide_up(rows, block_rows);
  const std::int64_t pixel_macs = channels * group_channels * 9;
  const std::int64_t grain = grain_for(block_rows * image.out_w * pixel_macs / vectors);
  RowShape shape = row_shape_of(image, pixel_macs);
  shape.block_rows = block_rows;
  const LayerTraits traits = {.kernel = kGroupedConvolution, .weight_bytes = packed->size(), .shares_weights = true, .held = kHoldsWeights};
  return make_row_layer(
      traits, shape,
      [args, rows, vectors, block_rows, blocks, grain, packed = std::move(packed), run = kernel.run](const Buffers& buffers, base::ThreadPool& pool) {
        GroupedArgs own = args;
        own.input = in<float>(buffers, 0);
        own.output = out<float>(buffers, 0);
        // An item is a block of rows of one vector, in this order: its taps are read once.
        pool.parallel_for(vectors * blocks, grain, [&](base::Range items, int) {
          for (std::int64_t item = items.begin; item < items.end;) {
            const std::int64_t vector = item / blocks, first = item % blocks;
            const std::int64_t last = std::min(blocks, first + items.end - item);
            run(own, {vector, vector + 1}, {first * block_rows, std::min(rows, last * block_rows)});
            item += last - first;
          }
        });
      },
      [args, vectors, run = kernel.run](const RowBuffers& at, base::Range range) {
        GroupedArgs own = args;
        own.input = at.input;
        own.output = at.output;
        run(own, {0, vectors}, range);
      });
}

}  // namespace dnntune::backends::cpu::simd
