// SPDX-License-Identifier: Apache-2.0
// Layers that run in turns, some rows each, so that what lies between them stays in the level-2 cache
// instead of going through memory. Each computes the bits that it computes alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backends/backend.h"
#include "base/thread_pool.h"
#include "runtime/layout.h"

namespace dnntune::runtime {

class RowChain {
 public:
  /// `layers` feed each other, in this order, and stay alive.
  RowChain(std::vector<const backends::RowwiseLayer*> layers, int threads);

  /// Whether the rows that must be kept between the layers fit the cache.
  bool fits() const noexcept { return step_rows_ > 0; }
  std::size_t size() const noexcept { return layers_.size(); }
  std::size_t scratch_bytes() const noexcept { return thread_bytes_ * static_cast<std::size_t>(threads_); }

  /// `layer_ns`, if not empty, gets the time of each layer added, of all threads together.
  void run(const float* input, float* output, std::byte* scratch, base::ThreadPool& pool, std::span<std::int64_t> layer_ns = {}) const;

 private:
  struct Strip;
  struct Link {
    const backends::RowwiseLayer* layer;
    backends::RowShape shape;
    std::int64_t strip_rows = 0;   ///< Rows kept of its output; the last layer's go to the output itself.
    std::size_t strip_offset = 0;  ///< Bytes into a thread's scratch.
  };
  bool plan_strips(std::int64_t step_rows);
  void run_piece(const float* input, float* output, base::Range rows, std::byte* scratch, std::int64_t* layer_ns) const;

  std::vector<Link> layers_;
  int threads_;
  std::int64_t step_rows_ = 0;     ///< Rows of the last layer computed in a turn.
  std::size_t layer_scratch_ = 0, thread_bytes_ = 0;
};

/// Steps [first, last] that one chain runs.
struct ChainedSteps {
  std::size_t first = 0, last = 0;
};

/// Neighbouring steps with large values between them that nobody else reads. `layers`: one a step.
std::vector<ChainedSteps> find_chains(const PhysicalGraph& graph, std::span<const backends::PreparedLayer* const> layers, int threads);

/// A chain of steps, given their layers.
RowChain make_chain(const ChainedSteps& steps, std::span<const backends::PreparedLayer* const> layers, int threads);

}  // namespace dnntune::runtime
