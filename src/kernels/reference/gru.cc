// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/reference/recurrent_step.h"

namespace dnntune::kernels::reference {
namespace {

enum GruGate : std::int64_t { kGruUpdate = 0, kGruReset = 1, kGruCandidate = 2, kGruGates = 3 };

void step_gru(RecurrentStep& step) noexcept {
  double* reset = step.work;
  double* reset_state = step.work + step.args.hidden_size;
  double* next = step.work + 2 * step.args.hidden_size;
  const auto gate_of = [&](GruGate gate, std::int64_t unit) {
    return step.gate(0, step.from_input(gate, unit) + step.from_state(gate, unit, step.hidden));
  };
  for (std::int64_t unit = 0; unit < step.args.hidden_size; ++unit) {
    reset[unit] = gate_of(kGruReset, unit);
    reset_state[unit] = reset[unit] * step.hidden[unit];
  }
  for (std::int64_t unit = 0; unit < step.args.hidden_size; ++unit) {
    const double update = gate_of(kGruUpdate, unit);
    const double state = step.args.linear_before_reset ? reset[unit] * step.from_state(kGruCandidate, unit, step.hidden)
                                                  : step.from_state(kGruCandidate, unit, reset_state);
    const double candidate = step.gate(1, step.from_input(kGruCandidate, unit) + state);
    next[unit] = (1.0 - update) * candidate + update * step.hidden[unit];
  }
  std::copy_n(next, step.args.hidden_size, step.hidden);
}

void gru(const RecurrentArgs& args, ElementTypes types, base::Range sequences) noexcept {
  walk_sequences(args, types.type, kGruGates, sequences, step_gru);
}

}  // namespace

RecurrentKernel gru_kernel(DataType type) noexcept { return has_recurrent_kernel(type) ? RecurrentKernel(gru, {type}) : nullptr; }

}  // namespace dnntune::kernels::reference
