// SPDX-License-Identifier: Apache-2.0
// If with a condition that is known before anything runs.
#pragma once

#include "graph/evaluator.h"
#include "graph/ir.h"

namespace dnntune::graph::lowering {

/// Puts the branch that is taken in the place of each If whose condition is constant for every size of the
/// open dimensions, also of those within branches. Copies (Identity) write the node's outputs. `evaluator`
/// may be null: then conditions that need a kernel stay.
void inline_constant_ifs(Ir& ir, const Evaluator* evaluator);

}  // namespace dnntune::graph::lowering
