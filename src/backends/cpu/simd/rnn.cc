// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "backends/layer_helpers.h"
#include "backends/cpu/reference/recurrent_activations.h"
#include "backends/cpu/simd/recurrent_layer.h"
#include "backends/cpu/simd/tries.h"

namespace dnntune::backends::cpu::simd {
namespace {

using kernels::reference::RecurrentFunction;
using Function = kernels::simd::RnnStepArgs::Function;

class Rnn : public RecurrentLayer {
 public:
  Rnn(const LayerSpec& layer, const RecurrentSizes& sizes, const std::vector<float>& bias, SharedWeights recurrence, Function function)
      : RecurrentLayer(layer, sizes, bias, std::move(recurrence)), function_(function), node_(layer.node.name) {}

  void run(const Buffers& buffers, base::ThreadPool& pool) const {
    const RecurrentOperands at(buffers, sizes_, node_);
    const Memory memory = cut(buffers.scratch);
    float* const hidden = memory.states[0];
    const auto start_step = [&](std::int64_t d, std::int64_t b, std::int64_t i) {
      if (i < at.length(sizes_, b)) std::copy_n(inputs_at(memory, d, b, time_of(at, d, b, i)), sizes_.units, sums(memory, d, b));
    };
    multiply_inputs(at.x, memory, pool);
    each_sequence(pool, [&](std::int64_t d, std::int64_t b) {
      load_state(at.initial_hidden, d, b, state(hidden, d, b));
      std::fill_n(sums(memory, d, b), sums_stride_, 0.0f);
      start_step(d, b, 0);
    });
    const std::int64_t steps = at.longest(sizes_);
    for (std::int64_t i = 0; i < steps; ++i) {
      multiply_states(*recurrence_, true, hidden, memory.sums, sums_stride_, memory, pool);
      each_sequence(pool, [&](std::int64_t d, std::int64_t b) {
        if (i >= at.length(sizes_, b)) return;
        cell_.rnn_step({sums(memory, d, b), state(hidden, d, b), sizes_.units, function_});
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
  Function function_;
  std::string node_;
};

}  // namespace

std::unique_ptr<PreparedLayer> prepare_rnn(const LayerSpec& layer) {
  constexpr std::array<RecurrentFunction, 1> kDefault = {RecurrentFunction::tanh};
  const std::int64_t directions = layer.node.attributes.text("direction", "forward") == "bidirectional" ? 2 : 1;
  const std::array<RecurrentFunction, 1> own = {recurrent_activations(layer, directions, kDefault)[0][0].function};
  const std::optional<RecurrentSizes> sizes = recurrent_sizes(layer, 1, own);
  if (!sizes) return nullptr;
  Function function = Function::tanh;
  switch (own[0]) {
    case RecurrentFunction::tanh: break;
    case RecurrentFunction::relu: function = Function::relu; break;
    case RecurrentFunction::sigmoid: function = Function::sigmoid; break;
    default: return nullptr;
  }
  const std::int64_t units = sizes->units;
  ConstantFloats biases(input(layer, 3));
  std::vector<float> bias;
  if (const float* const both = biases.all())
    for (std::int64_t d = 0; d < sizes->directions; ++d)
      for (std::int64_t n = 0; n < units; ++n) bias.push_back(both[2 * d * units + n] + both[(2 * d + 1) * units + n]);
  auto rnn = std::make_unique<Rnn>(layer, *sizes, bias, recurrence_weights(layer, *sizes, {}), function);
  const LayerTraits traits = {.kernel = "simd.rnn", .scratch_bytes = rnn->scratch_bytes(), .weight_bytes = rnn->weight_bytes(),
                              .shares_weights = true, .held = kHoldsWeights | 0b1000};
  return make_layer(traits, [rnn = std::move(rnn)](const Buffers& buffers, base::ThreadPool& pool) { rnn->run(buffers, pool); });
}

}  // namespace dnntune::backends::cpu::simd
