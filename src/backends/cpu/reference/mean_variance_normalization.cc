// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/mean_variance_normalization.h"

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"

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
  const auto kernel = require_kernel(layer, kernels::reference::mean_variance_normalization_kernel(input(layer, 0).type));
  return make_layer({.kernel = "reference.mean_variance_normalization", .in_place = true}, [=](const Buffers& buffers, base::ThreadPool& pool) {
    run_parallel(pool, kept.view().count(), grain(reduced.view().count()), kernel,
                 {.input = in<void>(buffers, 0), .output = out<void>(buffers, 0), .kept = kept.view(), .reduced = reduced.view()});
  });
}

}  // namespace dnntune::backends::cpu::reference
