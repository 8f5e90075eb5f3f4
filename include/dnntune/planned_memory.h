// SPDX-License-Identifier: Apache-2.0
// planned_memory: what a session would hold in memory, to the byte, before there is one.
#pragma once

#include "dnntune/export.h"
#include "dnntune/graph.h"
#include "dnntune/profile.h"
#include "dnntune/session.h"

namespace dnntune {

/// What Session(graph, processor, options).memory() says, exactly, before its first run. Kernels are chosen and the arena is planned
/// as a session does it, but no weights are read or packed, no memory is taken for them or for the arena, and no thread is
/// started: milliseconds for a large network. The processor may be another machine's: its cores need not be here. But kernels are
/// those of this build on this machine's instruction set; a machine with another one takes other scratch memory.
/// What costs more: `options.weights` and `options.math` in 16 bits (weights are packed, to see whether they fit), XNNPACK
/// (packs each layer and lets it go, to hear whether it takes it), OpenCL (prepares as a session does).
/// Throws what Session throws; unsupported when contents of inputs or of layers decide shapes, so that only a run can tell;
/// invalid_argument when the shape of an input is open and not in `options.input_shapes`. `options.max_arena_bytes` refuses nothing here:
/// the figure says it. Any thread may call it.
DNNTUNE_API MemoryUse planned_memory(const Graph& graph, const Processor& processor, const SessionOptions& options = {});

/// Puts the planned figures into a profile that has none or only bounds, as a predicted one: its arena_bytes, weight_bytes,
/// and the layers' memory_bytes and weight_bytes are then those that Session::profile would give. Throws as planned_memory, and
/// invalid_argument when the profile is not of this graph; the profile is then as before.
DNNTUNE_API void plan_memory(Profile& profile, const Graph& graph, const Processor& processor, const SessionOptions& options = {});

}  // namespace dnntune
