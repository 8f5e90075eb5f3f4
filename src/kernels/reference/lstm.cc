// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/recurrent_step.h"

namespace dnntune::kernels::reference {
namespace {

// ONNX's order in the weights, and in the peepholes without `candidate`.
enum Gate : std::int64_t { kInput = 0, kOutput = 1, kForget = 2, kCandidate = 3, kGates = 4 };

}  // namespace

template <typename T>
void lstm(const RecurrentArgs<T>& args, base::Range sequences) noexcept {
  walk_sequences(args, kGates, sequences, [&](RecurrentStep<T>& step) {
    const RecurrentActivation& of_cell = args.activations[static_cast<std::size_t>(step.direction)][2];
    double* next = step.work;  // every unit reads the whole old hidden state
    for (std::int64_t unit = 0; unit < args.hidden_size; ++unit) {
      const auto sum = [&](Gate gate) { return step.from_input(gate, unit) + step.from_state(gate, unit, step.hidden); };
      double& cell = step.cell[unit];
      const double input = step.gate(0, sum(kInput) + step.peephole(kInput, unit) * cell);
      const double forget =
          args.input_forget ? 1.0 - input : step.gate(0, sum(kForget) + step.peephole(kForget, unit) * cell);
      const double candidate = step.gate(1, sum(kCandidate));
      cell = forget * cell + input * candidate;
      const double output = step.gate(0, sum(kOutput) + step.peephole(kOutput, unit) * cell);
      next[unit] = output * apply(of_cell, cell);
    }
    std::copy_n(next, args.hidden_size, step.hidden);
  });
}

template void lstm(const RecurrentArgs<float>&, base::Range) noexcept;
template void lstm(const RecurrentArgs<double>&, base::Range) noexcept;
template void lstm(const RecurrentArgs<Float16>&, base::Range) noexcept;

}  // namespace dnntune::kernels::reference
