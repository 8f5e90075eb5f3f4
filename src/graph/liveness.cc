// SPDX-License-Identifier: Apache-2.0
#include "graph/liveness.h"

namespace dnntune::graph {

std::vector<LiveRange> live_ranges(const Ir& ir) {
  std::vector<LiveRange> ranges(ir.values.size());
  for (std::size_t i = 0; i < ir.nodes.size(); ++i) {
    for (const ValueId id : ir.nodes[i].inputs)
      if (id != kAbsent) ranges[static_cast<std::size_t>(id)].last = static_cast<int>(i);
    for (const ValueId id : ir.nodes[i].outputs)
      if (id != kAbsent) ranges[static_cast<std::size_t>(id)] = {static_cast<int>(i), static_cast<int>(i)};
  }
  return ranges;
}

}  // namespace dnntune::graph
