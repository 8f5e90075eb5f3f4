// SPDX-License-Identifier: Apache-2.0
// Computes a node on constant inputs. The graph room folds constants through this interface, so that it
// needs no kernel; the reference backend implements it.
#pragma once

#include <span>
#include <vector>

#include "graph/ir.h"

namespace dnntune::graph {

class Evaluator {
 public:
  virtual ~Evaluator() = default;
  /// `inputs[i]` is undefined for an absent optional input; outputs have the types and shapes of
  /// `output_values`; of nodes that run apart (see runs_apart), the shapes that the contents give. Returns false when it has no kernel for the node. Throws invalid_model on inputs
  /// that the operator forbids.
  virtual bool evaluate(const Node& node, std::span<const Tensor> inputs, std::span<const Value> output_values,
                        std::vector<Tensor>& outputs) const = 0;
};

}  // namespace dnntune::graph
