// SPDX-License-Identifier: Apache-2.0
// What a session settles before it prepares a network: shared with who only asks what it would hold.
#pragma once

#include <optional>

#include "backends/weight_store.h"
#include "base/aligned.h"
#include "dnntune/error.h"
#include "dnntune/session.h"
#include "graph/lower.h"
#include "runtime/crew.h"

namespace dnntune::runtime {

/// Throws what the constructor of Session says of its graph and options; processors are the crew's to check.
void check_session(const Graph& graph, const SessionOptions& options);

/// The input shapes that a session prepares for at once: all of them, unless the graph leaves some open.
graph::Bindings first_bindings(const Graph& graph, const SessionOptions& options);

/// The layers at these shapes and contents: those of the graph where they are its own. Throws invalid_argument where they do not fit.
graph::Ir lowered_for(const Graph& graph, const graph::Bindings& bindings, backends::WeightStore& store);

/// Throws limit_exceeded, naming the value, when one alone would not fit into SessionOptions::max_arena_bytes: before layers are prepared,
/// whose tables can be as long as their outputs. Outputs of the network are not in the arena.
void check_values_fit(const graph::Ir& lowered, const SessionOptions& options);
/// Makes the arena hold `bytes`. Throws limit_exceeded beyond SessionOptions::max_arena_bytes.
void reserve_arena(base::AlignedBuffer& arena, std::size_t bytes, const SessionOptions& options);

/// Whether these layers are so little work that waking threads would not pay: see SessionOptions::alone_below_us.
bool is_small(const graph::Ir& lowered, const SessionOptions& options);
/// Whether the calling thread runs these layers by itself.
bool works_alone(const Crew& crew, const graph::Ir& lowered, const SessionOptions& options);

/// With the assignment that the tuning cache has for this session, if it has one.
std::optional<SessionOptions> tuned_options(const Graph& graph, const Processor& processor, const SessionOptions& options);

/// `make(options)` with the cache's assignment; as if nothing were kept where a processor of it has gone since.
template <typename Make>
auto with_tuned(const Graph& graph, const Processor& processor, const SessionOptions& options, Make make) {
  if (const std::optional<SessionOptions> tuned = tuned_options(graph, processor, options)) {
    try {
      return make(*tuned);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::not_found) throw;
    }
  }
  return make(options);
}

}  // namespace dnntune::runtime
