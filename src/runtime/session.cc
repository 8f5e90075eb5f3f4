// SPDX-License-Identifier: Apache-2.0
// Session: plans for input shapes, kept in a short list, and runs.
#include "dnntune/session.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/float_mode.h"
#include "dnntune/error.h"
#include "graph/effort.h"
#include "graph/graph_impl.h"
#include "runtime/assigned.h"
#include "runtime/inputs.h"
#include "runtime/session_state.h"
#include "runtime/stages.h"
#include "runtime/tuner/cache.h"
#include "runtime/threads.h"

namespace dnntune {
namespace runtime {
namespace {

/// Forms of weights that the latest plan does not use: of networks with more of them only two plans are kept.
constexpr std::int64_t kKeptWeightBytes = 256ll << 20;
constexpr int kMostPlans = 1024;

void check_arithmetic(const SessionOptions& options) {
  const DataType type = options.weights;
  if (type != DataType::float32 && type != DataType::float16 && type != DataType::bfloat16)
    throw Error(ErrorCode::invalid_argument, fmt::format("weights cannot be stored as {}: float32, float16 and bfloat16 are possible", to_string(type)));
  if (options.math != DataType::float32 && options.math != DataType::bfloat16)
    throw Error(ErrorCode::invalid_argument, fmt::format("products cannot be in {}: float32 and bfloat16 are possible", to_string(options.math)));
  if (options.storage != DataType::float32 && options.storage != DataType::float16)
    throw Error(ErrorCode::invalid_argument, fmt::format("a device cannot store floats as {}: float32 and float16 are possible", to_string(options.storage)));
}

void require_runnable(const Graph& graph) {
  if (graph.unsupported().empty()) return;
  std::string message = fmt::format("graph '{}' has layers that this build cannot run:", graph.name());
  for (const std::string& line : graph.unsupported()) message += "\n  " + line;
  throw Error(ErrorCode::unsupported, message);
}

/// The input shapes that the graph's own lowering was made for.
std::map<std::string, Shape> default_shapes(const Graph& graph) {
  std::map<std::string, Shape> shapes;
  const graph::Ir& lowered = graph.impl().lowered.ir;
  for (const graph::ValueId id : lowered.inputs)
    if (lowered.value(id).is_static()) shapes[lowered.value(id).name] = *lowered.value(id).shape;
  return shapes;
}

std::string shapes_text(const std::map<std::string, Shape>& shapes) {
  std::string text;
  for (const auto& [name, shape] : shapes) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, to_string(shape));
  return text;
}

}  // namespace

SessionState::SessionState(Graph graph_, Processor processor_, SessionOptions options_)
    : graph(std::move(graph_)),
      processor(std::move(processor_)),
      options(std::move(options_)),
      crew(processor, options.assignment.processors, options),
      duties(crew.duties(options.assignment)),
      workshop{options, graph.impl().evaluator, crew, duties, arena, [this] { graph.impl().storage.release_pages(); }, store} {
  require_runnable(graph);
  require_known_layers(graph, options.assignment);
  check_arithmetic(options);
  { const base::CallerPin tried(*crew.engine(0).pool); }  // so that a refusal shows before the first run
  if (options.alone_below_us < 0)
    throw Error(ErrorCode::invalid_argument, fmt::format("alone_below_us is {}, less than 0", options.alone_below_us));
  if (options.max_loop_iterations < 0)
    throw Error(ErrorCode::invalid_argument, fmt::format("max_loop_iterations is {}, less than 0", options.max_loop_iterations));
  if (options.max_plans < 1 || options.max_plans > kMostPlans)
    throw Error(ErrorCode::invalid_argument, fmt::format("max_plans is {}; 1 to {} are possible", options.max_plans, kMostPlans));
  if (options.max_loop_bytes < 0)
    throw Error(ErrorCode::invalid_argument, fmt::format("max_loop_bytes is {}, less than 0", options.max_loop_bytes));
  for (const auto& [name, shape] : options.input_shapes) check_input_shape(graph, name, shape);
  const PlanInputs decisive = runtime::plan_inputs(graph.impl().lowered.ir);
  plan_inputs = decisive.names;
  graph::Bindings bindings;
  bindings.input_shapes = default_shapes(graph);
  for (const auto& [name, shape] : options.input_shapes) bindings.input_shapes[name] = shape;
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
  const bool as_loaded = bindings.input_values.empty() && bindings.input_shapes == default_shapes(graph);
  graph::Ir lowered;
  if (as_loaded) {
    lowered = graph.impl().lowered.ir;
  } else {
    try {
      lowered = graph::lower(graph.impl().source, bindings, graph.impl().evaluator).ir;
      store.share_constants(lowered);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::invalid_model) throw;
      throw Error(ErrorCode::invalid_argument, fmt::format("graph '{}' cannot take inputs {}: {}", graph.name(),
                                                           shapes_text(bindings.input_shapes), error.what()));
    }
  }
  const bool alone = crew.may_work_alone() && graph::estimated_ns(lowered) < 1e3 * options.alone_below_us;
  Prepared network(lowered, crew, duties, alone, arithmetic_of(options), workshop.weights_read, &store);
  if (network.arena_bytes() > arena.size() || arena.data() == nullptr) arena = base::AlignedBuffer(network.arena_bytes());
  plans.push_front({std::move(bindings), std::move(lowered), std::move(network)});
  drop_old_plans();
  return plans.front();
}

void SessionState::drop_old_plans() {
  const auto too_large = [&] { return weight_bytes() - plans.front().network.weight_bytes() > kKeptWeightBytes; };
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

Session::Session(Graph graph, Processor processor, SessionOptions options) {
  if (!options.tuning_cache.empty()) runtime::require_cache_folder(options.tuning_cache);
  if (!options.tuning_cache.empty() && options.assignment.empty() && !options.reference_kernels) {
    const auto file = runtime::assignment_file(options.tuning_cache, graph, processor, options);
    if (std::optional<Assignment> known = runtime::read_assignment(file)) {
      SessionOptions tuned = options;
      tuned.assignment = std::move(*known);
      try {
        impl_ = std::make_unique<Impl>(graph, processor, std::move(tuned));
        return;
      } catch (const Error& error) {
        if (error.code() != ErrorCode::not_found) throw;  // else a processor has gone since: as if nothing were kept
      }
    }
  }
  impl_ = std::make_unique<Impl>(std::move(graph), std::move(processor), std::move(options));
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
