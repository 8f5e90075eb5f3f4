// SPDX-License-Identifier: Apache-2.0
// Layers that run in turns, some rows each, so that what lies between them stays in the level-2 cache
// instead of going through memory. Each computes the bits that it computes alone.
#pragma once

#include <atomic>
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
  /// One layer of a chain, which stays alive. `other_first`: what the chain hands it is its input 1.
  struct Member {
    const backends::RowwiseLayer* layer = nullptr;
    bool other_first = false;
  };
  /// `layers` feed each other, in this order.
  RowChain(const std::vector<Member>& layers, int threads);

  /// Whether the rows that must be kept between the layers fit the cache.
  bool fits() const noexcept { return step_rows_ > 0; }
  std::size_t size() const noexcept { return layers_.size(); }
  std::size_t scratch_bytes() const noexcept { return thread_bytes_ * static_cast<std::size_t>(threads_); }

  /// Pointers of one run. `others`: one a layer, its other input if it has one.
  struct Operands {
    const float* input = nullptr;
    std::span<const float* const> others;
    float* output = nullptr;
    std::byte* scratch = nullptr;
    std::int64_t input_pitch = 0, output_pitch = 0;  ///< See backends::RowBuffers.
  };
  /// `layer_ns`, if not empty, gets the time of each layer added, of all threads together.
  void run(const Operands& operands, base::ThreadPool& pool, std::span<std::atomic<std::int64_t>> layer_ns = {}) const;

  /// Chains are not longer, so that their state lies on the stack.
  static constexpr std::size_t kMostLayers = 8;

 private:
  struct Strip;
  struct Link {
    Member member;
    backends::RowShape shape;
    std::int64_t strip_rows = 0;   ///< Rows kept of its output; the last layer's go to the output itself.
    std::size_t strip_offset = 0;  ///< Bytes into a thread's scratch.
  };
  bool plan_strips(std::int64_t step_rows);
  /// Rows of one image of the last layer, by one thread.
  void run_piece(const Operands& operands, std::int64_t image, base::Range rows, std::byte* scratch, std::span<std::atomic<std::int64_t>> layer_ns) const;

  std::vector<Link> layers_;
  int threads_;
  std::int64_t step_rows_ = 0;     ///< Rows of the last layer computed in a turn.
  std::size_t layer_scratch_ = 0, thread_bytes_ = 0;
};

/// Steps [first, last] that one chain runs. Each reads what the one before it writes as `inputs[i]`, the
/// first as its input 0.
struct ChainedSteps {
  std::size_t first = 0, last = 0;
  std::vector<std::size_t> inputs = {0};
};

/// Neighbouring steps of one engine with large values between them that nobody else reads. `layers` and `threads`: by step.
std::vector<ChainedSteps> find_chains(const PhysicalGraph& graph, std::span<const backends::PreparedLayer* const> layers, std::span<const int> threads);

/// The other input whose memory the chain's output may take, row after row; -1 for none.
int overwritten_by(const ChainedSteps& steps, const PhysicalGraph& graph, std::span<const backends::PreparedLayer* const> layers);

/// A chain of steps, given their layers.
RowChain make_chain(const ChainedSteps& steps, std::span<const backends::PreparedLayer* const> layers, int threads);

}  // namespace dnntune::runtime
