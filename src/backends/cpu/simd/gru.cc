// SPDX-License-Identifier: Apache-2.0
#include "backends/layer_helpers.h"
#include "backends/cpu/simd/product_layer.h"
#include "backends/cpu/simd/recurrent_layer.h"
#include "backends/cpu/simd/tries.h"

namespace dnntune::backends::cpu::simd {
namespace {

constexpr std::int64_t kGates = 3;  // update, reset, candidate

class Gru : public RecurrentLayer {
 public:
  /// `recurrence` are the weights of the update and reset gates, `candidate` those of the candidate.
  Gru(const LayerSpec& layer, const RecurrentSizes& sizes, const std::vector<float>& bias, PackedWeights recurrence,
      PackedWeights candidate, bool linear_before_reset)
      : RecurrentLayer(layer, sizes, bias, std::move(recurrence)),
        candidate_(std::move(candidate)),
        linear_before_reset_(linear_before_reset),
        node_(layer.node.name) {}

  std::size_t weight_bytes() const noexcept { return RecurrentLayer::weight_bytes() + candidate_.bytes(); }

  void run(const Buffers& buffers, base::ThreadPool& pool) const {
    const RecurrentOperands at(buffers, sizes_, node_);
    const Memory memory = cut(buffers.scratch);
    float* const hidden = memory.states[0];
    float* const reset_hidden = memory.states[1];
    float* const from_state = memory.states[2];
    const auto start_step = [&](std::int64_t d, std::int64_t b, std::int64_t i) {
      if (i < at.length(sizes_, b))
        std::copy_n(inputs_at(memory, d, b, time_of(at, d, b, i)), kGates * sizes_.units, sums(memory, d, b));
    };
    multiply_inputs(at.x, memory, pool);
    each_sequence(pool, [&](std::int64_t d, std::int64_t b) {
      load_state(at.initial_hidden, d, b, state(hidden, d, b));
      load_state(nullptr, d, b, state(reset_hidden, d, b));
      load_state(nullptr, d, b, state(from_state, d, b));
      std::fill_n(sums(memory, d, b), sums_stride_, 0.0f);
      start_step(d, b, 0);
    });
    const std::int64_t steps = at.longest(sizes_);
    for (std::int64_t i = 0; i < steps; ++i) {
      const auto arguments = [&](std::int64_t d, std::int64_t b) {
        float* const gates = sums(memory, d, b);
        return kernels::simd::GruStepArgs{gates, gates + 2 * sizes_.units, state(from_state, d, b), state(hidden, d, b),
                                          state(reset_hidden, d, b), sizes_.units, linear_before_reset_};
      };
      multiply_states(recurrence_, true, hidden, memory.sums, sums_stride_, memory, pool);
      each_sequence(pool, [&](std::int64_t d, std::int64_t b) {
        if (i < at.length(sizes_, b)) cell_.gru_reset(arguments(d, b));
      });
      multiply_states(candidate_, false, linear_before_reset_ ? hidden : reset_hidden, from_state, state_stride_, memory, pool);
      each_sequence(pool, [&](std::int64_t d, std::int64_t b) {
        if (i >= at.length(sizes_, b)) return;
        cell_.gru_finish(arguments(d, b));
        store_output(at, d, b, time_of(at, d, b, i), state(hidden, d, b));
        start_step(d, b, i + 1);
      });
    }
    each_sequence(pool, [&](std::int64_t d, std::int64_t b) {
      clear_rest(at, d, b);
      store_state(at, d, b, state(hidden, d, b), at.last_hidden);
    });
  }

 private:
  PackedWeights candidate_;
  bool linear_before_reset_;
  std::string node_;
};

}  // namespace

std::unique_ptr<PreparedLayer> prepare_gru(const LayerSpec& layer) {
  using kernels::reference::RecurrentFunction;
  constexpr RecurrentFunction kFunctions[] = {RecurrentFunction::sigmoid, RecurrentFunction::tanh};
  const std::optional<RecurrentSizes> sizes = recurrent_sizes(layer, kGates, kFunctions);
  if (!sizes || input(layer, 6).present()) return nullptr;
  const bool linear_before_reset = layer.node.attributes.integer("linear_before_reset", 0) != 0;
  const std::int64_t units = sizes->units, columns = kGates * units;
  // The recurrence's biases join the input's, but for the candidate's when the reset gate multiplies it.
  std::vector<float> bias, candidate_bias;
  ConstantFloats biases(input(layer, 3)), states(layer.inputs[2]);
  if (const float* const both = biases.all()) {
    for (std::int64_t d = 0; d < sizes->directions; ++d) {
      for (std::int64_t n = 0; n < columns; ++n) {
        const float of_state = both[(2 * d + 1) * columns + n];
        const bool apart = n >= 2 * units && linear_before_reset;
        bias.push_back(both[2 * d * columns + n] + (apart ? 0.0f : of_state));
        if (apart) candidate_bias.push_back(of_state);
      }
    }
  }
  PackedWeights gates(units, 2 * units, sizes->directions);
  PackedWeights candidate(units, units, sizes->directions);
  for (std::int64_t d = 0; d < sizes->directions; ++d) {
    gates.pack_columns(d, states, d * columns * units, 1.0f);
    candidate.pack_columns(d, states, (d * columns + 2 * units) * units, 1.0f);
  }
  if (!candidate_bias.empty()) candidate.set_bias(candidate_bias.data(), 1, 1.0f);
  const DataType type = sizes->batch == 1 ? layer.weights : layer.math;
  if (gates.fit(type) && candidate.fit(type)) {
    set_math(layer, sizes->batch, gates);
    set_math(layer, sizes->batch, candidate);
  }
  const std::string_view kernel = gates.type() == DataType::float16 ? "simd.gru_fp16"
                                  : gates.reduced()                 ? "simd.gru_bf16"
                                                                    : "simd.gru";

  auto gru = std::make_unique<Gru>(layer, *sizes, bias, std::move(gates), std::move(candidate), linear_before_reset);
  const LayerTraits traits = {.kernel = kernel, .scratch_bytes = gru->scratch_bytes(),
                              .weight_bytes = gru->weight_bytes(), .held = kHoldsWeights | 0b1000};
  return make_layer(traits, [gru = std::move(gru)](const Buffers& buffers, base::ThreadPool& pool) { gru->run(buffers, pool); });
}

}  // namespace dnntune::backends::cpu::simd
