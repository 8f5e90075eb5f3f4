// SPDX-License-Identifier: Apache-2.0
// Who owns the bytes of each physical value: a constant, the caller's input, the tensor returned as an
// output, or a block of the arena; and how the blocks are planned.
#pragma once

#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "runtime/layout.h"
#include "runtime/memory_plan.h"
#include "runtime/views.h"

namespace dnntune::runtime {

/// What the storage plan must know of a prepared step.
struct StepNeeds {
  std::size_t scratch_bytes = 0;
  bool in_place = false;  ///< Output 0 may take the memory of input 0.
  int space = 0;          ///< The memory where the step works, and its scratch is.
};

struct Place {
  enum class Kind { constant, input, output, arena };
  Kind kind = Kind::arena;
  int index = 0;  ///< Physical value of the constant, number of the input or output, or block.
  std::int64_t offset = 0;  ///< Bytes into it.
};

struct StoragePlan {
  std::vector<Place> places;          ///< One a physical value.
  std::vector<bool> overwrites;       ///< One a step: it works in place of its input.
  std::vector<int> output_source;     ///< One a graph output: -1 when steps write into the returned
                                      ///< tensor itself, else the physical value to copy.
  std::vector<int> scratch_block;     ///< One a step; -1 for none.
  std::vector<Block> blocks;
  std::vector<int> block_space;       ///< See PhysicalValue::space.
  MemoryPlan memory;                  ///< Offsets of all blocks, in the arena of their space; sizes of the host's arena.
  std::vector<std::int64_t> device_bytes;  ///< By space - 1: of its arena.

  std::int64_t device_arena_bytes() const { return std::accumulate(device_bytes.begin(), device_bytes.end(), std::int64_t{0}); }
  /// Bytes of all arenas that are in use during `step`, scratch included.
  std::int64_t live_bytes(int step) const;
  /// The step during which that is most.
  int peak_step() const;
};

/// `views`: of the same values. A value has the memory of the one that it is part of, and steps that would write or
/// overwrite a part do not work in place. `alignment`: by space, of the blocks in a device's arena.
StoragePlan plan_storage(const PhysicalGraph& graph, std::span<const StepNeeds> needs, const Views& views, std::span<const std::size_t> alignment = {});

}  // namespace dnntune::runtime
