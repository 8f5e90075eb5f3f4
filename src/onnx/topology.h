// SPDX-License-Identifier: Apache-2.0
// An order in which nodes can run.
#pragma once

#include "graph/ir.h"

namespace dnntune::onnx {

/// Sorts the nodes so that each comes after those it reads from, otherwise keeping file order. Throws
/// invalid_model naming a node of a cycle.
void sort_nodes(graph::Ir& ir);

}  // namespace dnntune::onnx
