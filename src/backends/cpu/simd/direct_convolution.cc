// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/simd/direct_convolution.h"

#include <algorithm>

#include "backends/cpu/simd/grain.h"

namespace dnntune::backends::cpu::simd {

using kernels::simd::DirectArgs;

namespace {

/// Columns of the padded image that so many neighbouring windows take.
std::int64_t columns_under(const ImageWindow& image, std::int64_t windows) noexcept {
  return (windows - 1) * image.stride_w + (image.kernel_w - 1) * image.dilation_w + 1;
}

}  // namespace

bool DirectConvolution::fits(const ImageWindow& image, std::int64_t groups) noexcept {
  // The taps of an output row are stretches of one length and one distance: whole rows of the window or, in a window
  // of one row, single pixels.
  if (groups != 1 || (image.dilation_w != 1 && image.kernel_h != 1)) return false;
  // The padded rows of one output row must stay small beside a level-2 cache, however wide the stride.
  constexpr std::int64_t kMostStripFloats = 1024 * 1024;
  const std::int64_t strip_columns = columns_under(image, image.out_w);
  const std::int64_t strip_rows = (image.kernel_h - 1) * image.dilation_h + 1;
  return strip_columns <= kMostStripFloats && strip_rows <= kMostStripFloats / strip_columns / image.in_channels;
}

bool DirectConvolution::suits(const ImageWindow& image, bool bfloat16) noexcept {
  if (bfloat16 && image.in_channels % (2 * kernels::simd::kTurn) == 0) return false;
  const std::int64_t lanes = kernels::simd::gemm_kernels().lanes;
  const std::int64_t tile = kernels::simd::gemm_kernels().tile_rows;
  // Tiles do not reach across output rows: three quarters of their rows must be used.
  if (4 * image.out_w < 3 * divide_up(image.out_w, tile) * tile) return false;
  return kernels::simd::prefers_direct(
      {.rows = image.kernel_h * image.kernel_w * image.in_channels, .columns = image.out_channels, .lanes = lanes},
      image.stride_w * image.in_channels);
}

DirectConvolution::DirectConvolution(const ImageWindow& image, SharedWeights weights, kernels::Activation activation,
                                     int threads)
    : kernel_(weights->paired() ? kernels::simd::bfloat16_direct_kernel() : kernels::simd::direct_kernel()),
      round_(kernels::simd::bfloat16_round()),
      image_(image),
      weights_(std::move(weights)),
      activation_(activation),
      threads_(threads),
      cuts_columns_(image.out_h == 1 && image.kernel_h == 1) {
  // A strip should leave room in a level-2 cache, and blocks should go round.
  constexpr std::int64_t kStripFloats = 128 * 1024 / 4;
  if (cuts_columns_) {
    constexpr std::int64_t kLeastColumns = 64;
    const std::int64_t fitting = (kStripFloats / image.in_channels - columns_under(image, 1)) / image.stride_w;
    blocks_ = even_blocks(image.out_w, std::clamp<std::int64_t>(fitting, kLeastColumns, std::max(kLeastColumns, image.out_w)), threads);
    strip_floats_ = columns_under(image, divide_up(image.out_w, blocks_)) * image.in_channels;
  } else {
    const std::int64_t row_floats = columns_under(image, image.out_w) * image.in_channels;
    const std::int64_t fitting = kStripFloats / row_floats - (image.kernel_h - 1) * image.dilation_h;
    blocks_ = even_blocks(image.out_h, std::clamp<std::int64_t>(fitting / image.stride_h, 1, image.out_h), threads);
    strip_floats_ = strip_rows(divide_up(image.out_h, blocks_)) * row_floats;
  }
  strip_floats_ = static_cast<std::int64_t>(base::round_up(static_cast<std::size_t>(strip_floats_)));
  if (rounds()) halves_floats_ = static_cast<std::int64_t>(base::round_up(static_cast<std::size_t>(strip_floats_ / 2 + 1)));
}

std::int64_t DirectConvolution::strip_rows(std::int64_t out_rows) const noexcept {
  return (out_rows - 1) * image_.stride_h + (image_.kernel_h - 1) * image_.dilation_h + 1;
}

std::int64_t DirectConvolution::run_values(const ImageWindow& image) noexcept {
  return image.dilation_w > 1 ? image.in_channels : image.kernel_w * image.in_channels;
}

DirectArgs DirectConvolution::args(const float* strip, std::int64_t strip_columns, std::int64_t output_pitch) const noexcept {
  const std::int64_t row_floats = strip_columns * image_.in_channels;
  const bool row_of_pixels = image_.dilation_w > 1;
  DirectArgs args;
  args.a = strip;
  args.a_half = halves_of(strip);
  args.row_stride = image_.stride_h * row_floats;
  args.pixel_stride = image_.stride_w * image_.in_channels;
  args.runs = row_of_pixels ? image_.kernel_w : image_.kernel_h;
  args.run_values = run_values(image_);
  args.run_stride = row_of_pixels ? image_.dilation_w * image_.in_channels : image_.dilation_h * row_floats;
  args.layout = weights_->layout();
  args.b = weights_->panels();
  args.bias = weights_->bias();
  args.c_row_stride = image_.out_w * output_pitch;
  args.c_pixel_stride = output_pitch;
  args.activation = activation_;
  return args;
}

void DirectConvolution::round_strip(float* strip, std::int64_t floats) const noexcept {
  if (!rounds()) return;
  auto* const halves = reinterpret_cast<std::uint16_t*>(strip + strip_floats_);
  round_(strip, floats, halves);
  halves[floats] = 0;  // an odd run of the last window reads it
}

void DirectConvolution::run_columns(const PitchedPair& at, base::Range columns, float* strip) const noexcept {
  const std::int64_t in_x = columns.begin * image_.stride_w - image_.pad_left;
  const std::int64_t inside = std::clamp<std::int64_t>(in_x, 0, image_.in_w), strip_columns = columns_under(image_, columns.size());
  const base::Range row = {-image_.pad_top, 1 - image_.pad_top};
  kernels::simd::copy_padded(at.input + inside * at.input_pitch, image_.in_h, image_.in_w - inside, image_.in_channels, at.input_pitch, row,
                             std::max<std::int64_t>(0, -in_x), strip_columns, strip);
  round_strip(strip, strip_columns * image_.in_channels);
  DirectArgs own = args(strip, strip_columns, at.output_pitch);
  own.c = at.output + columns.begin * at.output_pitch;
  kernel_(own, {{0, 1}, {0, columns.size()}});
}

void DirectConvolution::run_rows(const PitchedPair& at, base::Range rows, std::byte* scratch) const noexcept {
  float* const strip = reinterpret_cast<float*>(scratch);
  if (cuts_columns_) {
    for (std::int64_t block = 0; block < blocks_ && rows.size() > 0; ++block) run_columns(at, even_part(image_.out_w, block, blocks_), strip);
    return;
  }
  const std::int64_t strip_columns = columns_under(image_, image_.out_w);
  DirectArgs own = args(strip, strip_columns, at.output_pitch);
  const std::int64_t most = divide_up(image_.out_h, blocks_);  // what the strip has room for
  for (std::int64_t y = rows.begin; y < rows.end; y += most) {
    const std::int64_t count = std::min(most, rows.end - y);
    const std::int64_t in_y = y * image_.stride_h - image_.pad_top;
    kernels::simd::copy_padded(at.input, image_.in_h, image_.in_w, image_.in_channels, at.input_pitch, {in_y, in_y + strip_rows(count)},
                               image_.pad_left, strip_columns, strip);
    round_strip(strip, strip_rows(count) * strip_columns * image_.in_channels);
    own.c = at.output + y * own.c_row_stride;
    kernel_(own, {{0, count}, {0, image_.out_w}});
  }
}

void DirectConvolution::run(const PitchedPair& at, std::byte* scratch, base::ThreadPool& pool) const {
  const std::int64_t cut = cuts_columns_ ? image_.out_w : image_.out_h;
  const std::int64_t block_macs = divide_up(cut, blocks_) * (image_.out_h * image_.out_w / cut) * weights_->layout().rows * weights_->layout().columns;
  const std::int64_t in_floats = image_.in_h * image_.in_w * at.input_pitch;
  const std::int64_t out_floats = image_.out_h * image_.out_w * at.output_pitch;
  pool.parallel_for(image_.batch * blocks_, grain_for(block_macs), [&](base::Range items, int worker) {
    std::byte* const own = scratch + static_cast<std::size_t>(worker) * row_scratch_bytes();
    for (std::int64_t item = items.begin; item < items.end; ++item) {
      const std::int64_t image = item / blocks_;
      const PitchedPair one = {at.input + image * in_floats, at.output + image * out_floats, at.input_pitch, at.output_pitch};
      const base::Range part = even_part(cut, item % blocks_, blocks_);
      cuts_columns_ ? run_columns(one, part, reinterpret_cast<float*>(own)) : run_rows(one, part, own);
    }
  });
}

}  // namespace dnntune::backends::cpu::simd
