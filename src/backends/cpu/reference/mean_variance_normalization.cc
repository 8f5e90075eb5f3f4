// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/mean_variance_normalization.h"

#include "backends/cpu/families.h"
#include "backends/cpu/layer_helpers.h"

namespace dnntune::backends::cpu::reference {
namespace {

struct OwnedDims {
  std::vector<std::int64_t> dims, strides;
  kernels::reference::StridedDims view() const noexcept { return {dims, strides}; }
};

}  // namespace

std::unique_ptr<PreparedLayer> prepare_mean_variance_normalization(const LayerSpec& layer) {
  const Shape& shape = input(layer, 0).shape;
  require_shape(layer, output(layer, 0), shape, "the output");
  require_type(layer, output(layer, 0), input(layer, 0).type, "the output");
  std::vector<bool> is_reduced(shape.size(), false);
  for (const std::int64_t axis : layer.node.attributes.integers("axes", {0, 2, 3}))
    is_reduced[normalized_axis(layer, axis, shape.size())] = true;
  const std::vector<std::int64_t> strides = dense_strides(shape);
  OwnedDims kept, reduced;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    OwnedDims& part = is_reduced[d] ? reduced : kept;
    part.dims.push_back(shape[d]);
    part.strides.push_back(strides[d]);
  }
  return dispatch_float(layer, input(layer, 0).type, [&]<typename T>() {
    return make_layer({.kernel = "reference.mean_variance_normalization", .in_place = true},
                      [=](const Buffers& buffers, base::ThreadPool& pool) {
                        const kernels::reference::MeanVarianceNormalizationArgs<T> args{
                            .input = in<T>(buffers, 0), .output = out<T>(buffers, 0), .kept = kept.view(), .reduced = reduced.view()};
                        pool.parallel_for(args.kept.count(), grain(args.reduced.count()), [&](base::Range range, int) {
                          kernels::reference::mean_variance_normalization(args, range);
                        });
                      });
  });
}

}  // namespace dnntune::backends::cpu::reference
