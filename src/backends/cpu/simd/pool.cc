// SPDX-License-Identifier: Apache-2.0
// Pools over windows.
#include "kernels/simd/pool.h"

#include "backends/cpu/layer_helpers.h"
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

}  // namespace

std::unique_ptr<PreparedLayer> prepare_pool(const LayerSpec& layer) {
  const bool maximum = layer.node.op == Op::MaxPool;
  if (!all_float(layer) || output(layer, 1).present() || (!maximum && layer.node.op != Op::AveragePool)) return nullptr;
  const std::optional<ImageWindow> image = image_window(layer, layer.node.attributes.integers("kernel_shape"));
  if (!image || image->in_channels != image->out_channels) return nullptr;
  PoolArgs args;
  args.channels = image->in_channels;
  args.in_h = image->in_h;
  args.in_w = image->in_w;
  args.out_h = image->out_h;
  args.out_w = image->out_w;
  args.kernel_h = image->kernel_h;
  args.kernel_w = image->kernel_w;
  args.stride_h = image->stride_h;
  args.stride_w = image->stride_w;
  args.dilation_h = image->dilation_h;
  args.dilation_w = image->dilation_w;
  args.pad_top = image->pad_top;
  args.pad_left = image->pad_left;
  args.pad_bottom = image->pad_bottom;
  args.pad_right = image->pad_right;
  args.count_include_pad = layer.node.attributes.integer("count_include_pad", 0) != 0;
  const auto kernel = maximum ? kernels::simd::max_pool_kernel() : kernels::simd::average_pool_kernel();
  const std::int64_t rows = image->batch * image->out_h;
  const std::int64_t row_taps = args.out_w * args.channels * args.kernel_h * args.kernel_w;
  return make_row_layer(
      {.kernel = maximum ? "simd.max_pool" : "simd.average_pool", .pitched_inputs = 1, .pitched_output = true},
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
