// SPDX-License-Identifier: Apache-2.0
// Pools over windows.
#include "kernels/simd/pool.h"

#include "backends/layer_helpers.h"
#include "backends/cpu/simd/conv_window.h"
#include "backends/cpu/simd/grain.h"
#include "backends/cpu/simd/tries.h"

namespace dnntune::backends::cpu::simd {
using graph::Op;
using kernels::simd::PoolArgs;
namespace {

/// `args` with the pointers and strides of one call.
PoolArgs bound(PoolArgs args, const PitchedPair& at) noexcept {
  args.input = at.input;
  args.output = at.output;
  args.in_pixel_stride = at.input_pitch;
  args.out_pixel_stride = at.output_pitch;
  return args;
}

PoolArgs pool_args(const ImageWindow& image, bool counts_padding) {
  PoolArgs args;
  args.channels = args.in_pixel_stride = args.out_pixel_stride = image.in_channels;
  set_window(args, image);
  args.pad_bottom = image.pad_bottom;
  args.pad_right = image.pad_right;
  args.count_include_pad = counts_padding;
  return args;
}

/// First the images of every depth, then over the depths: maxima and means of boxes can be taken axis by axis.
std::unique_ptr<PreparedLayer> make_volume_pool(std::string_view name, const VolumeWindow& volume, const PoolArgs& of_images,
                                                kernels::simd::PoolFn kernel) {
  const std::int64_t images = volume.image.batch * volume.in_depth, image_floats = of_images.out_h * of_images.out_w * of_images.channels;
  ImageWindow depths;  // an image one pixel wide
  depths.in_channels = depths.out_channels = image_floats;
  depths.in_h = volume.in_depth;
  depths.out_h = volume.out_depth;
  depths.kernel_h = volume.kernel;
  depths.stride_h = volume.stride;
  depths.dilation_h = volume.dilation;
  depths.pad_top = volume.pad_front;
  depths.pad_bottom = volume.pad_back;
  const PoolArgs of_depths = pool_args(depths, of_images.count_include_pad);
  const LayerTraits traits = {.kernel = name, .scratch_bytes = static_cast<std::size_t>(images * image_floats) * sizeof(float)};
  return make_layer(traits, [=, batch = volume.image.batch](const Buffers& buffers, base::ThreadPool& pool) {
    PoolArgs first = of_images, second = of_depths;
    first.input = in<float>(buffers, 0);
    first.output = reinterpret_cast<float*>(buffers.scratch);
    second.input = first.output;
    second.output = out<float>(buffers, 0);
    pool.parallel_for(images * first.out_h, grain_for(image_floats / first.out_h * first.kernel_h * first.kernel_w * 2),
                      [&](base::Range range, int) { kernel(first, range); });
    pool.parallel_for(batch * second.out_h, grain_for(image_floats * second.kernel_h * 2), [&](base::Range range, int) { kernel(second, range); });
  });
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_pool(const LayerSpec& layer) {
  const bool maximum = layer.node.op == Op::MaxPool;
  if (!all_float(layer) || output(layer, 1).present() || (!maximum && layer.node.op != Op::AveragePool)) return nullptr;
  const std::optional<VolumeWindow> volume = volume_window(layer, layer.node.attributes.integers("kernel_shape"));
  if (!volume || volume->image.in_channels != volume->image.out_channels) return nullptr;
  const bool counts_padding = layer.node.attributes.integer("count_include_pad", 0) != 0;
  const auto kernel = maximum ? kernels::simd::max_pool_kernel() : kernels::simd::average_pool_kernel();
  const std::string_view name = maximum ? "simd.max_pool" : "simd.average_pool";
  const ImageWindow* const image = &volume->image;
  const PoolArgs args = pool_args(*image, counts_padding);
  if (input(layer, 0).shape.size() > 4) return make_volume_pool(name, *volume, args, kernel);
  const std::int64_t rows = image->batch * image->out_h;
  const std::int64_t row_taps = args.out_w * args.channels * args.kernel_h * args.kernel_w;
  return make_row_layer(
      {.kernel = name, .pitched_inputs = 1, .pitched_output = true},
      row_shape_of(*image, args.channels * args.kernel_h * args.kernel_w),
      [args, kernel, rows, row_taps](const Buffers& buffers, base::ThreadPool& pool) {
        const PoolArgs own = bound(args, pitched_pair(buffers, args.channels, args.channels));
        pool.parallel_for(rows, grain_for(row_taps * 2), [&](base::Range range, int) { kernel(own, range); });
      },
      [args, kernel](const RowBuffers& at, base::Range range) {
        kernel(bound(args, pitched_pair(at, args.channels, args.channels)), range);
      });
}

}  // namespace dnntune::backends::cpu::simd
