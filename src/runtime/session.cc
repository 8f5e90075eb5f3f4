// SPDX-License-Identifier: Apache-2.0
// Session: plans for input shapes, kept in a short list, and runs.
#include "dnntune/session.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "backends/cpu/cpu_backend.h"
#include "base/float_mode.h"
#include "dnntune/error.h"
#include "graph/graph_impl.h"
#include "runtime/effort.h"
#include "runtime/inputs.h"
#include "runtime/session_state.h"
#include "runtime/stages.h"

namespace dnntune {
namespace runtime {
namespace {

constexpr std::size_t kKeptPlans = 4;
/// Each plan packs its own weights: of large networks only two plans are kept.
constexpr std::int64_t kKeptWeightBytes = 256ll << 20;
constexpr int kMaxThreads = 1024;

const backends::Backend& backend_of(const Processor& processor, const SessionOptions& options) {
  const backends::Backend* backend = backends::find_backend(processor.backend);
  if (backend == nullptr) {
    std::string names;
    for (const std::string_view name : backends::backend_names()) names += fmt::format("{}'{}'", names.empty() ? "" : ", ", name);
    throw Error(ErrorCode::not_found, fmt::format("processor '{}': no backend '{}' in this build; it has {}", processor.name, processor.backend, names));
  }
  return options.reference_kernels ? backends::cpu::reference_backend() : *backend;
}

int checked_threads(const Processor& processor) {
  if (processor.threads < 1 || processor.threads > kMaxThreads)
    throw Error(ErrorCode::invalid_argument, fmt::format("processor '{}': {} threads; 1 to {} are possible", processor.name, processor.threads, kMaxThreads));
  return processor.threads;
}

std::int64_t checked_spin_ns(const SessionOptions& options) {
  constexpr int kMostSpinUs = 1'000'000;
  if (options.worker_spin_us < 0 || options.worker_spin_us > kMostSpinUs)
    throw Error(ErrorCode::invalid_argument, fmt::format("worker_spin_us is {}; 0 to {} are possible", options.worker_spin_us, kMostSpinUs));
  return std::int64_t{1000} * options.worker_spin_us;
}

void check_arithmetic(const SessionOptions& options) {
  const DataType type = options.weights;
  if (type != DataType::float32 && type != DataType::float16 && type != DataType::bfloat16)
    throw Error(ErrorCode::invalid_argument, fmt::format("weights cannot be stored as {}: float32, float16 and bfloat16 are possible", to_string(type)));
  if (options.math != DataType::float32 && options.math != DataType::bfloat16)
    throw Error(ErrorCode::invalid_argument, fmt::format("products cannot be in {}: float32 and bfloat16 are possible", to_string(options.math)));
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
      backend(&backend_of(processor, options)),
      pool(checked_threads(processor), processor.cores, checked_spin_ns(options)),
      workshop{*backend, options, graph.impl().evaluator, pool, caller, arena, processor.threads, [this] { graph.impl().storage.release_pages(); }} {
  require_runnable(graph);
  check_arithmetic(options);
  if (options.alone_below_us < 0)
    throw Error(ErrorCode::invalid_argument, fmt::format("alone_below_us is {}, less than 0", options.alone_below_us));
  if (options.max_loop_iterations < 0)
    throw Error(ErrorCode::invalid_argument, fmt::format("max_loop_iterations is {}, less than 0", options.max_loop_iterations));
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
    } catch (const Error& error) {
      if (error.code() != ErrorCode::invalid_model) throw;
      throw Error(ErrorCode::invalid_argument, fmt::format("graph '{}' cannot take inputs {}: {}", graph.name(),
                                                           shapes_text(bindings.input_shapes), error.what()));
    }
  }
  const bool alone = estimated_ns(lowered) < 1e3 * options.alone_below_us;
  Prepared network(lowered, *backend, alone ? 1 : processor.threads, {options.weights, options.math}, [this] { graph.impl().storage.release_pages(); });
  if (network.arena_bytes() > arena.size() || arena.data() == nullptr) arena = base::AlignedBuffer(network.arena_bytes());
  plans.push_front({std::move(bindings), std::move(lowered), std::move(network), alone});
  drop_old_plans();
  return plans.front();
}

void SessionState::drop_old_plans() {
  const auto weight_bytes = [&] {
    return std::accumulate(plans.begin(), plans.end(), std::int64_t{0},
                           [](std::int64_t sum, const Plan& plan) { return sum + plan.network.weight_bytes(); });
  };
  while (plans.size() > kKeptPlans || (plans.size() > 2 && weight_bytes() > kKeptWeightBytes)) plans.pop_back();
}

void SessionState::bind(Plan& plan) {
  if (plan.network.bound_arena() != arena.data()) plan.network.bind_arena(arena.data());
}

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
  const base::CallerPin pin(pool);
  const base::PoolRun awake(pool);
  const base::FlushDenormals flush;
  std::vector<Tensor> results = staged->run(operands, record);
  Tensors outputs;
  for (std::size_t i = 0; i < results.size(); ++i) outputs.emplace(source.value(source.outputs[i]).name, std::move(results[i]));
  return outputs;
}

Tensors SessionState::run(const Tensors& inputs) {
  if (staged) return run_in_stages(inputs, nullptr);
  Plan& plan = plan_for(inputs);
  Prepared& network = plan.network;
  base::ThreadPool& threads = pool_for(plan);
  const base::CallerPin pin(threads);
  const base::PoolRun awake(threads);
  const base::FlushDenormals flush;
  try {
    network.begin(inputs);
    for (std::size_t s = 0; s < network.step_count(); ++s) network.run_step(s, threads);
    return network.finish();
  } catch (...) {
    network.release();
    throw;
  }
}

}  // namespace runtime

Session::Session(Graph graph, Processor processor, SessionOptions options)
    : impl_(std::make_unique<Impl>(std::move(graph), std::move(processor), std::move(options))) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

Tensors Session::run(const Tensors& inputs) { return impl_->run(inputs); }

const Graph& Session::graph() const noexcept { return impl_->graph; }
const Processor& Session::processor() const noexcept { return impl_->processor; }

MemoryUse Session::memory() const {
  MemoryUse use;
  use.arena = static_cast<std::int64_t>(impl_->arena.size());
  for (const Impl::Plan& plan : impl_->plans) {
    use.packed_weights += plan.network.weight_bytes();
    use.arena_lower_bound = std::max(use.arena_lower_bound, plan.network.storage().memory.lower_bound);
  }
  if (impl_->staged) use.packed_weights += impl_->staged->weight_bytes();
  return use;
}

}  // namespace dnntune
