// SPDX-License-Identifier: Apache-2.0
// A network that cannot be planned as a whole: parts that are prepared once their inputs' shapes are known,
// and between them layers whose outputs nobody can foresee. What goes from one to the next are tensors that
// own their memory, until their last reader has run.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "graph/ir.h"
#include "runtime/control_flow.h"
#include "runtime/network.h"

namespace dnntune::runtime {

/// Whether a layer of a lowered graph runs apart, or waits for contents that another one computes.
bool needs_stages(const graph::Ir& lowered);

class Stages {
 public:
  Stages(const graph::Ir& lowered, Workshop& workshop);

  /// As Network::run. The outputs share no memory with the inputs or with each other.
  std::vector<Tensor> run(std::span<const Tensor> inputs, RunRecord* record);
  std::int64_t own_weight_bytes() const;  ///< See Network.

 private:
  struct Stage {
    std::vector<graph::ValueId> inputs, outputs;  ///< kAbsent for operands that are left out.
    std::unique_ptr<Network> part;         ///< Prepared layers...
    std::unique_ptr<ControlFlow> control;  ///< ...or If, Loop, Scan...
    graph::Node apart;                     ///< ...or another operator that runs apart.
    std::vector<graph::ValueId> last_uses; ///< Values that no later stage reads.
  };

  void add_part(const graph::Ir& lowered, const std::vector<int>& nodes);
  void add_apart(const graph::Ir& lowered, int node);
  void find_last_uses();
  std::vector<Tensor> run_stage(Stage& stage, std::vector<Tensor> operands, RunRecord* record);

  Workshop& workshop_;
  std::vector<Tensor> constants_;   ///< By value: those that layers that run apart read, and outputs.
  std::vector<std::string> names_;  ///< By value.
  std::vector<graph::ValueId> inputs_, outputs_;
  std::vector<Stage> stages_;
};

}  // namespace dnntune::runtime
