// SPDX-License-Identifier: Apache-2.0
// Whether what a network makes of one row of a batch depends on that row alone: then requests may be joined along the batch, run once, and
// taken apart again.
#pragma once

#include <string>

#include "graph/graph_impl.h"

namespace dnntune::graph {

/// "" when every input and every output has an open first dimension, the batch, and row i of each output follows from row i of all inputs for
/// every number of rows; else why that is not known, naming the value or the node. What is not known to hold is taken not to hold. Rows may
/// differ from the same rows run alone in their last bits, as kernels are chosen by shape.
std::string why_rows_depend(const GraphImpl& graph);

}  // namespace dnntune::graph
