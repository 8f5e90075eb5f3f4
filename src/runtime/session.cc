// SPDX-License-Identifier: Apache-2.0
// Session: plans for input shapes, kept in a short list, and runs.
#include "dnntune/session.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/float_mode.h"
#include "dnntune/error.h"
#include "graph/graph_impl.h"
#include "runtime/inputs.h"
#include "runtime/session_setup.h"
#include "runtime/session_state.h"
#include "runtime/stages.h"
#include "runtime/threads.h"
#include "runtime/tuner/cache.h"

namespace dnntune {
namespace runtime {
namespace {

/// Forms of weights that the latest plan does not use: of networks with more of them only two plans are kept.
constexpr std::int64_t kKeptWeightBytes = 256ll << 20;

}  // namespace

SessionState::SessionState(Graph graph_, Processor processor_, SessionOptions options_)
    : graph(std::move(graph_)),
      processor(std::move(processor_)),
      options(std::move(options_)),
      crew(processor, options.assignment.processors, options),
      duties(crew.duties(options.assignment)),
      pool(options.weight_pool ? options.weight_pool : std::make_shared<WeightPool>()),
      store(pool->store()),
      workshop{options, graph.impl().evaluator, crew, duties, arena, [this] { graph.impl().storage.release_pages(); }, store} {
  check_session(graph, options);
  { const base::CallerPin tried(*crew.engine(0).pool); }  // so that a refusal shows before the first run
  const PlanInputs decisive = runtime::plan_inputs(graph.impl().lowered.ir);
  plan_inputs = decisive.names;
  graph::Bindings bindings = first_bindings(graph, options);
  if (decisive.in_stages) {
    staged = std::make_unique<Network>(graph.impl().source, Network::Form::source, plan_inputs, workshop);
    return;
  }
  // Where contents decide shapes, the first run brings them.
  if (plan_inputs.empty() && bindings.input_shapes.size() == graph.inputs().size()) bind(add_plan(std::move(bindings)));
}

bool SessionState::fits(const Plan& plan, const Tensors& inputs) const {
  for (const auto& [name, shape] : plan.bindings.input_shapes)
    if (inputs.at(name).shape() != shape) return false;
  for (const auto& [name, value] : plan.bindings.input_values)
    if (!same_contents(inputs.at(name), value)) return false;
  return true;
}

SessionState::Plan& SessionState::add_plan(graph::Bindings bindings) {
  graph::Ir lowered = lowered_for(graph, bindings, store);
  check_values_fit(lowered, options);
  const bool alone = works_alone(crew, lowered, options);
  Prepared network(lowered, crew, duties, alone, arithmetic_of(options), workshop.weights_read, &store);
  reserve_arena(arena, network.arena_bytes(), options);
  plans.push_front({std::move(bindings), std::move(lowered), std::move(network)});
  drop_old_plans();
  return plans.front();
}

void SessionState::drop_old_plans() {
  const auto too_large = [&] { return !options.weight_pool && weight_bytes() - plans.front().network.weight_bytes() > kKeptWeightBytes; };
  while (plans.size() > static_cast<std::size_t>(options.max_plans) || (plans.size() > 2 && too_large())) plans.pop_back();
  store.forget_unused();
}

std::int64_t SessionState::weight_bytes() const {
  std::int64_t bytes = store.bytes() + (staged ? staged->own_weight_bytes() : 0);
  for (const Plan& plan : plans) bytes += plan.network.own_weight_bytes();
  return bytes;
}

void SessionState::bind(Plan& plan) { plan.network.bind_arena(arena.data()); }

SessionState::Plan& SessionState::plan_for(const Tensors& inputs) {
  check_inputs(graph, inputs);
  const auto found = std::find_if(plans.begin(), plans.end(), [&](const Plan& plan) { return fits(plan, inputs); });
  if (found != plans.end()) {
    plans.splice(plans.begin(), plans, found);
  } else {
    graph::Bindings bindings;
    for (const auto& [name, tensor] : inputs) bindings.input_shapes[name] = tensor.shape();
    for (const std::string& name : plan_inputs) bindings.input_values[name] = inputs.at(name).clone();
    add_plan(std::move(bindings));
  }
  bind(plans.front());
  return plans.front();
}

Tensors SessionState::run_in_stages(const Tensors& inputs, RunRecord* record) {
  check_inputs(graph, inputs);
  const graph::Ir& source = graph.impl().source;
  std::vector<Tensor> operands;
  for (const graph::ValueId id : source.inputs) operands.push_back(inputs.at(source.value(id).name));
  workshop.iterations_left = options.max_loop_iterations;
  workshop.loop_bytes_left = options.max_loop_bytes;
  Shift shift(crew, false);  // the parts' own are nested in it, which makes them cheap
  shift.of(0);
  const base::FlushDenormals flush;
  std::vector<Tensor> results = staged->run(operands, record);
  Tensors outputs;
  for (std::size_t i = 0; i < results.size(); ++i) outputs.emplace(source.value(source.outputs[i]).name, std::move(results[i]));
  return outputs;
}

Tensors SessionState::run(const Tensors& inputs) {
  return staged ? run_in_stages(inputs, nullptr) : plan_for(inputs).network.run(inputs);
}

}  // namespace runtime

WeightPool::WeightPool() : store_(std::make_unique<backends::WeightStore>()) {}
WeightPool::~WeightPool() = default;
std::int64_t WeightPool::bytes() const noexcept { return store_->bytes(); }

Session::Session(Graph graph, Processor processor, SessionOptions options) {
  if (!options.tuning_cache.empty()) runtime::require_cache_folder(options.tuning_cache);
  impl_ = runtime::with_tuned(graph, processor, options, [&](const SessionOptions& tuned) { return std::make_unique<Impl>(graph, processor, tuned); });
}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

Tensors Session::run(const Tensors& inputs) { return impl_->run(inputs); }

const Graph& Session::graph() const noexcept { return impl_->graph; }
const Processor& Session::processor() const noexcept { return impl_->processor; }

std::vector<ThreadState> Session::processor_state() const {
  const runtime::Engine& engine = impl_->crew.engine(0);
  std::vector<ThreadState> states = runtime::thread_states(*engine.pool);
  states.resize(std::min(states.size(), static_cast<std::size_t>(engine.threads)));  // others of the pool are another processor's
  return states;
}

MemoryUse Session::memory() const {
  MemoryUse use;
  use.arena = static_cast<std::int64_t>(impl_->arena.size());
  for (int e = 0; e < impl_->crew.size(); ++e) use.arena += static_cast<std::int64_t>(impl_->crew.engine(e).reserved_bytes);
  use.packed_weights = impl_->weight_bytes();
  for (const Impl::Plan& plan : impl_->plans) use.arena_lower_bound = std::max(use.arena_lower_bound, plan.network.storage().memory.lower_bound);
  return use;
}

}  // namespace dnntune
