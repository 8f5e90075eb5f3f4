// SPDX-License-Identifier: Apache-2.0
#include "backends/layer_helpers.h"
#include "backends/cpu/simd/product_layer.h"
#include "backends/cpu/simd/recurrent_layer.h"
#include "backends/cpu/simd/tries.h"

namespace dnntune::backends::cpu::simd {
namespace {

constexpr std::int64_t kGruGates = 3;  // update, reset, candidate

/// The weights with the state: of the update and reset gates, and of the candidate. Both are stored alike.
struct StateWeights {
  PackedWeights gates, candidate;
  std::size_t bytes() const noexcept { return gates.bytes() + candidate.bytes(); }
};

std::shared_ptr<const StateWeights> state_weights(const LayerSpec& layer, const RecurrentSizes& sizes, const std::vector<float>& candidate_bias) {
  const std::int64_t units = sizes.units;
  const WeightStorage storage = storage_for(layer, sizes.batch, units);
  FormKey key("gru");
  key.add(units).add(sizes.directions).add(layer.inputs[2]).add_contents(std::as_bytes(std::span(candidate_bias)));
  storage.add_to(key);
  const auto pack = [&](StateWeights& packed) {
    ConstantFloats states(layer.inputs[2]);
    for (std::int64_t d = 0; d < sizes.directions; ++d) {
      packed.gates.pack_columns(d, states, d * kGruGates * units * units, 1.0f);
      packed.candidate.pack_columns(d, states, (d * kGruGates + 2) * units * units, 1.0f);
    }
    if (!candidate_bias.empty()) packed.candidate.set_bias(candidate_bias.data(), 1, 1.0f);
    const DataType type = storage.pair_run > 0 ? DataType::bfloat16 : storage.row_type;
    if (packed.gates.fit(type) && packed.candidate.fit(type)) {
      packed.gates.store(storage);
      packed.candidate.store(storage);
    }
  };
  // As in shared_weights: contents decide whether weights fit 16 bits.
  const auto make = [&] {
    StateWeights packed{{units, 2 * units, sizes.directions, false}, {units, units, sizes.directions, !candidate_bias.empty()}};
    if (storage.reduces()) pack(packed);
    return packed;
  };
  return shared_form<StateWeights>(layer, key, make, [&](StateWeights& packed) {
    if (!storage.reduces()) pack(packed);
  });
}

class Gru : public RecurrentLayer {
 public:
  Gru(const LayerSpec& layer, const RecurrentSizes& sizes, const std::vector<float>& bias, const std::shared_ptr<const StateWeights>& weights,
      bool linear_before_reset)
      : RecurrentLayer(layer, sizes, bias, {weights, &weights->gates}),
        candidate_(weights, &weights->candidate),
        linear_before_reset_(linear_before_reset),
        node_(layer.node.name) {}

  std::size_t weight_bytes() const noexcept { return RecurrentLayer::weight_bytes() + candidate_->bytes(); }

  void run(const Buffers& buffers, base::ThreadPool& pool) const {
    const RecurrentOperands at(buffers, sizes_, node_);
    const Memory memory = cut(buffers.scratch);
    float* const hidden = memory.states[0];
    float* const reset_hidden = memory.states[1];
    float* const from_state = memory.states[2];
    const auto start_step = [&](std::int64_t d, std::int64_t b, std::int64_t i) {
      if (i < at.length(sizes_, b))
        std::copy_n(inputs_at(memory, d, b, time_of(at, d, b, i)), kGruGates * sizes_.units, sums(memory, d, b));
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
      multiply_states(*recurrence_, true, hidden, memory.sums, sums_stride_, memory, pool);
      each_sequence(pool, [&](std::int64_t d, std::int64_t b) {
        if (i < at.length(sizes_, b)) cell_.gru_reset(arguments(d, b));
      });
      multiply_states(*candidate_, false, linear_before_reset_ ? hidden : reset_hidden, from_state, state_stride_, memory, pool);
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
  SharedWeights candidate_;
  bool linear_before_reset_;
  std::string node_;
};

}  // namespace

std::unique_ptr<PreparedLayer> prepare_gru(const LayerSpec& layer) {
  using kernels::reference::RecurrentFunction;
  constexpr RecurrentFunction kFunctions[] = {RecurrentFunction::sigmoid, RecurrentFunction::tanh};
  const std::optional<RecurrentSizes> sizes = recurrent_sizes(layer, kGruGates, kFunctions);
  if (!sizes || input(layer, 6).present()) return nullptr;
  const bool linear_before_reset = layer.node.attributes.integer("linear_before_reset", 0) != 0;
  const std::int64_t units = sizes->units, columns = kGruGates * units;
  // The recurrence's biases join the input's, but for the candidate's when the reset gate multiplies it.
  std::vector<float> bias, candidate_bias;
  ConstantFloats biases(input(layer, 3));
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
  const std::shared_ptr<const StateWeights> weights = state_weights(layer, *sizes, candidate_bias);
  const std::string_view kernel = weights->gates.type() == DataType::float16 ? "simd.gru_fp16"
                                  : weights->gates.reduced()                 ? "simd.gru_bf16"
                                                                             : "simd.gru";

  auto gru = std::make_unique<Gru>(layer, *sizes, bias, weights, linear_before_reset);
  const LayerTraits traits = {.kernel = kernel, .scratch_bytes = gru->scratch_bytes(),
                              .weight_bytes = gru->weight_bytes(), .shares_weights = true, .held = kHoldsWeights | 0b1000};
  return make_layer(traits, [gru = std::move(gru)](const Buffers& buffers, base::ThreadPool& pool) { gru->run(buffers, pool); });
}

}  // namespace dnntune::backends::cpu::simd
