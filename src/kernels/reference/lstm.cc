// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/reference/recurrent_step.h"

namespace dnntune::kernels::reference {
namespace {

// ONNX's order in the weights, and in the peepholes without `candidate`.
enum LstmGate : std::int64_t { kLstmInput = 0, kLstmOutput = 1, kLstmForget = 2, kLstmCandidate = 3, kLstmGates = 4 };

void step_lstm(RecurrentStep& step) noexcept {
  const RecurrentActivation& of_cell = step.args.activations[static_cast<std::size_t>(step.direction)][2];
  double* next = step.work;  // every unit reads the whole old hidden state
  for (std::int64_t unit = 0; unit < step.args.hidden_size; ++unit) {
    const auto sum = [&](LstmGate gate) { return step.from_input(gate, unit) + step.from_state(gate, unit, step.hidden); };
    double& cell = step.cell[unit];
    const double input = step.gate(0, sum(kLstmInput) + step.peephole(kLstmInput, unit) * cell);
    const double forget =
        step.args.input_forget ? 1.0 - input : step.gate(0, sum(kLstmForget) + step.peephole(kLstmForget, unit) * cell);
    const double candidate = step.gate(1, sum(kLstmCandidate));
    cell = forget * cell + input * candidate;
    const double output = step.gate(0, sum(kLstmOutput) + step.peephole(kLstmOutput, unit) * cell);
    next[unit] = output * apply(of_cell, cell);
  }
  std::copy_n(next, step.args.hidden_size, step.hidden);
}

void lstm(const RecurrentArgs& args, ElementTypes types, base::Range sequences) noexcept {
  walk_sequences(args, types.type, kLstmGates, sequences, step_lstm);
}

}  // namespace

RecurrentKernel lstm_kernel(DataType type) noexcept { return has_recurrent_kernel(type) ? RecurrentKernel(lstm, {type}) : nullptr; }

}  // namespace dnntune::kernels::reference
