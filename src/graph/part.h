// SPDX-License-Identifier: Apache-2.0
// Some layers of a network as a network of their own.
#pragma once

#include <span>
#include <vector>

#include "graph/ir.h"

namespace dnntune::graph {

struct Part {
  Ir ir;
  std::vector<ValueId> inputs, outputs;  ///< Of the whole, in the order of the part's.
};

/// `nodes` of `whole`, in an order in which they can run. What they read and do not compute are inputs, with the types and
/// shapes that they have in the whole; constants stay. What others read, or the whole returns, are outputs.
Part part_of(const Ir& whole, std::span<const int> nodes);

}  // namespace dnntune::graph
