// SPDX-License-Identifier: Apache-2.0
// Transposed convolution as one convolution of stride 1 for each phase: the outputs whose positions leave the
// same rests modulo the strides read the same taps.
#include <algorithm>
#include <limits>
#include <memory>
#include <numeric>
#include <vector>

#include "backends/layer_helpers.h"
#include "backends/cpu/reference/window_of.h"
#include "backends/cpu/simd/conv_window.h"
#include "backends/cpu/simd/grain.h"
#include "backends/cpu/simd/packed_product.h"
#include "backends/cpu/simd/tries.h"

namespace dnntune::backends::cpu::simd {
namespace {

using kernels::simd::ConvWindow;

constexpr std::int64_t kMostStride = 16;  // of an axis: a product is prepared for each phase

/// What a phase, or several neighbouring ones together, are along an axis: a convolution of stride 1 whose window
/// holds for each phase its own taps of the layer, and zeros.
struct PhaseAxis {
  std::int64_t first = 0, phases = 1, outputs = 0;  ///< Outputs first, first + stride, ... of the first phase.
  std::int64_t pad = 0, dilation = 1;               ///< Of the convolution.
  std::int64_t taps = 0;
  /// [phases, taps]: taps of the layer, -1 for none.
  std::vector<std::int64_t> sources = {};
};

PhaseAxis phase_axis(std::int64_t first, std::int64_t phases, std::int64_t in, std::int64_t out, std::int64_t kernel,
                     std::int64_t stride, std::int64_t dilation, std::int64_t pad) {
  PhaseAxis axis = {.first = first, .phases = phases, .outputs = divide_up(out - first, stride)};
  axis.dilation = phases > 1 ? 1 : dilation / std::gcd(stride, dilation);
  // Output first + q stride meets input q + `at`, where that is whole: at = (first + pad - tap * dilation) / stride.
  const auto each_tap = [&](auto f) {
    for (std::int64_t phase = 0; phase < phases; ++phase)
      for (std::int64_t tap = 0; tap < kernel; ++tap)
        if (const std::int64_t at = first + phase + pad - tap * dilation; at % stride == 0) f(phase, tap, at / stride);
  };
  std::int64_t low = std::numeric_limits<std::int64_t>::max(), high = std::numeric_limits<std::int64_t>::min();
  each_tap([&](std::int64_t, std::int64_t, std::int64_t at) {
    low = std::min(low, at);
    high = std::max(high, at);
  });
  if (low > high) low = high = -in - axis.outputs;  // no tap: a window that never meets the image
  axis.pad = -low;
  axis.taps = (high - low) / axis.dilation + 1;
  axis.sources.assign(static_cast<std::size_t>(phases * axis.taps), -1);
  each_tap([&](std::int64_t phase, std::int64_t tap, std::int64_t at) {
    axis.sources[static_cast<std::size_t>(phase * axis.taps + (at - low) / axis.dilation)] = tap;
  });
  return axis;
}

struct Phase {
  PhaseAxis y, x;
  std::unique_ptr<PackedProduct> product;
};

/// Columns of a phase's product: (phase along x, channel), of all groups: they are one, or there is one phase.
std::int64_t phase_columns(const ImageWindow& image, const PhaseAxis& x) noexcept { return x.phases * image.out_channels; }

/// Packs a phase's part of the weights [in channels, out channels of a group, kernel height, kernel width].
void pack_phase(const ImageWindow& image, std::int64_t groups, const PhaseAxis& y, const PhaseAxis& x, const float* weights, const float* bias,
                PackedWeights& packed) {
  const std::int64_t channels = image.in_channels / groups, group_out = image.out_channels / groups;
  const std::int64_t taps = y.taps * x.taps, columns = phase_columns(image, x);
  // Convolutions have theirs as [out channels, channels of a group, taps].
  std::vector<float> reordered(static_cast<std::size_t>(columns * channels * taps));
  std::vector<float> repeated;
  for (std::int64_t column = 0; column < columns; ++column) {
    const std::int64_t n = column % image.out_channels, phase = column / image.out_channels;
    for (std::int64_t c = 0; c < channels; ++c) {
      const float* const plane = weights + ((n / group_out * channels + c) * group_out + n % group_out) * image.kernel_h * image.kernel_w;
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        const std::int64_t from_y = y.sources[static_cast<std::size_t>(tap / x.taps)];
        const std::int64_t from_x = x.sources[static_cast<std::size_t>(phase * x.taps + tap % x.taps)];
        if (from_y >= 0 && from_x >= 0)
          reordered[static_cast<std::size_t>((column * channels + c) * taps + tap)] = plane[from_y * image.kernel_w + from_x];
      }
    }
    if (bias != nullptr) repeated.push_back(bias[n]);
  }
  ConstantFloats source(reordered.data());
  packed.pack_convolution(source, taps);
  if (bias != nullptr) packed.set_bias(repeated.data(), 1, 1.0f);
}

/// The weights and bias of a layer, read when they are first asked for, and what names them.
class Source {
 public:
  Source(const LayerSpec& layer, const ImageWindow& image, std::int64_t groups)
      : weights_floats_(layer.inputs[1]), bias_floats_(input(layer, 2)) {
    key_.add(image.kernel_h).add(image.kernel_w).add(image.in_channels).add(image.out_channels).add(groups);
    key_.add(layer.inputs[1]).add(input(layer, 2));
  }
  const FormKey& key() const noexcept { return key_; }
  const float* weights() { return weights_ == nullptr ? weights_ = weights_floats_.all() : weights_; }
  const float* bias() { return bias_ == nullptr ? bias_ = bias_floats_.all() : bias_; }

 private:
  FormKey key_{"phase"};
  ConstantFloats weights_floats_, bias_floats_;
  const float *weights_ = nullptr, *bias_ = nullptr;
};

SharedWeights phase_weights(const LayerSpec& layer, Source& source, const ImageWindow& image, std::int64_t groups, const PhaseAxis& y, const PhaseAxis& x) {
  FormKey key = source.key();
  for (const PhaseAxis* axis : {&y, &x}) key.add(axis->phases).add(axis->taps).add(axis->sources);
  const std::int64_t rows = y.taps * x.taps * image.in_channels / groups;
  return shared_weights(layer, key, rows, phase_columns(image, x) / groups, groups, input(layer, 2).present(), {}, [&](PackedWeights& packed) {
    pack_phase(image, groups, y, x, source.weights(), source.bias(), packed);
  });
}

/// Whether all phases along x are one product: its rows are then those of the output, unless its
/// weights have more zeros than that is worth.
bool joins_columns(const ImageWindow& image, std::int64_t groups) {
  if (groups > 1 || image.stride_w == 1 || image.dilation_w > 1 || image.out_w % image.stride_w != 0) return false;
  const std::int64_t lanes = kernels::simd::gemm_kernels().lanes;
  const auto vectors = [&](std::int64_t columns) { return divide_up(columns, lanes); };
  const PhaseAxis joined = phase_axis(0, image.stride_w, image.in_w, image.out_w, image.kernel_w, image.stride_w, 1, image.pad_left);
  return joined.taps * vectors(image.stride_w * image.out_channels) <= image.kernel_w * vectors(image.out_channels);
}

class TransposedConvolution {
 public:
  TransposedConvolution(const LayerSpec& layer, const ImageWindow& image, std::int64_t groups) : image_(image), threads_(layer.threads) {
    const std::int64_t joined = joins_columns(image, groups) ? image.stride_w : 1;
    Source source(layer, image, groups);
    for (std::int64_t y = 0; y < std::min(image.stride_h, image.out_h); ++y)
      for (std::int64_t x = 0; x < std::min(image.stride_w, image.out_w); x += joined)
        add_phase(layer, source, groups, y, x, joined);
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
        phase.product->run(dense(phase, x, y), scratch, pool);
      } else if (by_rows(phase)) {
        run_rows(phase, x, y, scratch, pool);
      } else {
        phase.product->run(dense(phase, x, reinterpret_cast<float*>(scratch)), scratch + product_offset_, pool);
        spread(phase, reinterpret_cast<const float*>(scratch), y, pool);
      }
    }
  }

 private:
  static PitchedPair dense(const Phase& phase, const float* x, float* y) noexcept {
    return {x, y, phase.product->input_columns(), phase.product->output_columns()};
  }
  bool is_whole() const noexcept { return image_.stride_h == 1 && image_.stride_w == 1; }
  /// Rows of a phase fill register tiles by themselves: each is written where it belongs. Else the phase is computed
  /// as one product, and its pixels are copied.
  static bool by_rows(const Phase& phase) noexcept { return phase.x.outputs >= 24; }

  void add_phase(const LayerSpec& layer, Source& source, std::int64_t groups, std::int64_t y, std::int64_t x, std::int64_t joined) {
    Phase phase;
    phase.y = phase_axis(y, 1, image_.in_h, image_.out_h, image_.kernel_h, image_.stride_h, image_.dilation_h, image_.pad_top);
    phase.x = phase_axis(x, joined, image_.in_w, image_.out_w, image_.kernel_w, image_.stride_w, image_.dilation_w, image_.pad_left);
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
    const std::int64_t pixels = image_.batch * phase.y.outputs * phase.x.outputs, pixel_floats = joined * image_.out_channels;
    phase.product = std::make_unique<PackedProduct>(
        PackedProduct::Shape{.m = pixels, .groups = groups,
                             .a_rows = image_.batch * image_.in_h * image_.in_w,
                             .a_stride = image_.in_channels, .a_group_stride = window.channels,
                             .c_stride = !is_whole() && by_rows(phase) ? image_.stride_w * image_.out_channels : pixel_floats},
        phase_weights(layer, source, image_, groups, phase.y, phase.x), fused_activation(layer), threads_, &window);
    if (!is_whole() && by_rows(phase)) {
      product_bytes_ = std::max(product_bytes_, static_cast<std::size_t>(threads_) * base::round_up(phase.product->row_scratch_bytes()));
    } else {
      product_bytes_ = std::max(product_bytes_, phase.product->scratch_bytes());
      if (!is_whole())
        product_offset_ = std::max(product_offset_, base::round_up(static_cast<std::size_t>(pixels * pixel_floats) * sizeof(float)));
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
    const std::int64_t in_pixels = image_.batch * image_.in_h * image_.in_w;
    const std::int64_t pixel_macs = std::max<std::int64_t>(1, static_cast<std::int64_t>(phase.product->weight_bytes() / sizeof(float)));
    pool.parallel_for(image_.batch * phase.y.outputs, grain_for(pixels * pixel_macs), [&](base::Range rows, int worker) {
      std::byte* const own = scratch + static_cast<std::size_t>(worker) * base::round_up(phase.product->row_scratch_bytes());
      for (std::int64_t row = rows.begin; row < rows.end; ++row)
        phase.product->run_rows(dense(phase, x, row_of(phase, y, row) - row * pixels * pixel_floats), in_pixels,
                                {row * pixels, (row + 1) * pixels}, own);
    });
  }

  void spread(const Phase& phase, const float* from, float* y, base::ThreadPool& pool) const {
    const std::int64_t pixels = phase.x.outputs, floats = phase.x.phases * image_.out_channels;
    pool.parallel_for(image_.batch * phase.y.outputs, grain_for(pixels * floats * 8), [&](base::Range rows, int) {
      for (std::int64_t row = rows.begin; row < rows.end; ++row) {
        float* const to = row_of(phase, y, row);
        for (std::int64_t pixel = 0; pixel < pixels; ++pixel)
          std::copy_n(from + (row * pixels + pixel) * floats, floats, to + pixel * image_.stride_w * image_.out_channels);
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
  if (!all_float(layer) || !weights.is_constant() || (bias.present() && !bias.is_constant())) return nullptr;
  if (weights.shape.size() < 3) return nullptr;
  const std::optional<ImageWindow> image =
      image_window(layer, Shape(weights.shape.begin() + 2, weights.shape.end()), &transposed_window);
  const std::int64_t groups = layer.node.attributes.integer("group", 1);
  if (!image || groups < 1 || image->in_channels % groups != 0 || image->out_channels % groups != 0) return nullptr;
  if (weights.shape[0] != image->in_channels || weights.shape[1] != image->out_channels / groups) return nullptr;
  if (bias.present() && elements(bias.shape) != image->out_channels) return nullptr;
  if (image->stride_h > kMostStride || image->stride_w > kMostStride) return nullptr;
  auto convolution = std::make_unique<TransposedConvolution>(layer, *image, groups);
  const LayerTraits traits = {.kernel = "simd.conv_transpose", .scratch_bytes = convolution->scratch_bytes(),
                              .weight_bytes = convolution->weight_bytes(), .shares_weights = true, .held = kHoldsWeights};
  return make_layer(traits, [convolution = std::move(convolution)](const Buffers& buffers, base::ThreadPool& pool) {
    convolution->run(in<float>(buffers, 0), out<float>(buffers, 0), buffers.scratch, pool);
  });
}

}  // namespace dnntune::backends::cpu::simd
