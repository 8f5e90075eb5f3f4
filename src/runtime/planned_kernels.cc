// SPDX-License-Identifier: Apache-2.0
#include "dnntune/planned_kernels.h"

#include <utility>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "runtime/sized_network.h"

namespace dnntune {
namespace runtime {
namespace {

/// Throws where `network` has not the layers of the plan.
void require_same_layers(const NetworkShape& network, const graph::Ir& lowered) {
  if (network.layers.size() != lowered.nodes.size())
    throw Error(ErrorCode::invalid_argument, fmt::format("plan_kernels: the shape of '{}' has {} layers, a session would have {}", network.name, network.layers.size(), lowered.nodes.size()));
  for (std::size_t i = 0; i < lowered.nodes.size(); ++i)
    if (network.layers[i].name != lowered.nodes[i].name)
      throw Error(ErrorCode::invalid_argument, fmt::format("plan_kernels: layer {} of '{}' is '{}', a session would have '{}'", i, network.name, network.layers[i].name, lowered.nodes[i].name));
}

void describe(LayerShape& shape, const Prepared& network, std::size_t s) {
  shape.kernel = network.kernel(s);
  shape.weight_bytes = network.layer_weight_bytes(s);
  shape.in_place = network.storage().overwrites[s];
  const std::size_t first = network.called_with(s);
  shape.chained_input = first != s;
  shape.chained_output = s + 1 < network.step_count() && network.called_with(s + 1) == first && network.called_with(s + 1) != s + 1;
}

/// What a copy into another order reads.
std::int64_t copied_bytes(const Prepared& network, const Step& step) {
  return step.node.inputs.empty() || step.node.inputs[0] < 0 ? 0 : network.bytes_of(step.node.inputs[0]);
}

}  // namespace
}  // namespace runtime

void plan_kernels(NetworkShape& network, const Graph& graph, const Processor& processor, const SessionOptions& options) {
  runtime::with_sized(graph, processor, options, [&](const runtime::SizedNetwork& sized) {
    runtime::require_same_layers(network, sized.lowered);
    NetworkShape planned = network;
    planned.activation_bytes = sized.activation_bytes();
    for (LayerShape& shape : planned.layers) {
      shape.kernel = "view";
      shape.conversion_bytes = 0;
    }
    for (std::size_t s = 0; s < sized.network.step_count(); ++s) {
      const runtime::Step& step = sized.network.graph().steps[s];
      if (step.layer < 0) continue;
      LayerShape& shape = planned.layers[static_cast<std::size_t>(step.layer)];
      if (step.conversion)
        shape.conversion_bytes += runtime::copied_bytes(sized.network, step);
      else
        runtime::describe(shape, sized.network, s);
    }
    network = std::move(planned);
  });
}

}  // namespace dnntune
