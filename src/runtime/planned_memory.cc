// SPDX-License-Identifier: Apache-2.0
// What a session would hold: its network prepared for sizes alone.
#include "dnntune/planned_memory.h"

#include <algorithm>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "graph/layer_map.h"
#include "kernels/simd/peak.h"
#include "runtime/sized_network.h"

namespace dnntune {
namespace runtime {
namespace {

MemoryUse use_of(const SizedNetwork& sized) {
  return {.packed_weights = sized.store.bytes() + sized.network.own_weight_bytes(),
          .arena = sized.activation_bytes(),
          .arena_lower_bound = sized.network.storage().memory.lower_bound};
}

}  // namespace
}  // namespace runtime

MemoryUse planned_memory(const Graph& graph, const Processor& processor, const SessionOptions& options) {
  return runtime::with_sized(graph, processor, options, [](const runtime::SizedNetwork& sized) { return runtime::use_of(sized); });
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
    profile.arena_bytes = runtime::use_of(sized).arena;
    profile.weight_bytes = network.weight_bytes();
    profile.memory_source = MemorySource::planned;
    profile.notes.push_back(fmt::format("memory: planned for the kernels of this build on {}", kernels::simd::instruction_set()));
  });
}

}  // namespace dnntune
