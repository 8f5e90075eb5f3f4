// SPDX-License-Identifier: Apache-2.0
#include "runtime/sized_network.h"

#include <fmt/format.h>

#include "dnntune/error.h"
#include "graph/graph_impl.h"
#include "runtime/inputs.h"

namespace dnntune::runtime {

SizedNetwork::SizedNetwork(const Graph& graph, const Processor& processor, const SessionOptions& options)
    : crew(processor, options.assignment.processors, options, false),
      lowered(lowered_for(graph, first_bindings(graph, options), store)),
      network(lowered, crew, crew.duties(options.assignment), works_alone(crew, lowered, options), arithmetic_of(options), {}, &store) {}

void require_plannable(const Graph& graph, const SessionOptions& options) {
  check_session(graph, options);
  const PlanInputs decisive = plan_inputs(graph.impl().lowered.ir);
  if (decisive.in_stages || !decisive.names.empty())
    throw Error(ErrorCode::unsupported, fmt::format("graph '{}': contents decide shapes, so that memory is known in a run only", graph.name()));
  const graph::Bindings bindings = first_bindings(graph, options);
  for (const TensorInfo& input : graph.inputs())
    if (!bindings.input_shapes.contains(input.name))
      throw Error(ErrorCode::invalid_argument, fmt::format("graph '{}': the shape of input '{}' is open: give it in input_shapes", graph.name(), input.name));
}

}  // namespace dnntune::runtime
