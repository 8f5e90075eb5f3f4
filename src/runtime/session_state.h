// SPDX-License-Identifier: Apache-2.0
// What a Session holds.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "backends/weight_store.h"
#include "base/aligned.h"
#include "dnntune/session.h"
#include "graph/lower.h"
#include "runtime/crew.h"
#include "runtime/network.h"
#include "runtime/prepared.h"

namespace dnntune::runtime {

struct SessionState {
  SessionState(Graph graph, Processor processor, SessionOptions options);

  /// One prepared network, for these input shapes and these contents of the plan inputs.
  struct Plan {
    graph::Bindings bindings;   ///< All input shapes; the plan inputs' contents.
    graph::Ir lowered;          ///< Its layers are those of the graph, or of the graph at other shapes.
    Prepared network;
  };

  /// Checks the inputs and returns the plan for them, made now if need be, with the arena bound.
  Plan& plan_for(const Tensors& inputs);
  Plan& add_plan(graph::Bindings bindings);
  void drop_old_plans();
  /// Of all plans; what they share counts once.
  std::int64_t weight_bytes() const;
  bool fits(const Plan& plan, const Tensors& inputs) const;
  void bind(Plan& plan);

  /// The run of a network without one plan for all of it. `record` may be null.
  Tensors run_in_stages(const Tensors& inputs, RunRecord* record);
  /// All steps between two calls of the clock: the plain run.
  Tensors run(const Tensors& inputs);

  Graph graph;
  Processor processor;
  SessionOptions options;
  std::vector<std::string> plan_inputs;
  Crew crew;
  Duties duties;
  base::AlignedBuffer arena;   ///< Shared by the plans: one runs at a time.
  const std::shared_ptr<WeightPool> pool;  ///< Likewise; other sessions may use it too.
  backends::WeightStore& store;
  std::list<Plan> plans;       ///< Most recently used first.
  Workshop workshop;
  std::unique_ptr<Network> staged;  ///< Instead of plans, where the network runs in stages.
};

}  // namespace dnntune::runtime

struct dnntune::Session::Impl : dnntune::runtime::SessionState {
  using SessionState::SessionState;
};
