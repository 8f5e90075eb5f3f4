// SPDX-License-Identifier: Apache-2.0
// Where and Clip.
#include "kernels/reference/select.h"

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"

namespace dnntune::backends::cpu {

std::unique_ptr<PreparedLayer> reference::prepare_where(const LayerSpec& layer) {
  require_operands(layer, 3, 1);
  require(input(layer, 0).type == DataType::boolean, layer, "the condition must be boolean");
  require_same_type(layer, input(layer, 1), input(layer, 2));
  require_same_type(layer, input(layer, 1), output(layer, 0));
  const auto kernel = require_kernel(layer, kernels::reference::where_kernel(size_of(output(layer, 0).type)));
  return make_layer({.kernel = "reference.where"}, [kernel, walk = broadcast_walk<3>(layer)](const Buffers& buffers, base::ThreadPool& pool) {
    const kernels::reference::WhereArgs args{in<void>(buffers, 0), in<void>(buffers, 1), in<void>(buffers, 2), out<void>(buffers, 0),
                                             &walk};
    run_parallel(pool, walk.count, kernel, args);
  });
}

// The bounds are read at run time, so they need not be constant.
std::unique_ptr<PreparedLayer> reference::prepare_clip(const LayerSpec& layer) {
  require_operands(layer, 1, 1);
  const TensorSpec& x = input(layer, 0);
  require_same_type(layer, x, output(layer, 0));
  require_same_count(layer, x, output(layer, 0));
  for (const std::size_t k : {1, 2}) {
    const TensorSpec& bound = input(layer, k);
    if (!bound.present()) continue;
    require_same_type(layer, x, bound);
    require(elements(bound.shape) == 1, layer, "the bounds must be scalars");
  }
  const auto kernel = require_kernel(layer, kernels::reference::clip_kernel(x.type));
  return make_layer({.kernel = "reference.clip", .in_place = true},
                    [kernel, count = elements(x.shape)](const Buffers& buffers, base::ThreadPool& pool) {
                      const kernels::reference::ClipArgs args{in<void>(buffers, 0), in<void>(buffers, 1), in<void>(buffers, 2),
                                                              out<void>(buffers, 0)};
                      run_parallel(pool, count, kernel, args);
                    });
}

}  // namespace dnntune::backends::cpu
