// SPDX-License-Identifier: Apache-2.0
// Pools over windows, and means and sums over all positions of an image or over whole rows.
#include "kernels/simd/pool.h"

#include "backends/cpu/layer_helpers.h"
#include "backends/cpu/simd/conv_window.h"
#include "backends/cpu/simd/grain.h"
#include "backends/cpu/simd/tries.h"
#include "kernels/simd/rowwise.h"

namespace dnntune::backends::cpu::simd {
namespace {

using graph::Op;
using kernels::simd::ColumnSumArgs;
using kernels::simd::PoolArgs;
using kernels::simd::RowArgs;

/// output[o, c] = scale * sum over p of input[o, p, c]
std::unique_ptr<PreparedLayer> make_column_sum(std::string_view name, std::int64_t outer, std::int64_t positions,
                                               std::int64_t channels, float scale) {
  return make_layer({.kernel = name}, [=, kernel = kernels::simd::column_sum_kernel()](const Buffers& buffers, base::ThreadPool& pool) {
    const ColumnSumArgs args = {in<float>(buffers, 0), out<float>(buffers, 0), positions, channels, scale};
    const std::int64_t blocks = kernels::simd::column_blocks(channels);
    pool.parallel_for(outer * blocks, grain_for(positions * channels / blocks * 8),
                      [&](base::Range range, int) { kernel(args, range); });
  });
}

std::unique_ptr<PreparedLayer> make_row_sum(std::int64_t rows, std::int64_t columns, float factor) {
  return make_layer({.kernel = "simd.reduce"}, [=, kernel = kernels::simd::row_kernel(kernels::simd::RowFunction::row_sum)](
                                                   const Buffers& buffers, base::ThreadPool& pool) {
    RowArgs args;
    args.x = in<float>(buffers, 0);
    args.y = out<float>(buffers, 0);
    args.columns = columns;
    args.factor = factor;
    pool.parallel_for(rows, grain_for(columns * 8), [&](base::Range range, int) { kernel(args, range); });
  });
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
      {.kernel = maximum ? "simd.max_pool" : "simd.average_pool"},
      row_shape_of(*image, args.channels * args.kernel_h * args.kernel_w),
      [args, kernel, rows, row_taps](const Buffers& buffers, base::ThreadPool& pool) {
        PoolArgs own = args;
        own.input = in<float>(buffers, 0);
        own.output = out<float>(buffers, 0);
        pool.parallel_for(rows, grain_for(row_taps * 2), [&](base::Range range, int) { kernel(own, range); });
      },
      [args, kernel](const RowBuffers& at, base::Range range) {
        PoolArgs own = args;
        own.input = at.input;
        own.output = at.output;
        kernel(own, range);
      });
}

std::unique_ptr<PreparedLayer> prepare_global_pool(const LayerSpec& layer) {
  const Shape& shape = input(layer, 0).shape;
  if (!all_float(layer) || layer.node.op != Op::GlobalAveragePool || shape.size() < 3 || elements(shape) == 0) return nullptr;
  const std::int64_t positions = elements(shape, 1, shape.size() - 1);
  return make_column_sum("simd.global_average_pool", shape.front(), positions, shape.back(), 1.0f / static_cast<float>(positions));
}

std::unique_ptr<PreparedLayer> prepare_reduce(const LayerSpec& layer) {
  const TensorSpec& x = input(layer, 0);
  const bool mean = layer.node.op == Op::ReduceMean;
  if (x.type != DataType::float32 || (!mean && layer.node.op != Op::ReduceSum) || elements(x.shape) == 0) return nullptr;
  std::vector<std::int64_t> axes = layer.node.attributes.integers("axes");
  if (input(layer, 1).present()) axes = constant_integers(layer, 1);
  if (axes.empty()) return nullptr;
  const std::size_t rank = x.shape.size();
  std::vector<bool> reduced(rank, false);
  for (const std::int64_t axis : axes) reduced[normalized_axis(layer, axis, rank)] = true;
  // Dimensions [begin, end) go; the others must all lie before or behind, but for dimensions of 1.
  std::size_t begin = 0, end = rank;
  while (begin < rank && !(reduced[begin] && x.shape[begin] != 1)) ++begin;
  while (end > begin && !(reduced[end - 1] && x.shape[end - 1] != 1)) --end;
  for (std::size_t d = begin; d < end; ++d)
    if (!reduced[d] && x.shape[d] != 1) return nullptr;
  const std::int64_t count = elements(x.shape, begin, end);
  const std::int64_t outer = elements(x.shape, 0, begin), inner = elements(x.shape, end, rank);
  const float factor = mean ? 1.0f / static_cast<float>(count) : 1.0f;
  if (elements(output(layer, 0).shape) != outer * inner) return nullptr;
  return inner == 1 ? make_row_sum(outer, count, factor) : make_column_sum("simd.reduce", outer, count, inner, factor);
}

}  // namespace dnntune::backends::cpu::simd
