// SPDX-License-Identifier: Apache-2.0
// Transposed convolution as one convolution of stride 1 for each phase: the outputs whose positions leave the
// same rests modulo the strides read the same taps.
#include <algorithm>
#include <memory>
#include <numeric>
#include <vector>

#include "backends/cpu/layer_helpers.h"
#include "backends/cpu/reference/window_of.h"
#include "backends/cpu/simd/conv_window.h"
#include "backends/cpu/simd/grain.h"
#include "backends/cpu/simd/packed_product.h"
#include "backends/cpu/simd/tries.h"

namespace dnntune::backends::cpu::simd {
namespace {

using kernels::simd::ConvWindow;

constexpr std::int64_t kMostStride = 16;  // of an axis: a product is prepared for each phase

/// What one phase is along an axis: a convolution whose tap j is tap `last_tap` - j * `tap_step` of the layer.
struct PhaseAxis {
  std::int64_t first = 0, outputs = 0;  ///< Outputs first, first + stride, ...
  std::int64_t last_tap = -1, tap_step = 1;  ///< No last one: no tap, these outputs are the bias.
  std::int64_t taps = 0, dilation = 1, pad = 0;  ///< Of the convolution.
};

PhaseAxis phase_axis(std::int64_t first, std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                     std::int64_t dilation, std::int64_t pad) {
  const std::int64_t common = std::gcd(stride, dilation);
  PhaseAxis axis;
  axis.first = first;
  axis.outputs = divide_up(out - first, stride);
  axis.tap_step = stride / common;
  axis.dilation = dilation / common;
  // Output o meets input (o + pad - tap * dilation) / stride, where that is whole.
  for (std::int64_t tap = 0; tap < kernel; ++tap) {
    if ((first + pad - tap * dilation) % stride != 0) continue;
    axis.last_tap = tap;
    ++axis.taps;
  }
  if (axis.taps > 0) {
    axis.pad = -(first + pad - axis.last_tap * dilation) / stride;
  } else {
    axis.taps = 1;  // one that never meets the image
    axis.pad = in + axis.outputs;
  }
  return axis;
}

struct Phase {
  PhaseAxis y, x;
  std::unique_ptr<PackedProduct> product;
};

/// The weights [in channels, out channels of a group, taps] of a phase, packed.
PackedWeights phase_weights(const ImageWindow& image, std::int64_t groups, const PhaseAxis& y, const PhaseAxis& x,
                            const float* weights, const float* bias) {
  const std::int64_t channels = image.in_channels / groups, columns = image.out_channels / groups;
  const std::int64_t taps = y.taps * x.taps;
  PackedWeights packed(taps * channels, columns, groups);
  // Convolutions have theirs as [out channels, channels of a group, taps].
  std::vector<float> reordered(static_cast<std::size_t>(image.out_channels * channels * taps));
  for (std::int64_t n = 0; n < image.out_channels && y.last_tap >= 0 && x.last_tap >= 0; ++n)
    for (std::int64_t c = 0; c < channels; ++c)
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        const std::int64_t from_y = y.last_tap - tap / x.taps * y.tap_step, from_x = x.last_tap - tap % x.taps * x.tap_step;
        const std::int64_t plane = (n / columns * channels + c) * columns + n % columns;
        reordered[static_cast<std::size_t>((n * channels + c) * taps + tap)] =
            weights[(plane * image.kernel_h + from_y) * image.kernel_w + from_x];
      }
  packed.pack_convolution(reordered.data(), channels, taps);
  if (bias != nullptr) packed.set_bias(bias, 1, 1.0f);
  return packed;
}

class TransposedConvolution {
 public:
  TransposedConvolution(const LayerSpec& layer, const ImageWindow& image, std::int64_t groups) : image_(image), threads_(layer.threads) {
    for (std::int64_t y = 0; y < std::min(image.stride_h, image.out_h); ++y)
      for (std::int64_t x = 0; x < std::min(image.stride_w, image.out_w); ++x) add_phase(layer, groups, y, x);
  }

  std::size_t scratch_bytes() const noexcept { return product_offset_ + product_bytes_; }
  std::size_t weight_bytes() const noexcept {
    std::size_t bytes = 0;
    for (const Phase& phase : phases_) bytes += phase.product->weight_bytes();
    return bytes;
  }

  void run(const float* x, float* y, std::byte* scratch, base::ThreadPool& pool) const {
    for (const Phase& phase : phases_) {
      if (is_whole()) {
        phase.product->run(x, y, scratch, pool);
      } else if (by_rows(phase)) {
        run_rows(phase, x, y, scratch, pool);
      } else {
        phase.product->run(x, reinterpret_cast<float*>(scratch), scratch + product_offset_, pool);
        spread(phase, reinterpret_cast<const float*>(scratch), y, pool);
      }
    }
  }

 private:
  bool is_whole() const noexcept { return image_.stride_h == 1 && image_.stride_w == 1; }
  /// Rows of a phase fill register tiles by themselves: each is written where it belongs. Else the phase is computed
  /// as one product, and its pixels are copied.
  static bool by_rows(const Phase& phase) noexcept { return phase.x.outputs >= 24; }

  void add_phase(const LayerSpec& layer, std::int64_t groups, std::int64_t y, std::int64_t x) {
    Phase phase;
    phase.y = phase_axis(y, image_.in_h, image_.out_h, image_.kernel_h, image_.stride_h, image_.dilation_h, image_.pad_top);
    phase.x = phase_axis(x, image_.in_w, image_.out_w, image_.kernel_w, image_.stride_w, image_.dilation_w, image_.pad_left);
    ConvWindow window;
    window.in_h = image_.in_h;
    window.in_w = image_.in_w;
    window.pixel_stride = image_.in_channels;
    window.channels = image_.in_channels / groups;
    window.out_h = phase.y.outputs;
    window.out_w = phase.x.outputs;
    window.kernel_h = phase.y.taps;
    window.kernel_w = phase.x.taps;
    window.dilation_h = phase.y.dilation;
    window.dilation_w = phase.x.dilation;
    window.pad_top = phase.y.pad;
    window.pad_left = phase.x.pad;
    const std::int64_t pixels = image_.batch * phase.y.outputs * phase.x.outputs;
    phase.product = std::make_unique<PackedProduct>(
        PackedProduct::Shape{.m = pixels, .groups = groups,
                             .a_floats = image_.batch * image_.in_h * image_.in_w * image_.in_channels,
                             .a_stride = image_.in_channels, .a_group_stride = window.channels,
                             .c_stride = !is_whole() && by_rows(phase) ? image_.stride_w * image_.out_channels : image_.out_channels},
        phase_weights(image_, groups, phase.y, phase.x, constant_floats(layer.inputs[1]), constant_floats(input(layer, 2))),
        fused_activation(layer), threads_, &window);
    if (!is_whole() && by_rows(phase)) {
      product_bytes_ = std::max(product_bytes_, static_cast<std::size_t>(threads_) * base::round_up(phase.product->row_scratch_bytes()));
    } else {
      product_bytes_ = std::max(product_bytes_, phase.product->scratch_bytes());
      if (!is_whole())
        product_offset_ = std::max(product_offset_, base::round_up(static_cast<std::size_t>(pixels * image_.out_channels) * sizeof(float)));
    }
    phases_.push_back(std::move(phase));
  }

  /// Pixel 0 of row `row` of the phase, counted through the images.
  float* row_of(const Phase& phase, float* y, std::int64_t row) const noexcept {
    const std::int64_t out_row = row / phase.y.outputs * image_.out_h + phase.y.first + row % phase.y.outputs * image_.stride_h;
    return y + (out_row * image_.out_w + phase.x.first) * image_.out_channels;
  }

  void run_rows(const Phase& phase, const float* x, float* y, std::byte* scratch, base::ThreadPool& pool) const {
    const std::int64_t pixels = phase.x.outputs, pixel_floats = image_.stride_w * image_.out_channels;
    const std::int64_t in_floats = image_.batch * image_.in_h * image_.in_w * image_.in_channels;
    const std::int64_t pixel_macs = std::max<std::int64_t>(1, static_cast<std::int64_t>(phase.product->weight_bytes() / sizeof(float)));
    pool.parallel_for(image_.batch * phase.y.outputs, grain_for(pixels * pixel_macs), [&](base::Range rows, int worker) {
      std::byte* const own = scratch + static_cast<std::size_t>(worker) * base::round_up(phase.product->row_scratch_bytes());
      for (std::int64_t row = rows.begin; row < rows.end; ++row)
        phase.product->run_rows(x, in_floats, row_of(phase, y, row) - row * pixels * pixel_floats,
                                {row * pixels, (row + 1) * pixels}, own);
    });
  }

  void spread(const Phase& phase, const float* from, float* y, base::ThreadPool& pool) const {
    const std::int64_t pixels = phase.x.outputs, channels = image_.out_channels;
    pool.parallel_for(image_.batch * phase.y.outputs, grain_for(pixels * channels * 8), [&](base::Range rows, int) {
      for (std::int64_t row = rows.begin; row < rows.end; ++row) {
        float* const to = row_of(phase, y, row);
        for (std::int64_t pixel = 0; pixel < pixels; ++pixel)
          std::copy_n(from + (row * pixels + pixel) * channels, channels, to + pixel * image_.stride_w * channels);
      }
    });
  }

  ImageWindow image_;
  int threads_;
  std::vector<Phase> phases_;
  std::size_t product_offset_ = 0, product_bytes_ = 0;  ///< Of the scratch memory; a phase's pixels come first.
};

}  // namespace

std::unique_ptr<PreparedLayer> prepare_conv_transpose(const LayerSpec& layer) {
  const TensorSpec& weights = input(layer, 1);
  const TensorSpec& bias = input(layer, 2);
  if (!all_float(layer) || !weights.constant.defined() || (bias.present() && !bias.constant.defined())) return nullptr;
  if (weights.shape.size() < 3) return nullptr;
  const std::optional<ImageWindow> image =
      image_window(layer, Shape(weights.shape.begin() + 2, weights.shape.end()), &transposed_window);
  const std::int64_t groups = layer.node.attributes.integer("group", 1);
  if (!image || groups < 1 || image->in_channels % groups != 0 || image->out_channels % groups != 0) return nullptr;
  if (weights.shape[0] != image->in_channels || weights.shape[1] != image->out_channels / groups) return nullptr;
  if (bias.present() && elements(bias.shape) != image->out_channels) return nullptr;
  if (image->stride_h > kMostStride || image->stride_w > kMostStride) return nullptr;
  auto convolution = std::make_unique<TransposedConvolution>(layer, *image, groups);
  const LayerTraits traits = {.kernel = "simd.conv_transpose", .scratch_bytes = convolution->scratch_bytes(), .weight_bytes = convolution->weight_bytes()};
  return make_layer(traits, [convolution = std::move(convolution)](const Buffers& buffers, base::ThreadPool& pool) {
    convolution->run(in<float>(buffers, 0), out<float>(buffers, 0), buffers.scratch, pool);
  });
}

}  // namespace dnntune::backends::cpu::simd
