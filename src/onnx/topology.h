// SPDX-License-Identifier: Apache-2.0
// An order in which nodes can run.
#pragma once

#include <vector>

#include "onnx/node_proto.h"

namespace dnntune::onnx {

/// Sorts the nodes of one graph so that each comes after those it reads from, otherwise keeping file order. Before they get
/// names and values: what is numbered by position is then the same in a file that is written again. Throws invalid_model naming
/// a node of a cycle.
void sort_nodes(std::vector<ParsedNode>& nodes);

}  // namespace dnntune::onnx
