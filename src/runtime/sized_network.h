// SPDX-License-Identifier: Apache-2.0
// What a session would prepare, for its sizes and choices alone.
#pragma once

#include "backends/weight_store.h"
#include "dnntune/session.h"
#include "graph/ir.h"
#include "runtime/crew.h"
#include "runtime/prepared.h"
#include "runtime/session_setup.h"

namespace dnntune::runtime {

/// A network prepared as a session prepares it, without weights in its forms and without threads.
struct SizedNetwork {
  SizedNetwork(const Graph& graph, const Processor& processor, const SessionOptions& options);

  /// Of activations and scratch, in the memory of devices too.
  std::int64_t activation_bytes() const noexcept { return static_cast<std::int64_t>(network.arena_bytes()) + network.storage().device_arena_bytes(); }

  Crew crew;
  backends::WeightStore store{backends::Forms::sizes};
  graph::Ir lowered;
  Prepared network;
};

/// What Session would refuse; and unsupported where a session would only know in a run what it needs.
void require_plannable(const Graph& graph, const SessionOptions& options);

/// `use` of the network as a session with these options would have it. Throws as planned_memory says.
template <typename Use>
auto with_sized(const Graph& graph, const Processor& processor, SessionOptions options, Use use) {
  require_plannable(graph, options);
  options.allow_missing_cores = true;  // nothing will run
  return with_tuned(graph, processor, options, [&](const SessionOptions& tuned) { return use(SizedNetwork(graph, processor, tuned)); });
}

}  // namespace dnntune::runtime
