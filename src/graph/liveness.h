// SPDX-License-Identifier: Apache-2.0
// When values come into being and when they are last needed.
#pragma once

#include <vector>

#include "graph/ir.h"

namespace dnntune::graph {

/// The nodes that touch a value, by index.
struct LiveRange {
  int first = -1;  ///< The node that writes it; -1 for graph inputs and constants.
  int last = -1;   ///< The last node that reads it, else the one that writes it; -1 when there is neither.
};

/// By ValueId. Graph outputs must be kept beyond `last`.
std::vector<LiveRange> live_ranges(const Ir& ir);

}  // namespace dnntune::graph
