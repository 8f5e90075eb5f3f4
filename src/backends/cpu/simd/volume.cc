// SPDX-License-Identifier: Apache-2.0
// Convolution of volumes: the product of an output depth is the sum of those of the input depths in its window.
#include <algorithm>
#include <memory>
#include <vector>

#include "backends/layer_helpers.h"
#include "backends/cpu/simd/constant_floats.h"
#include "backends/cpu/simd/conv_window.h"
#include "backends/cpu/simd/grain.h"
#include "backends/cpu/simd/packed_weights.h"
#include "backends/cpu/simd/tries.h"
#include "base/aligned.h"

namespace dnntune::backends::cpu::simd {
namespace {

class VolumeConvolution {
 public:
  VolumeConvolution(const LayerSpec& layer, const VolumeWindow& volume, std::int64_t groups)
      : gemm_(kernels::simd::gemm_kernels()),
        volume_(volume),
        groups_(groups),
        window_(conv_window(volume.image, groups)),
        activation_(fused_activation(layer)),
        threads_(layer.threads) {
    const ImageWindow& image = volume.image;
    const std::int64_t taps = image.kernel_h * image.kernel_w, channels = image.in_channels / groups;
    FormKey key("volume");
    key.add(volume.kernel).add(taps).add(channels).add(groups).add(layer.inputs[1]).add(input(layer, 2));
    const auto room = [&] {
      Planes planes;
      for (std::int64_t z = 0; z < volume_.kernel; ++z) planes.of_depth.emplace_back(taps * channels, image.out_channels / groups_, groups_, input(layer, 2).present());
      return planes;
    };
    weights_ = shared_form<Planes>(layer, key, room, [&](Planes& planes) { pack(layer, taps, channels, planes); });
    depth_ = kernels::simd::gemm_depth(taps * channels);
    blocks_ = divide_up(pixels(), kernels::simd::gemm_block_rows(gemm_, pixels(), depth_));
    scratch_bytes_ = base::round_up(sizeof(float) * static_cast<std::size_t>(
        kernels::simd::gemm_scratch_floats(gemm_, divide_up(pixels(), blocks_), depth_)));
  }

  std::size_t scratch_bytes() const noexcept { return static_cast<std::size_t>(threads_) * scratch_bytes_; }
  std::size_t weight_bytes() const noexcept { return weights_->bytes(); }

  void run(const float* x, float* y, std::byte* scratch, base::ThreadPool& pool) const {
    const ImageWindow& image = volume_.image;
    const std::int64_t items = image.batch * volume_.out_depth * blocks_;
    const std::int64_t item_macs = pixels() / blocks_ * static_cast<std::int64_t>(weight_bytes() / sizeof(float));
    pool.parallel_for(items, grain_for(item_macs), [&](base::Range range, int worker) {
      float* const own = reinterpret_cast<float*>(scratch + static_cast<std::size_t>(worker) * scratch_bytes_);
      for (std::int64_t item = range.begin; item < range.end; ++item) {
        const std::int64_t depth = item / blocks_;
        for (std::int64_t group = 0; group < groups_; ++group)
          multiply(x, y + depth * pixels() * image.out_channels, depth / volume_.out_depth, depth % volume_.out_depth, group,
                   even_part(pixels(), item % blocks_, blocks_), own);
      }
    });
  }

 private:
  struct Planes {
    std::vector<PackedWeights> of_depth;  ///< One a depth of the kernel.
    std::size_t bytes() const noexcept { return of_depth.size() * of_depth.front().bytes(); }
  };

  void pack(const LayerSpec& layer, std::int64_t taps, std::int64_t channels, Planes& planes) const {
    const std::int64_t out_channels = volume_.image.out_channels;
    ConstantFloats source(layer.inputs[1]), bias(input(layer, 2));
    const float* const weights = source.all();
    std::vector<float> plane(static_cast<std::size_t>(out_channels * channels * taps));
    for (std::int64_t z = 0; z < volume_.kernel; ++z) {
      for (std::int64_t row = 0; row < out_channels * channels; ++row)
        std::copy_n(weights + (row * volume_.kernel + z) * taps, taps, plane.data() + row * taps);
      PackedWeights& packed = planes.of_depth[static_cast<std::size_t>(z)];
      ConstantFloats of_plane(plane.data());
      packed.pack_convolution(of_plane, taps);
      if (input(layer, 2).present()) packed.set_bias(bias.all(), 1, 1.0f);
    }
  }

  std::int64_t pixels() const noexcept { return volume_.image.out_h * volume_.image.out_w; }

  void multiply(const float* x, float* y, std::int64_t n, std::int64_t out_depth, std::int64_t group, base::Range rows, float* scratch) const {
    const ImageWindow& image = volume_.image;
    const std::int64_t plane = image.in_h * image.in_w * image.in_channels, first = out_depth * volume_.stride - volume_.pad_front;
    // Taps of the window that are inside the volume; prepare_volume has seen to it that there is one.
    base::Range taps = {0, volume_.kernel};
    while (first + taps.begin * volume_.dilation < 0) ++taps.begin;
    while (first + (taps.end - 1) * volume_.dilation >= volume_.in_depth) --taps.end;
    for (std::int64_t z = taps.begin; z < taps.end; ++z) {
      const std::int64_t before = (n * volume_.in_depth + first + z * volume_.dilation) * plane + group * window_.channels;
      kernels::simd::GemmArgs args;
      args.m = pixels();
      weights_->of_depth[static_cast<std::size_t>(z)].give(args, group);
      args.a = x + before;
      args.a_floats = image.batch * volume_.in_depth * plane - before;
      args.window = &window_;
      args.c = y + group * args.layout.columns;
      args.c_stride = image.out_channels;
      args.accumulate = z > taps.begin;
      if (z + 1 == taps.end) args.activation = activation_;
      gemm_.block(args, {rows, {0, args.layout.panels()}, depth_}, scratch);
    }
  }

  const kernels::simd::GemmKernels& gemm_;
  VolumeWindow volume_;
  std::int64_t groups_;
  kernels::simd::ConvWindow window_;
  kernels::Activation activation_;
  int threads_;
  std::shared_ptr<const Planes> weights_;
  std::int64_t depth_ = 0, blocks_ = 1;
  std::size_t scratch_bytes_ = 0;       ///< Of a thread.
};

}  // namespace

std::unique_ptr<PreparedLayer> prepare_volume(const LayerSpec& layer, const VolumeWindow& volume, std::int64_t groups) {
  for (std::int64_t z = 0; z < volume.out_depth; ++z) {
    const std::int64_t first = z * volume.stride - volume.pad_front;
    bool meets = false;
    for (std::int64_t tap = 0; tap < volume.kernel && !meets; ++tap) {
      const std::int64_t at = first + tap * volume.dilation;
      meets = at >= 0 && at < volume.in_depth;
    }
    if (!meets) return nullptr;
  }
  auto convolution = std::make_unique<VolumeConvolution>(layer, volume, groups);
  const LayerTraits traits = {.kernel = "simd.conv_volume", .scratch_bytes = convolution->scratch_bytes(), .weight_bytes = convolution->weight_bytes(),
                              .shares_weights = true, .held = kHoldsWeights};
  return make_layer(traits, [convolution = std::move(convolution)](const Buffers& buffers, base::ThreadPool& pool) {
    convolution->run(in<float>(buffers, 0), out<float>(buffers, 0), buffers.scratch, pool);
  });
}

}  // namespace dnntune::backends::cpu::simd
