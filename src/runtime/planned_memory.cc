// SPDX-License-Identifier: Apache-2.0
// What a session would hold: its network prepared for sizes alone.
#include "dnntune/planned_memory.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "graph/graph_impl.h"
#include "graph/layer_map.h"
#include "kernels/simd/peak.h"
#include "runtime/inputs.h"
#include "runtime/prepared.h"
#include "runtime/session_setup.h"

namespace dnntune {
namespace runtime {
namespace {

/// A network prepared as a session prepares it, without weights in its forms and without threads.
struct SizedNetwork {
  SizedNetwork(const Graph& graph, const Processor& processor, const SessionOptions& options)
      : crew(processor, options.assignment.processors, options, false),
        lowered(lowered_for(graph, first_bindings(graph, options), store)),
        network(lowered, crew, crew.duties(options.assignment), works_alone(crew, lowered, options), arithmetic_of(options), {}, &store) {}

  MemoryUse use() const {
    return {.packed_weights = store.bytes() + network.own_weight_bytes(),
            .arena = static_cast<std::int64_t>(network.arena_bytes()) + network.storage().device_arena_bytes(),
            .arena_lower_bound = network.storage().memory.lower_bound};
  }

  Crew crew;
  backends::WeightStore store{backends::Forms::sizes};
  graph::Ir lowered;
  Prepared network;
};

/// Throws where a session would only know in a run what it needs.
void require_plannable(const Graph& graph, const SessionOptions& options) {
  const PlanInputs decisive = plan_inputs(graph.impl().lowered.ir);
  if (decisive.in_stages || !decisive.names.empty())
    throw Error(ErrorCode::unsupported, fmt::format("graph '{}': contents decide shapes, so that memory is known in a run only", graph.name()));
  const graph::Bindings bindings = first_bindings(graph, options);
  for (const TensorInfo& input : graph.inputs())
    if (!bindings.input_shapes.contains(input.name))
      throw Error(ErrorCode::invalid_argument, fmt::format("graph '{}': the shape of input '{}' is open: give it in input_shapes", graph.name(), input.name));
}

template <typename Use>
auto with_sized(const Graph& graph, const Processor& processor, SessionOptions options, Use use) {
  check_session(graph, options);
  require_plannable(graph, options);
  options.allow_missing_cores = true;  // nothing will run
  return with_tuned(graph, processor, options, [&](const SessionOptions& tuned) { return use(SizedNetwork(graph, processor, tuned)); });
}

}  // namespace
}  // namespace runtime

MemoryUse planned_memory(const Graph& graph, const Processor& processor, const SessionOptions& options) {
  return runtime::with_sized(graph, processor, options, [](const runtime::SizedNetwork& sized) { return sized.use(); });
}

void plan_memory(Profile& profile, const Graph& graph, const Processor& processor, const SessionOptions& options) {
  if (profile.model_hash != graph.hash() || profile.layers.size() != graph.layers().size())
    throw Error(ErrorCode::invalid_argument, fmt::format("the profile is of model '{}' with hash {} and {} layers, graph '{}' has hash {} and {} layers", profile.model,
                                                         profile.model_hash, profile.layers.size(), graph.name(), graph.hash(), graph.layers().size()));
  runtime::with_sized(graph, processor, options, [&](const runtime::SizedNetwork& sized) {
    const runtime::Prepared& network = sized.network;
    const std::vector<int> targets = graph::layers_of_graph(graph, sized.lowered);
    for (LayerProfile& layer : profile.layers) layer.memory_bytes = layer.weight_bytes = 0;
    for (std::size_t s = 0; s < network.step_count(); ++s) {
      const runtime::Step& step = network.graph().steps[s];
      if (step.layer < 0) continue;
      LayerProfile& layer = profile.layers[static_cast<std::size_t>(targets[static_cast<std::size_t>(step.layer)])];
      layer.memory_bytes = std::max(layer.memory_bytes, network.memory_during(s));
      if (!step.conversion) layer.weight_bytes += network.layer_weight_bytes(s);
    }
    profile.arena_bytes = sized.use().arena;
    profile.weight_bytes = network.weight_bytes();
    profile.memory_source = MemorySource::planned;
    profile.notes.push_back(fmt::format("memory: planned for the kernels of this build on {}", kernels::simd::instruction_set()));
  });
}

}  // namespace dnntune
