// SPDX-License-Identifier: Apache-2.0
// What the LSTM and GRU layers share: operands, scratch memory, products with packed weights, and the walk
// along sequences. The inputs of all steps are multiplied in one product, the states step by step.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/backend.h"
#include "backends/cpu/simd/grain.h"
#include "backends/cpu/simd/packed_product.h"
#include "kernels/reference/recurrent.h"
#include "kernels/simd/recurrent.h"

namespace dnntune::backends::cpu::simd {

struct RecurrentSizes {
  std::int64_t directions = 1, batch = 0, steps = 0, inputs = 0, units = 0, gates = 0;
  bool batch_first = false;
  bool reversed[2] = {false, true};

  std::int64_t sequences() const noexcept { return directions * batch; }
  /// Row of X: [steps, batch], or the other way round.
  std::int64_t input_row(std::int64_t b, std::int64_t t) const noexcept { return batch_first ? b * steps + t : t * batch + b; }
  /// Row of Y: [steps, directions, batch] or [batch, steps, directions].
  std::int64_t output_row(std::int64_t d, std::int64_t b, std::int64_t t) const noexcept {
    return batch_first ? (b * steps + t) * directions + d : (t * directions + d) * batch + b;
  }
  /// Row of a state operand: [directions, batch], or the other way round.
  std::int64_t state_row(std::int64_t d, std::int64_t b) const noexcept { return batch_first ? b * directions + d : d * batch + b; }
};

/// The sizes of a layer that the SIMD kernels can run: constant float weights, the default activations
/// `functions`, no clipping, no peepholes. Nullopt for all others.
std::optional<RecurrentSizes> recurrent_sizes(const LayerSpec& layer, std::int64_t gates,
                                              std::span<const kernels::reference::RecurrentFunction> functions);

/// Input 2, the weights of all gates with the state, packed: a group each direction.
SharedWeights recurrence_weights(const LayerSpec& layer, const RecurrentSizes& sizes, const WeightStorage& storage);

/// The pointers of one run; null for operands that are left out.
struct RecurrentOperands {
  /// Throws invalid_argument, naming the node, when a length is out of range.
  RecurrentOperands(const Buffers& buffers, const RecurrentSizes& sizes, const std::string& node);
  const float* x;
  const std::int32_t* lengths;
  const float* initial_hidden;
  const float* initial_cell = nullptr;
  float* y;
  float* last_hidden;
  float* last_cell = nullptr;

  std::int64_t length(const RecurrentSizes& sizes, std::int64_t b) const noexcept {
    return lengths == nullptr ? sizes.steps : lengths[b];
  }
  std::int64_t longest(const RecurrentSizes& sizes) const noexcept;
};

class RecurrentLayer {
 public:
  std::size_t scratch_bytes() const noexcept;
  std::size_t weight_bytes() const noexcept;

 protected:
  /// `bias` are the input product's, [directions, gates * units], or empty. `recurrence` are the weights of
  /// the first product with a state.
  RecurrentLayer(const LayerSpec& layer, const RecurrentSizes& sizes, const std::vector<float>& bias, SharedWeights recurrence);

  /// A run's scratch memory, cut up. Rows are sequences, [directions, batch].
  struct Memory {
    float* all_inputs;   ///< [directions, rows of X, gates * units]
    float* sums;         ///< Rows of sums_stride_.
    float* states[3];    ///< Rows of state_stride_ each.
    float* packing;
    std::byte* inputs;
  };
  Memory cut(std::byte* scratch) const noexcept;

  /// Fills memory.all_inputs.
  void multiply_inputs(const float* x, const Memory& memory, base::ThreadPool& pool) const;
  /// The input's sums of a sequence at step t.
  const float* inputs_at(const Memory& memory, std::int64_t d, std::int64_t b, std::int64_t t) const noexcept;
  /// c = a * weights + bias or, with `accumulate`, c += a * weights, in every direction. Rows of a are states.
  void multiply_states(const PackedWeights& weights, bool accumulate, const float* a, float* c, std::int64_t c_stride,
                       const Memory& memory, base::ThreadPool& pool) const;

  /// Calls f(d, b) for every sequence, in parallel.
  template <typename F>
  void each_sequence(base::ThreadPool& pool, F f) const {
    pool.parallel_for(sizes_.sequences(), grain_for(sizes_.gates * sizes_.units * 16), [&](base::Range range, int) {
      for (std::int64_t i = range.begin; i < range.end; ++i) f(i / sizes_.batch, i % sizes_.batch);
    });
  }
  /// The step that a sequence reads and writes as its i-th.
  std::int64_t time_of(const RecurrentOperands& at, std::int64_t d, std::int64_t b, std::int64_t i) const noexcept {
    return sizes_.reversed[d] ? at.length(sizes_, b) - 1 - i : i;
  }
  /// A sequence's row of states.
  float* state(float* rows, std::int64_t d, std::int64_t b) const noexcept { return rows + (d * sizes_.batch + b) * state_stride_; }
  float* sums(const Memory& memory, std::int64_t d, std::int64_t b) const noexcept {
    return memory.sums + (d * sizes_.batch + b) * sums_stride_;
  }
  /// `from` null: zeros.
  void load_state(const float* from, std::int64_t d, std::int64_t b, float* row) const noexcept;
  /// The last state of a sequence; that of an empty one is 0. `to` null: nothing.
  void store_state(const RecurrentOperands& at, std::int64_t d, std::int64_t b, const float* row, float* to) const noexcept;
  void store_output(const RecurrentOperands& at, std::int64_t d, std::int64_t b, std::int64_t t, const float* hidden) const noexcept;
  /// Beyond a sequence's length the output is 0.
  void clear_rest(const RecurrentOperands& at, std::int64_t d, std::int64_t b) const noexcept;

  RecurrentSizes sizes_;
  const kernels::simd::RecurrentKernels& cell_;
  SharedWeights recurrence_;
  std::int64_t state_stride_ = 0, sums_stride_ = 0;  ///< Floats.

 private:
  const kernels::simd::GemmKernels& gemm_;
  std::vector<PackedProduct> input_products_;  ///< One a direction.
  int threads_;
  std::int64_t depth_ = 0, pack_floats_ = 0, all_inputs_floats_ = 0;
};

}  // namespace dnntune::backends::cpu::simd
