// SPDX-License-Identifier: Apache-2.0
// The identity of a model.
#pragma once

#include <string>
#include <string_view>

#include "graph/ir.h"

namespace dnntune::graph {

/// 32 hexadecimal digits over nodes, attributes, weights, inputs and outputs of a source graph. The same
/// for a graph from a builder and from the file it was saved to: file bytes, names of nodes, the order of
/// attributes and weights, and weights that nothing uses do not count.
std::string hash_graph(const Ir& source);

/// 32 hexadecimal digits over what decides how much work a lowered graph is: operators, attributes, types, shapes, how
/// values are wired, contents of small integer constants; not names, and not weights.
std::string hash_work(const Ir& lowered);

/// 32 hexadecimal digits of any text.
std::string hash_text(std::string_view text);

}  // namespace dnntune::graph
