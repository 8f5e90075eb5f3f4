// SPDX-License-Identifier: Apache-2.0
// Reductions, pools over all positions of an image, ArgMax and ArgMin.
#include "kernels/simd/reduce.h"

#include <limits>
#include <optional>
#include <vector>

#include "backends/layer_helpers.h"
#include "backends/cpu/reference/elementwise.h"
#include "backends/cpu/simd/grain.h"
#include "backends/cpu/simd/tries.h"

namespace dnntune::backends::cpu::simd {
namespace {

using graph::Op;
using kernels::simd::ArgReduceArgs;
using kernels::simd::ReduceArgs;
using kernels::simd::Reduction;

/// What an operator is: a reduction with its parameters. LogSumExp first needs the maxima.
struct ReduceWay {
  Reduction reduction;
  ReduceArgs parameters = {};
  bool needs_maximum = false;
};

std::optional<ReduceWay> way_of(Op op, std::int64_t count) {
  using Finish = ReduceArgs::Finish;
  const float per_element = 1.0f / static_cast<float>(count);
  switch (op) {
    case Op::GlobalAveragePool:
    case Op::ReduceMean: return ReduceWay{Reduction::sum, {.factor = per_element}};
    case Op::GlobalMaxPool: return ReduceWay{Reduction::maximum, {.skips_nan = true}};
    case Op::ReduceSum: return ReduceWay{Reduction::sum};
    case Op::ReduceMax: return ReduceWay{Reduction::maximum};
    case Op::ReduceMin: return ReduceWay{Reduction::maximum, {.negated = true}};
    case Op::ReduceProd: return ReduceWay{Reduction::product};
    case Op::ReduceL1: return ReduceWay{Reduction::sum_abs};
    case Op::ReduceL2: return ReduceWay{Reduction::sum_square, {.finish = Finish::root}};
    case Op::ReduceSumSquare: return ReduceWay{Reduction::sum_square};
    case Op::ReduceLogSum: return ReduceWay{Reduction::sum, {.finish = Finish::log}};
    case Op::ReduceLogSumExp: return ReduceWay{Reduction::sum_exp, {.finish = Finish::log}, true};
    default: return std::nullopt;
  }
}

std::unique_ptr<PreparedLayer> make_reduction(std::string_view name, Op op, const Lanes& lanes) {
  const std::optional<ReduceWay> way = way_of(op, lanes.dim);
  if (!way) return nullptr;
  const std::size_t scratch = way->needs_maximum ? static_cast<std::size_t>(lanes.outer * lanes.inner) * sizeof(float) : 0;
  return make_layer({.kernel = name, .scratch_bytes = scratch}, [way = *way, lanes](const Buffers& buffers, base::ThreadPool& pool) {
    ReduceArgs args = way.parameters;
    args.x = in<float>(buffers, 0);
    args.count = lanes.dim;
    args.inner = lanes.inner;
    if (way.needs_maximum) {
      float* const maxima = reinterpret_cast<float*>(buffers.scratch);
      ReduceArgs of_maximum;
      of_maximum.x = args.x;
      of_maximum.y = maxima;
      of_maximum.count = args.count;
      of_maximum.inner = args.inner;
      reduce_in_parallel(pool, Reduction::maximum, of_maximum, lanes.outer);
      args.shift = maxima;
    }
    args.y = out<float>(buffers, 0);
    reduce_in_parallel(pool, way.reduction, args, lanes.outer);
  });
}

}  // namespace

void reduce_in_parallel(base::ThreadPool& pool, Reduction reduction, const ReduceArgs& args, std::int64_t outer) {
  const std::int64_t blocks = kernels::simd::column_blocks(args.inner);
  pool.parallel_for(outer * blocks, grain_for(args.count * args.inner / blocks * 8),
                    [&, kernel = kernels::simd::reduce_kernel(reduction)](base::Range range, int) { kernel(args, range); });
}

std::unique_ptr<PreparedLayer> prepare_global_pool(const LayerSpec& layer) {
  const Shape& shape = input(layer, 0).shape;
  if (!all_float(layer) || shape.size() < 3 || elements(shape) == 0) return nullptr;
  const bool average = layer.node.op == Op::GlobalAveragePool;
  return make_reduction(average ? "simd.global_average_pool" : "simd.global_max_pool", layer.node.op,
                        {shape.front(), elements(shape, 1, shape.size() - 1), shape.back()});
}

std::unique_ptr<PreparedLayer> prepare_reduce(const LayerSpec& layer) {
  const TensorSpec& x = input(layer, 0);
  if (x.type != DataType::float32 || output(layer, 0).type != DataType::float32 || elements(x.shape) == 0) return nullptr;
  std::vector<std::int64_t> axes = layer.node.attributes.integers("axes");
  if (input(layer, 1).present()) axes = constant_integers(layer, 1);
  if (axes.empty() && layer.node.attributes.integer("noop_with_empty_axes", 0) != 0) return nullptr;
  const std::size_t rank = x.shape.size();
  std::vector<bool> reduced(rank, axes.empty());
  for (const std::int64_t axis : axes) reduced[normalized_axis(layer, axis, rank)] = true;
  // Dimensions [begin, end) go; the others must all lie before or behind, but for dimensions of 1.
  std::size_t begin = 0, end = rank;
  while (begin < rank && !(reduced[begin] && x.shape[begin] != 1)) ++begin;
  while (end > begin && !(reduced[end - 1] && x.shape[end - 1] != 1)) --end;
  for (std::size_t d = begin; d < end; ++d)
    if (!reduced[d] && x.shape[d] != 1) return nullptr;
  const Lanes lanes = {elements(x.shape, 0, begin), elements(x.shape, begin, end), elements(x.shape, end, rank)};
  if (elements(output(layer, 0).shape) != lanes.outer * lanes.inner) return nullptr;
  return make_reduction("simd.reduce", layer.node.op, lanes);
}

std::unique_ptr<PreparedLayer> prepare_arg_reduce(const LayerSpec& layer) {
  const TensorSpec& x = input(layer, 0);
  const graph::Attributes& attributes = layer.node.attributes;
  if (x.type != DataType::float32 || output(layer, 0).type != DataType::int64 || elements(x.shape) == 0) return nullptr;
  const Lanes lanes = lanes_of(x.shape, normalized_axis(layer, attributes.integer("axis", 0), x.shape.size()));
  if (elements(output(layer, 0).shape) != lanes.outer * lanes.inner || lanes.dim > std::numeric_limits<std::int32_t>::max()) return nullptr;
  ArgReduceArgs parameters;
  parameters.count = lanes.dim;
  parameters.inner = lanes.inner;
  parameters.minimum = layer.node.op == Op::ArgMin;
  parameters.last = attributes.integer("select_last_index", 0) != 0;
  return make_layer({.kernel = "simd.arg_reduce"}, [parameters, outer = lanes.outer, kernel = kernels::simd::arg_reduce_kernel()](
                                                       const Buffers& buffers, base::ThreadPool& pool) {
    ArgReduceArgs args = parameters;
    args.x = in<float>(buffers, 0);
    args.y = out<std::int64_t>(buffers, 0);
    const std::int64_t blocks = kernels::simd::column_blocks(args.inner);
    pool.parallel_for(outer * blocks, grain_for(args.count * args.inner / blocks * 8), [&](base::Range range, int) { kernel(args, range); });
  });
}

}  // namespace dnntune::backends::cpu::simd
