// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/reference/recurrent_step.h"

namespace dnntune::kernels::reference {
namespace {

void step_rnn(RecurrentStep& step) noexcept {
  double* next = step.work;
  for (std::int64_t unit = 0; unit < step.args.hidden_size; ++unit)
    next[unit] = step.gate(0, step.from_input(0, unit) + step.from_state(0, unit, step.hidden));
  std::copy_n(next, step.args.hidden_size, step.hidden);
}

void rnn(const RecurrentArgs& args, ElementTypes types, base::Range sequences) noexcept {
  walk_sequences(args, types.type, 1, sequences, step_rnn);
}

}  // namespace

RecurrentKernel rnn_kernel(DataType type) noexcept { return has_recurrent_kernel(type) ? RecurrentKernel(rnn, {type}) : nullptr; }

}  // namespace dnntune::kernels::reference
