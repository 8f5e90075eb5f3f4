// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/recurrent_step.h"

namespace dnntune::kernels::reference {
namespace {

enum Gate : std::int64_t { kUpdate = 0, kReset = 1, kCandidate = 2, kGates = 3 };

}  // namespace

template <typename T>
void gru(const RecurrentArgs<T>& args, base::Range sequences) noexcept {
  walk_sequences(args, kGates, sequences, [&](RecurrentStep<T>& step) {
    double* reset = step.work;
    double* reset_state = step.work + args.hidden_size;
    double* next = step.work + 2 * args.hidden_size;
    const auto gate_of = [&](Gate gate, std::int64_t unit) {
      return step.gate(0, step.from_input(gate, unit) + step.from_state(gate, unit, step.hidden));
    };
    for (std::int64_t unit = 0; unit < args.hidden_size; ++unit) {
      reset[unit] = gate_of(kReset, unit);
      reset_state[unit] = reset[unit] * step.hidden[unit];
    }
    for (std::int64_t unit = 0; unit < args.hidden_size; ++unit) {
      const double update = gate_of(kUpdate, unit);
      const double state = args.linear_before_reset ? reset[unit] * step.from_state(kCandidate, unit, step.hidden)
                                                    : step.from_state(kCandidate, unit, reset_state);
      const double candidate = step.gate(1, step.from_input(kCandidate, unit) + state);
      next[unit] = (1.0 - update) * candidate + update * step.hidden[unit];
    }
    std::copy_n(next, args.hidden_size, step.hidden);
  });
}

template void gru(const RecurrentArgs<float>&, base::Range) noexcept;
template void gru(const RecurrentArgs<double>&, base::Range) noexcept;
template void gru(const RecurrentArgs<Float16>&, base::Range) noexcept;

}  // namespace dnntune::kernels::reference
