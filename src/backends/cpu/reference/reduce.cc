// SPDX-License-Identifier: Apache-2.0
// The ten Reduce operators. The axes are input 1, or the attribute of older models.
#include "kernels/reference/reduce.h"

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"

namespace dnntune::backends::cpu {
namespace {

using graph::Op;
using kernels::reference::Reduction;
using kernels::reference::Strides;

Reduction reduction_of(const LayerSpec& layer) {
  switch (layer.node.op) {
    case Op::ReduceMean: return Reduction::mean;
    case Op::ReduceSum: return Reduction::sum;
    case Op::ReduceMax: return Reduction::max;
    case Op::ReduceMin: return Reduction::min;
    case Op::ReduceProd: return Reduction::prod;
    case Op::ReduceL1: return Reduction::l1;
    case Op::ReduceL2: return Reduction::l2;
    case Op::ReduceLogSum: return Reduction::log_sum;
    case Op::ReduceLogSumExp: return Reduction::log_sum_exp;
    case Op::ReduceSumSquare: return Reduction::sum_square;
    default: throw_unsupported(layer, "the operator has no kernel here");
  }
}

// Which dimensions go. No axes means all, unless the node asks for none.
std::vector<bool> reduced_dimensions(const LayerSpec& layer) {
  const std::size_t rank = input(layer, 0).shape.size();
  const std::vector<std::int64_t> axes =
      input(layer, 1).present() ? constant_integers(layer, 1) : layer.node.attributes.integers("axes");
  const bool none = axes.empty() && layer.node.attributes.integer("noop_with_empty_axes", 0) != 0;
  std::vector<bool> reduced(rank, axes.empty() && !none);
  for (const std::int64_t axis : axes) reduced[normalized_axis(layer, axis, rank)] = true;
  return reduced;
}

}  // namespace

std::unique_ptr<PreparedLayer> reference::prepare_reduce(const LayerSpec& layer) {
  require_operands(layer, 1, 1);
  const TensorSpec& x = input(layer, 0);
  const TensorSpec& y = output(layer, 0);
  require_same_type(layer, x, y);
  const std::vector<bool> reduced = reduced_dimensions(layer);
  const bool keep = layer.node.attributes.integer("keepdims", 1) != 0;
  const Strides dense = dense_strides(x.shape);
  Shape kept_dims, reduced_dims, shape;
  Strides kept_strides, reduced_strides;
  for (std::size_t d = 0; d < x.shape.size(); ++d) {
    (reduced[d] ? reduced_dims : kept_dims).push_back(x.shape[d]);
    (reduced[d] ? reduced_strides : kept_strides).push_back(dense[d]);
    if (!reduced[d]) shape.push_back(x.shape[d]);
    else if (keep) shape.push_back(1);
  }
  require(y.shape == shape, layer, "the output's shape does not fit axes and keepdims");
  const auto kernel = require_kernel(layer, kernels::reference::reduce_kernel(reduction_of(layer), x.type));
  const auto walk = [&](const Shape& dims, const Strides& strides) {
    return kernels::reference::make_walk<1>(dims, {strides}, layer_name(layer));
  };
  return make_layer({.kernel = "reference.reduce"}, [kernel, kept = walk(kept_dims, kept_strides),
                                                     all = walk(reduced_dims, reduced_strides)](const Buffers& buffers, base::ThreadPool& pool) {
    const kernels::reference::ReduceArgs args{in<void>(buffers, 0), out<void>(buffers, 0), &kept, &all};
    run_parallel(pool, kept.count, grain_of(all.count), kernel, args);
  });
}

}  // namespace dnntune::backends::cpu
