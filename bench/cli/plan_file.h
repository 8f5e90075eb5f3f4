// SPDX-License-Identifier: Apache-2.0
// Plans from files, of either kind.
#pragma once

#include <string>

#include "cli/command.h"

namespace dnntune::cli {

/// A plan that a SplitSession carries out: a file of schema dnntune.plan, or a route plan brought to that form. Throws
/// unsupported, saying why, for a route plan that cannot be.
Plan read_plan(const std::string& path, const Graph& graph);

}  // namespace dnntune::cli
