// SPDX-License-Identifier: Apache-2.0
// The rules that every source graph must keep before anything else looks at it.
#pragma once

#include <string>
#include <vector>

#include "graph/ir.h"

namespace dnntune::graph {

/// Throws invalid_model on the first broken rule: values exist, have one name and one producer and are
/// made before they are used; operators have inputs, outputs and attributes as their rows say.
void validate(const Ir& source);

/// Sets `unsupported` of every node that this library has no operator for, unless it is set already, and
/// returns one line for each node that cannot run: name, operator, opset, reason.
std::vector<std::string> mark_unsupported(Ir& source, const ModelInfo& model);

}  // namespace dnntune::graph
