// SPDX-License-Identifier: Apache-2.0
// How much work a network is, as far as shapes tell.
#pragma once

#include "graph/ir.h"

namespace dnntune::graph {

/// Nanoseconds that a run takes on one core of a fast desktop, by order of magnitude. For a lowered graph
/// whose shapes are known.
double estimated_ns(const Ir& lowered);

}  // namespace dnntune::graph
