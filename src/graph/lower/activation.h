// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "graph/ir.h"

namespace dnntune::graph::lowering {

/// The activation that `node` is, as one that a layer can apply itself; unset when it is none.
std::optional<Activation> activation_of(const Ir& ir, const Node& node);

}  // namespace dnntune::graph::lowering
