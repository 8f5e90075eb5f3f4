// SPDX-License-Identifier: Apache-2.0
// Operators that keep the shape of input 0 still demand things of their other inputs.
#pragma once

#include "graph/infer/infer.h"

namespace dnntune::graph::infer {

/// Fails when the other operands or attributes of an operator with the rule "same" do not fit.
void check_same(const Context& context);

}  // namespace dnntune::graph::infer
