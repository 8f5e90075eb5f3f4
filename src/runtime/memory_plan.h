// SPDX-License-Identifier: Apache-2.0
// Where in the arena each block lies, so that blocks alive at the same time never overlap.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace dnntune::runtime {

/// Bytes that are needed from step `first` to step `last`, both included.
struct Block {
  std::int64_t bytes = 0;
  int first = 0;
  int last = 0;
};

struct MemoryPlan {
  std::vector<std::int64_t> offsets;  ///< One a block, multiples of 64.
  std::int64_t arena_bytes = 0;
  std::int64_t lower_bound = 0;       ///< The largest sum of bytes alive at one step.
};

/// Assigns offsets greedily, large blocks first, and keeps the best of a few orders. (Finding the least
/// arena is NP-hard; on the networks of our zoo this is within a few percent of the lower bound.) Of more than
/// 4096 blocks each takes the smallest gap there is when it comes into being.
MemoryPlan plan_memory(std::span<const Block> blocks);

/// The same for blocks in several arenas. `spaces`: by block, 0 for the host's; sizes in the result are the host's.
/// `alignment`: by space - 1, of the offsets there, a power of two; `device_bytes` gets the size of each of these arenas.
MemoryPlan plan_memory(std::span<const Block> blocks, std::span<const int> spaces, std::span<const std::size_t> alignment,
                       std::vector<std::int64_t>& device_bytes);

}  // namespace dnntune::runtime
