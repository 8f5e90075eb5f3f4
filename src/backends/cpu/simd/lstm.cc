// SPDX-License-Identifier: Apache-2.0
#include "backends/layer_helpers.h"
#include "backends/cpu/simd/product_layer.h"
#include "backends/cpu/simd/recurrent_layer.h"
#include "backends/cpu/simd/tries.h"

namespace dnntune::backends::cpu::simd {
namespace {

constexpr std::int64_t kLstmGates = 4;

class Lstm : public RecurrentLayer {
 public:
  Lstm(const LayerSpec& layer, const RecurrentSizes& sizes, const std::vector<float>& bias, SharedWeights recurrence)
      : RecurrentLayer(layer, sizes, bias, std::move(recurrence)), node_(layer.node.name) {}

  void run(const Buffers& buffers, base::ThreadPool& pool) const {
    RecurrentOperands at(buffers, sizes_, node_);
    at.initial_cell = in<float>(buffers, 6);
    at.last_cell = out<float>(buffers, 2);
    const Memory memory = cut(buffers.scratch);
    float* const hidden = memory.states[0];
    float* const cell = memory.states[1];
    // Step i starts from the input's sums; a sequence that has ended goes along unused.
    const auto start_step = [&](std::int64_t d, std::int64_t b, std::int64_t i) {
      if (i < at.length(sizes_, b))
        std::copy_n(inputs_at(memory, d, b, time_of(at, d, b, i)), kLstmGates * sizes_.units, sums(memory, d, b));
    };
    multiply_inputs(at.x, memory, pool);
    each_sequence(pool, [&](std::int64_t d, std::int64_t b) {
      load_state(at.initial_hidden, d, b, state(hidden, d, b));
      load_state(at.initial_cell, d, b, state(cell, d, b));
      std::fill_n(sums(memory, d, b), sums_stride_, 0.0f);
      start_step(d, b, 0);
    });
    const std::int64_t steps = at.longest(sizes_);
    for (std::int64_t i = 0; i < steps; ++i) {
      multiply_states(*recurrence_, true, hidden, memory.sums, sums_stride_, memory, pool);
      each_sequence(pool, [&](std::int64_t d, std::int64_t b) {
        if (i >= at.length(sizes_, b)) return;
        cell_.lstm_step({sums(memory, d, b), state(cell, d, b), state(hidden, d, b), sizes_.units});
        store_output(at, d, b, time_of(at, d, b, i), state(hidden, d, b));
        start_step(d, b, i + 1);
      });
    }
    each_sequence(pool, [&](std::int64_t d, std::int64_t b) {
      clear_rest(at, d, b);
      store_state(at, d, b, state(hidden, d, b), at.last_hidden);
      store_state(at, d, b, state(cell, d, b), at.last_cell);
    });
  }

 private:
  std::string node_;
};

}  // namespace

std::unique_ptr<PreparedLayer> prepare_lstm(const LayerSpec& layer) {
  using kernels::reference::RecurrentFunction;
  constexpr RecurrentFunction kFunctions[] = {RecurrentFunction::sigmoid, RecurrentFunction::tanh, RecurrentFunction::tanh};
  const std::optional<RecurrentSizes> sizes = recurrent_sizes(layer, kLstmGates, kFunctions);
  if (!sizes) return nullptr;
  const std::int64_t columns = kLstmGates * sizes->units;
  // ONNX's B holds the input's and the recurrence's biases, which are only ever added.
  std::vector<float> bias;
  ConstantFloats biases(input(layer, 3));
  if (const float* const both = biases.all())
    for (std::int64_t d = 0; d < sizes->directions; ++d)
      for (std::int64_t n = 0; n < columns; ++n) bias.push_back(both[2 * d * columns + n] + both[(2 * d + 1) * columns + n]);
  SharedWeights recurrence = recurrence_weights(layer, *sizes, storage_for(layer, sizes->batch, sizes->units));
  const std::string_view kernel = recurrence->type() == DataType::float16 ? "simd.lstm_fp16"
                                  : recurrence->reduced()                 ? "simd.lstm_bf16"
                                                                          : "simd.lstm";

  auto lstm = std::make_unique<Lstm>(layer, *sizes, bias, std::move(recurrence));
  const LayerTraits traits = {.kernel = kernel, .scratch_bytes = lstm->scratch_bytes(),
                              .weight_bytes = lstm->weight_bytes(), .shares_weights = true, .held = kHoldsWeights | 0b1000};
  return make_layer(traits, [lstm = std::move(lstm)](const Buffers& buffers, base::ThreadPool& pool) { lstm->run(buffers, pool); });
}

}  // namespace dnntune::backends::cpu::simd
