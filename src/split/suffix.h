// SPDX-License-Identifier: Apache-2.0
// A deployment's cloud half: which values enter it, in which encoding, which outputs it makes, its name.
#pragma once

#include <string>
#include <vector>

#include "dnntune/graph.h"
#include "dnntune/plan.h"

namespace dnntune::split {

/// Everything that says what a suffix is: two equal ones of the same model compute the same.
struct SuffixSpec {
  std::vector<Crossing> crossings;
  std::vector<std::string> outputs;  ///< Graph outputs that the cloud makes, in graph order.
};

/// Throws invalid_argument when the deployment is not of this graph or nothing runs in the cloud.
SuffixSpec suffix_spec(const Graph& graph, const Deployment& deployment);
/// "name.89abcdef", of letters, digits, '-', '_' and '.': the model's name and the start of its hash. A server
/// of ours has each model under it, because exporters give many models the same name ("torch_jit").
std::string identity(const Graph& graph);
/// The model's identity, the cut, and ".fp16" and ".int8" when values cross so.
std::string suffix_name(const Graph& graph, const SuffixSpec& spec);
/// Throws invalid_argument for values or outputs that the graph does not have.
Graph suffix_graph(const Graph& graph, const SuffixSpec& spec);

}  // namespace dnntune::split
