// SPDX-License-Identifier: Apache-2.0
// What a test wants to know of a graph's ONNX nodes and weights, which the public API does not show.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "dnntune/graph.h"

namespace dnntune::zoo_test {

struct SourceView {
  std::map<std::string, int> nodes;     ///< How many nodes of each operator.
  std::int64_t trained = 0;             ///< Elements of trained weights, each tensor once.
  std::int64_t statistics = 0;          ///< Running means and variances of batch-norms.
  std::int64_t not_normal = 0;          ///< Weights that are 0, denormal, infinite or NaN.
  std::map<std::string, std::string> metadata;
};

/// Counts by the role an operator gives its inputs, not by names: independent of how the zoo counts.
SourceView view(const Graph& graph);

}  // namespace dnntune::zoo_test
