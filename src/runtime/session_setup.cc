// SPDX-License-Identifier: Apache-2.0
#include "runtime/session_setup.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "graph/effort.h"
#include "graph/graph_impl.h"
#include "runtime/assigned.h"
#include "runtime/inputs.h"
#include "runtime/tuner/cache.h"

namespace dnntune::runtime {
namespace {

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

void check_session(const Graph& graph, const SessionOptions& options) {
  require_runnable(graph);
  require_known_layers(graph, options.assignment);
  check_arithmetic(options);
  if (options.alone_below_us < 0)
    throw Error(ErrorCode::invalid_argument, fmt::format("alone_below_us is {}, less than 0", options.alone_below_us));
  if (options.max_loop_iterations < 0)
    throw Error(ErrorCode::invalid_argument, fmt::format("max_loop_iterations is {}, less than 0", options.max_loop_iterations));
  if (options.max_plans < 1 || options.max_plans > kMostPlans)
    throw Error(ErrorCode::invalid_argument, fmt::format("max_plans is {}; 1 to {} are possible", options.max_plans, kMostPlans));
  if (options.max_loop_bytes < 0)
    throw Error(ErrorCode::invalid_argument, fmt::format("max_loop_bytes is {}, less than 0", options.max_loop_bytes));
  if (options.max_arena_bytes < 0)
    throw Error(ErrorCode::invalid_argument, fmt::format("max_arena_bytes is {}, less than 0", options.max_arena_bytes));
  for (const auto& [name, shape] : options.input_shapes) check_input_shape(graph, name, shape);
}

void check_values_fit(const graph::Ir& lowered, const SessionOptions& options) {
  for (const graph::Node& node : lowered.nodes)
    for (const graph::ValueId id : node.outputs) {
      if (id == graph::kAbsent) continue;
      const graph::Value& value = lowered.value(id);
      if (value.is_constant() || value.size_bytes() <= options.max_arena_bytes) continue;
      if (std::find(lowered.outputs.begin(), lowered.outputs.end(), id) != lowered.outputs.end()) continue;
      throw Error(ErrorCode::limit_exceeded, fmt::format("layer '{}' writes {} bytes to '{}'; SessionOptions::max_arena_bytes is {}", node.name, value.size_bytes(),
                                                         value.name, options.max_arena_bytes));
    }
}

void reserve_arena(base::AlignedBuffer& arena, std::size_t bytes, const SessionOptions& options) {
  if (std::cmp_greater(bytes, options.max_arena_bytes))
    throw Error(ErrorCode::limit_exceeded, fmt::format("activations and scratch take {} bytes; SessionOptions::max_arena_bytes is {}", bytes, options.max_arena_bytes));
  arena.at_least(bytes);
}

graph::Bindings first_bindings(const Graph& graph, const SessionOptions& options) {
  graph::Bindings bindings;
  bindings.input_shapes = default_shapes(graph);
  for (const auto& [name, shape] : options.input_shapes) bindings.input_shapes[name] = shape;
  return bindings;
}

graph::Ir lowered_for(const Graph& graph, const graph::Bindings& bindings, backends::WeightStore& store) {
  const bool as_loaded = bindings.input_values.empty() && bindings.input_shapes == default_shapes(graph);
  if (as_loaded) return graph.impl().lowered.ir;
  try {
    graph::Ir lowered = graph::lower(graph.impl().source, bindings, graph.impl().evaluator).ir;
    store.share_constants(lowered);
    return lowered;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::invalid_model) throw;
    throw Error(ErrorCode::invalid_argument, fmt::format("graph '{}' cannot take inputs {}: {}", graph.name(),
                                                         shapes_text(bindings.input_shapes), error.what()));
  }
}

bool is_small(const graph::Ir& lowered, const SessionOptions& options) { return graph::estimated_ns(lowered) < 1e3 * options.alone_below_us; }

bool works_alone(const Crew& crew, const graph::Ir& lowered, const SessionOptions& options) { return crew.may_work_alone() && is_small(lowered, options); }

std::optional<SessionOptions> tuned_options(const Graph& graph, const Processor& processor, const SessionOptions& options) {
  if (options.tuning_cache.empty() || !options.assignment.empty() || options.reference_kernels) return std::nullopt;
  std::optional<Assignment> known = read_assignment(assignment_file(options.tuning_cache, graph, processor, options));
  if (!known) return std::nullopt;
  SessionOptions tuned = options;
  tuned.assignment = std::move(*known);
  return tuned;
}

}  // namespace dnntune::runtime
