// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/recurrent_step.h"

namespace dnntune::kernels::reference {

template <typename T>
void rnn(const RecurrentArgs<T>& args, base::Range sequences) noexcept {
  walk_sequences(args, 1, sequences, [&](RecurrentStep<T>& step) {
    double* next = step.work;
    for (std::int64_t unit = 0; unit < args.hidden_size; ++unit)
      next[unit] = step.gate(0, step.from_input(0, unit) + step.from_state(0, unit, step.hidden));
    std::copy_n(next, args.hidden_size, step.hidden);
  });
}

template void rnn(const RecurrentArgs<float>&, base::Range) noexcept;
template void rnn(const RecurrentArgs<double>&, base::Range) noexcept;
template void rnn(const RecurrentArgs<Float16>&, base::Range) noexcept;

}  // namespace dnntune::kernels::reference
