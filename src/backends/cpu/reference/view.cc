// SPDX-License-Identifier: Apache-2.0
// Operators that keep the elements and their order: a copy, or nothing when the executor lets both sides
// share a buffer.
#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"
#include "kernels/reference/copy.h"

namespace dnntune::backends::cpu {

std::unique_ptr<PreparedLayer> reference::prepare_view(const LayerSpec& layer) {
  require_operands(layer, 1, 1);
  const TensorSpec& x = input(layer, 0);
  require_same_type(layer, x, output(layer, 0));
  require_same_count(layer, x, output(layer, 0));
  const std::int64_t bytes = bytes_of(x);
  return make_layer({.kernel = "reference.copy", .in_place = true}, [bytes](const Buffers& buffers, base::ThreadPool& pool) {
    const kernels::reference::CopyBytesArgs args{in<void>(buffers, 0), out<void>(buffers, 0)};
    if (args.from != args.to) run_parallel(pool, bytes, kernels::reference::copy_bytes, args);
  });
}

}  // namespace dnntune::backends::cpu
