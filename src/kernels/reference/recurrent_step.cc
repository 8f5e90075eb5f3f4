// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/recurrent_step.h"

#include <algorithm>

namespace dnntune::kernels::reference {
namespace {

/// [count] elements of `from` at `at`, or zeros.
void copy_state(DataType type, const void* from, std::int64_t at, double* to, std::int64_t count) noexcept {
  if (from == nullptr) std::fill_n(to, count, 0.0);
  else read(type, from, at, 1, count, to);
}

/// `from`, or zeros where it is null, to `to` at `at`, where the caller wants it.
void store_state(DataType type, const double* from, void* to, std::int64_t at, std::int64_t count) noexcept {
  for (std::int64_t i = 0; to != nullptr && i < count; ++i) write_one(type, from == nullptr ? 0.0 : from[i], to, at + i);
}

}  // namespace

void walk_sequences(const RecurrentArgs& args, DataType type, std::int64_t gate_count, base::Range sequences,
                    void (*step)(RecurrentStep&) noexcept) noexcept {
  const std::int64_t hidden_size = args.hidden_size;
  for (std::int64_t item = sequences.begin; item < sequences.end; ++item) {
    const std::int64_t direction = item / args.batch;
    const std::int64_t sequence = item % args.batch;
    const std::int64_t state_at =
        (args.batch_first ? sequence * args.directions + direction : direction * args.batch + sequence) * hidden_size;
    const auto output_at = [&](std::int64_t t) {
      return hidden_size * (args.batch_first ? (sequence * args.steps + t) * args.directions + direction
                                             : (t * args.directions + direction) * args.batch + sequence);
    };

    double* hidden = args.scratch + recurrent_scratch_elements(item, hidden_size);
    double* cell = hidden + hidden_size;
    copy_state(type, args.initial_hidden, state_at, hidden, hidden_size);
    copy_state(type, args.initial_cell, state_at, cell, hidden_size);

    const std::int64_t length = args.lengths == nullptr ? args.steps : args.lengths[sequence];
    for (std::int64_t i = 0; i < length; ++i) {
      const std::int64_t t = args.reversed[static_cast<std::size_t>(direction)] ? length - 1 - i : i;
      const std::int64_t input_row = args.batch_first ? sequence * args.steps + t : t * args.batch + sequence;
      RecurrentStep at{args, type, gate_count, direction, input_row * args.input_size, hidden, cell, cell + hidden_size};
      step(at);
      store_state(type, hidden, args.output, output_at(t), hidden_size);
    }
    for (std::int64_t t = length; t < args.steps; ++t) store_state(type, nullptr, args.output, output_at(t), hidden_size);
    store_state(type, length > 0 ? hidden : nullptr, args.last_hidden, state_at, hidden_size);
    store_state(type, length > 0 ? cell : nullptr, args.last_cell, state_at, hidden_size);
  }
}

}  // namespace dnntune::kernels::reference
