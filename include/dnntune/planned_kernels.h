// SPDX-License-Identifier: Apache-2.0
// plan_kernels: what a session would run each layer with, before there is one.
#pragma once

#include "dnntune/export.h"
#include "dnntune/graph.h"
#include "dnntune/layer_shape.h"
#include "dnntune/session.h"

namespace dnntune {

/// Puts into the layers of `network`, which is network_shape(graph, options.input_shapes), what Session(graph, processor,
/// options) runs them with: kernels, which layers run in turns, copies into other orders, and the bytes of weights in the kernels'
/// own form. A cost model then need not guess any of it. As cheap as planned_memory, and throws the same; invalid_argument
/// when the shape is not of this graph. `network` is then as before. Any thread may call it.
DNNTUNE_API void plan_kernels(NetworkShape& network, const Graph& graph, const Processor& processor, const SessionOptions& options = {});

/// The shape of what Session(graph, processor, options) would run. Throws as plan_kernels.
inline NetworkShape planned_shape(const Graph& graph, const Processor& processor, const SessionOptions& options = {}) {
  NetworkShape network = network_shape(graph, options.input_shapes);
  plan_kernels(network, graph, processor, options);
  return network;
}

}  // namespace dnntune
