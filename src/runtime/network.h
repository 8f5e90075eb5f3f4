// SPDX-License-Identifier: Apache-2.0
// A network for whatever shapes come: plans by the shapes of its inputs, made when they are first met and
// kept in a short list. For networks that run in stages, for their parts, and for sub-graphs.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backends/weight_store.h"
#include "base/aligned.h"
#include "dnntune/session.h"
#include "graph/lower.h"
#include "runtime/crew.h"
#include "runtime/prepared.h"
#include "runtime/runners.h"

namespace dnntune::runtime {

class Stages;

/// What all networks of a session work with. They run one after the other and share the arena.
struct Workshop {
  const SessionOptions& options;
  const graph::Evaluator* evaluator;
  Crew& crew;
  const Duties& duties;
  base::AlignedBuffer& arena;
  std::function<void()> weights_read;  ///< See Prepared.
  backends::WeightStore& store;
  std::int64_t iterations_left = 0;    ///< Of all loops of the current run together.
  std::int64_t loop_bytes_left = 0;    ///< That the loops that run at this moment may yet hold.
};

/// What a run was like, layer by layer.
struct RunRecord {
  std::unordered_map<int, std::int64_t> ns;           ///< By source node: the first that a layer covers.
  std::unordered_map<int, std::string_view> kernels;  ///< Likewise.
  std::unordered_map<int, Runner> runners;            ///< Likewise.
  std::unordered_map<std::string, std::int64_t> value_bytes;
};

class Network {
 public:
  enum class Form { source, lowered };  ///< What `ir` is.

  /// A plan is made for the shapes of all inputs and for the contents of those in `bound`.
  Network(graph::Ir ir, Form form, std::vector<std::string> bound, Workshop& workshop);
  ~Network();
  Network(Network&&) noexcept;

  /// Operands in the order of the graph's inputs and outputs. An output may share memory with an input
  /// where the network runs in stages. `record` may be null. Throws invalid_argument when the operands do
  /// not fit the graph, and what layers throw. One run at a time.
  std::vector<Tensor> run(std::span<const Tensor> inputs, RunRecord* record = nullptr);

  const graph::Ir& ir() const noexcept { return ir_; }
  /// Of the plans kept: weights in no WeightStore.
  std::int64_t own_weight_bytes() const;

 private:
  struct Plan;
  Plan& plan_for(std::span<const Tensor> inputs);
  Plan& add_plan(std::span<const Tensor> inputs);
  bool fits(const Plan& plan, std::span<const Tensor> inputs) const;
  std::vector<Tensor> run_prepared(Plan& plan, std::span<const Tensor> inputs, RunRecord* record);

  graph::Ir ir_;
  Form form_;
  std::vector<bool> is_bound_;  ///< By input.
  Workshop& workshop_;
  std::list<Plan> plans_;       ///< Most recently used first.
};

}  // namespace dnntune::runtime
