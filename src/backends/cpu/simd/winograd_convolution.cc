// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/simd/winograd_convolution.h"

#include <algorithm>

#include "backends/cpu/simd/constant_floats.h"
#include "backends/cpu/simd/grain.h"
#include "backends/cpu/simd/packed_weights.h"
#include "kernels/simd/bfloat16.h"

namespace dnntune::backends::cpu::simd {

using kernels::simd::PackedArgs;
using kernels::simd::WinogradArgs;
using kernels::simd::WinogradBlock;
using kernels::simd::WinogradKernels;
using kernels::simd::WinogradShape;

// An element of a transform takes as long as some 16 multiply-adds: measured with 3 to 64 channels. Of those in
// bfloat16, which take half the time, some 20.
constexpr std::int64_t kElementMacs = 16, kElementBfloat16Macs = 20;

// In multiply-adds for each pair of an input and an output channel. What a product with `rows` pixels or tiles
// costs: those, and reading the weights. A weight that comes from memory costs as much as some 8 rows.
constexpr double product_cost(std::int64_t taps, std::int64_t images, double rows) noexcept {
  constexpr double kWeightRows = 8.0;
  return static_cast<double>(taps) * (static_cast<double>(images) * rows + kWeightRows);
}

bool WinogradConvolution::fits(const WinogradKernels& kernels, const ImageWindow& image, bool bfloat16) noexcept {
  // With ten products along an axis the error of bfloat16 grows to 5 % of the largest result; with six it is 2 %.
  constexpr std::int64_t kMostBfloat16Products = 6;
  if (bfloat16 && std::max(kernels.shape.in_h(), kernels.shape.in_w()) > kMostBfloat16Products) return false;
  return image.stride_h == 1 && image.stride_w == 1 && image.dilation_h == 1 && image.dilation_w == 1 &&
         kernels.shape.kernel_h == image.kernel_h && kernels.shape.kernel_w == image.kernel_w;
}

const WinogradKernels* WinogradConvolution::kernels_for(const ImageWindow& image, std::int64_t groups, bool bfloat16) noexcept {
  const std::int64_t element_macs = bfloat16 ? kElementBfloat16Macs : kElementMacs;
  const auto per_channel = [&](std::int64_t channels) {
    return static_cast<double>(element_macs * groups) / static_cast<double>(channels);
  };
  const double transforms = 1.0 + per_channel(image.in_channels) + per_channel(image.out_channels);
  // The margin is for what this leaves out; on one core of a Zen 5 every layer that passes was faster.
  const std::int64_t taps = image.kernel_h * image.kernel_w;
  double best_cost = 0.85 * product_cost(taps, image.batch, static_cast<double>(image.out_h * image.out_w));
  const WinogradKernels* best = nullptr;
  for (const WinogradKernels& kernels : kernels::simd::winograd_kernels()) {
    if (!fits(kernels, image, bfloat16)) continue;
    const WinogradShape& shape = kernels.shape;
    const double tiles = static_cast<double>(shape.tiles(image.out_h, image.out_w));
    const double cost = product_cost(shape.positions(), image.batch, tiles * transforms);
    if (cost >= best_cost) continue;
    best = &kernels;
    best_cost = cost;
  }
  return best;
}

WinogradConvolution::WinogradConvolution(const WinogradKernels& kernels, bool bfloat16, const ImageWindow& image,
                                         std::int64_t groups, const LayerSpec& layer)
    : kernels_(kernels),
      gemm_(bfloat16 ? *kernels::simd::bfloat16_gemm_kernels() : kernels::simd::gemm_kernels()),
      channels_(image.in_channels / groups),
      layout_{.rows = divide_up(channels_, gemm_.values), .columns = image.out_channels / groups, .lanes = gemm_.lanes},
      image_(image),
      groups_(groups),
      activation_(fused_activation(layer)),
      threads_(layer.threads),
      tiles_(image.batch * kernels.shape.tiles(image.out_h, image.out_w)),
      block_tiles_(kernels::simd::winograd_block_tiles(kernels.shape, tiles_, layout_)) {
  if (bfloat16) kernels_.transform_image = kernels_.transform_image_bfloat16;
  const TensorSpec &weights = layer.inputs[1], &bias = input(layer, 2);
  const WinogradShape& shape = kernels.shape;
  FormKey key("winograd");
  key.add(shape.kernel_h).add(shape.kernel_w).add(shape.out_h).add(shape.out_w).add(groups).add(std::int64_t{bfloat16}).add(weights).add(bias);
  packed_ = shared_form<Packed>(layer, key, [&] { return room(bias.present()); }, [&](Packed& packed) { pack_all(weights, bias, packed); });
  // Fewer blocks than go round evenly: the threads share one block's products instead of each reading all
  // the weights.
  shared_ = threads_ > 1 && divide_up(tiles_, block_tiles_) < std::int64_t{2} * threads_;
}

WinogradConvolution::Packed WinogradConvolution::room(bool biased) const {
  Packed packed;
  packed.weights = base::AlignedBuffer(static_cast<std::size_t>(groups_ * positions() * layout_.floats()) * sizeof(float));
  packed.zeros = base::AlignedBuffer(static_cast<std::size_t>(channels_) * sizeof(float));
  if (biased) packed.bias = base::AlignedBuffer(static_cast<std::size_t>(groups_ * layout_.padded_columns()) * sizeof(float));
  return packed;
}

void WinogradConvolution::pack_all(const TensorSpec& weights, const TensorSpec& bias, Packed& packed) const {
  std::fill_n(packed.zeros.as<float>(), channels_, 0.0f);
  ConstantFloats source(weights), bias_source(bias);
  for (std::int64_t group = 0; group < groups_; ++group)
    pack(source, group, packed.weights.as<float>() + group * positions() * layout_.floats());
  if (const float* const from = bias_source.all()) {
    const std::int64_t padded = layout_.padded_columns();
    std::fill_n(packed.bias.as<float>(), groups_ * padded, 0.0f);
    for (std::int64_t group = 0; group < groups_; ++group)
      std::copy_n(from + group * layout_.columns, layout_.columns, packed.bias.as<float>() + group * padded);
  }
}

void WinogradConvolution::pack(ConstantFloats& source, std::int64_t group, float* to) const {
  kernels::simd::PanelLayout exact = layout_;
  exact.rows = channels_;
  base::AlignedBuffer floats;
  if (gemm_.values > 1) floats = base::AlignedBuffer(static_cast<std::size_t>(positions() * exact.floats()) * sizeof(float));
  float* const transformed = gemm_.values > 1 ? floats.as<float>() : to;
  const std::int64_t column_floats = channels_ * image_.kernel_h * image_.kernel_w;
  each_piece(exact, column_floats, [&](base::Range panels) {
    const std::int64_t first = group * exact.columns + panels.begin * exact.panel_columns();
    const float* const from = source.read(first * column_floats, exact.part(panels).columns * column_floats);
    kernels_.transform_weights(from, exact, panels, transformed);
  });
  if (gemm_.values == 1) return;
  auto* halves = reinterpret_cast<std::uint16_t*>(to);
  for (std::int64_t position = 0; position < positions(); ++position)
    for (std::int64_t panel = 0; panel < exact.panels(); ++panel)
      halves = kernels::simd::pair_rows(transformed + position * exact.floats() + exact.offset(panel), channels_, exact.width(panel),
                                        channels_, halves);
}

std::string_view WinogradConvolution::name(const WinogradKernels& kernels, bool bfloat16) noexcept {
  if (std::max(kernels.shape.out_h, kernels.shape.out_w) == 4) return bfloat16 ? "simd.conv_winograd4_bf16" : "simd.conv_winograd4";
  return bfloat16 ? "simd.conv_winograd2_bf16" : "simd.conv_winograd2";
}

std::int64_t WinogradConvolution::scratch_floats() const noexcept {
  const WinogradBlock one = block({0, block_tiles_}, nullptr);
  return positions() * (one.image_stride + one.products_stride);
}

std::size_t WinogradConvolution::scratch_bytes() const noexcept {
  return static_cast<std::size_t>((shared_ ? 1 : threads_) * scratch_floats()) * sizeof(float);
}

WinogradArgs WinogradConvolution::args(const PitchedPair& at, std::int64_t group) const noexcept {
  WinogradArgs args;
  args.input = at.input + group * channels_;
  args.zeros = packed_->zeros.as<float>();
  set_window(args, image_);
  args.in_pixel_stride = at.input_pitch;
  args.channels = channels_;
  args.out_pixel_stride = at.output_pitch;
  args.out_channels = layout_.columns;
  args.bias = packed_->bias.size() == 0 ? nullptr : packed_->bias.as<float>() + group * layout_.padded_columns();
  args.output = at.output + group * layout_.columns;
  args.activation = activation_;
  return args;
}

WinogradBlock WinogradConvolution::block(base::Range tiles, float* scratch) const noexcept {
  WinogradBlock block;
  block.tiles = tiles;
  block.products_columns = layout_.padded_columns();
  block.image_stride = kernels::simd::winograd_position_floats(tiles.size(), kernels::simd::packed_columns(layout_.rows));
  block.products_stride = kernels::simd::winograd_position_floats(tiles.size(), block.products_columns);
  block.image = scratch;
  block.products = scratch + positions() * block.image_stride;
  return block;
}

PackedArgs WinogradConvolution::product(const WinogradBlock& block, std::int64_t group, std::int64_t position) const noexcept {
  PackedArgs args;
  args.rows = block.tiles.size();
  args.layout = layout_;
  args.a = block.image + position * block.image_stride;
  args.b = packed_->weights.as<float>() + (group * positions() + position) * layout_.floats();
  args.b_end = packed_->weights.as<float>() + groups_ * positions() * layout_.floats();
  args.c = block.products + position * block.products_stride;
  args.c_stride = block.products_columns;
  return args;
}

void WinogradConvolution::run(const PitchedPair& at, std::byte* scratch, base::ThreadPool& pool) const {
  float* const floats = reinterpret_cast<float*>(scratch);
  shared_ ? run_shared(at, floats, pool) : run_blocks(at, floats, pool);
}

void WinogradConvolution::run_blocks(const PitchedPair& at, float* scratch, base::ThreadPool& pool) const {
  const std::int64_t blocks = divide_up(tiles_, block_tiles_);
  const std::int64_t block_macs = block_tiles_ * positions() * layout_.rows * layout_.columns;
  pool.parallel_for(groups_ * blocks, grain_for(block_macs), [&](base::Range items, int worker) {
    for (std::int64_t item = items.begin; item < items.end; ++item) {
      const std::int64_t group = item / blocks, first = item % blocks * block_tiles_;
      const base::Range rows = {0, std::min(block_tiles_, tiles_ - first)};
      const WinogradArgs all = args(at, group);
      const WinogradBlock own = block({first, first + rows.end}, scratch + worker * scratch_floats());
      kernels_.transform_image(all, own, rows);
      for (std::int64_t position = 0; position < positions(); ++position)
        gemm_.packed(product(own, group, position), {0, layout_.panels()});
      kernels_.transform_products(all, own, rows);
    }
  });
}

void WinogradConvolution::run_shared(const PitchedPair& at, float* scratch, base::ThreadPool& pool) const {
  const std::int64_t blocks = divide_up(tiles_, block_tiles_), panels = layout_.panels();
  for (std::int64_t item = 0; item < groups_ * blocks; ++item) {
    const std::int64_t group = item / blocks, first = item % blocks * block_tiles_;
    const base::Range rows = {0, std::min(block_tiles_, tiles_ - first)};
    const WinogradArgs all = args(at, group);
    const WinogradBlock one = block({first, first + rows.end}, scratch);
    pool.parallel_for(rows.size(), grain_for(kElementMacs * positions() * channels_),
                      [&](base::Range part, int) { kernels_.transform_image(all, one, part); });
    const std::int64_t panel_macs = rows.size() * layout_.rows * layout_.panel_columns();
    pool.parallel_for(positions() * panels, grain_for(panel_macs), [&](base::Range items, int) {
      for (std::int64_t item_at = items.begin; item_at < items.end;) {
        const std::int64_t panel = item_at % panels, end = std::min(panels, panel + items.end - item_at);
        gemm_.packed(product(one, group, item_at / panels), {panel, end});
        item_at += end - panel;
      }
    });
    pool.parallel_for(rows.size(), grain_for(kElementMacs * positions() * layout_.columns),
                      [&](base::Range part, int) { kernels_.transform_products(all, one, part); });
  }
}

}  // namespace dnntune::backends::cpu::simd
