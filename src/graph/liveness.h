// SPDX-License-Identifier: Apache-2.0
// When values come into being and when they are last needed.
#pragma once

#include <vector>

#include "graph/ir.h"

namespace dnntune::graph {

/// Node indices between which a value must be kept.
struct LiveRange {
  int first = -1;  ///< The node that writes it; -1 for graph inputs and constants.
  int last = -1;   ///< The last node that touches it; nodes.size() for graph outputs.
};

/// By ValueId. A value that nothing touches has last == -1.
std::vector<LiveRange> live_ranges(const Ir& ir);

}  // namespace dnntune::graph
