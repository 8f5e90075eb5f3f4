// SPDX-License-Identifier: Apache-2.0
// Private to lstm.cc, gru.cc and rnn.cc: walks a sequence and sums the inputs of a gate.
#pragma once

#include <algorithm>

#include "kernels/element.h"
#include "kernels/reference/recurrent.h"

namespace dnntune::kernels::reference {

/// One sequence in one direction, at one step.
template <typename T>
struct RecurrentStep {
  const RecurrentArgs<T>& args;
  std::int64_t gate_count;
  std::int64_t direction;
  const T* input;   ///< [I] of this step
  double* hidden;   ///< [H], updated by the step
  double* cell;     ///< [H], updated by the step (LSTM)
  double* work;     ///< [5 * H]

  std::int64_t row(std::int64_t gate, std::int64_t unit) const noexcept {
    return (direction * gate_count + gate) * args.hidden_size + unit;
  }

  /// Weights * input + their bias, of one unit of one gate.
  double from_input(std::int64_t gate, std::int64_t unit) const noexcept {
    const T* weights = args.weights + row(gate, unit) * args.input_size;
    double sum = args.bias == nullptr ? 0.0 : load(args.bias[bias_index(gate, unit)]);
    for (std::int64_t i = 0; i < args.input_size; ++i) sum += load(weights[i]) * load(input[i]);
    return sum;
  }

  /// Recurrence * state + its bias; `state` is the hidden one, or GRU's after the reset gate.
  double from_state(std::int64_t gate, std::int64_t unit, const double* state) const noexcept {
    const T* weights = args.recurrence + row(gate, unit) * args.hidden_size;
    double sum = args.bias == nullptr ? 0.0 : load(args.bias[bias_index(gate_count + gate, unit)]);
    for (std::int64_t i = 0; i < args.hidden_size; ++i) sum += load(weights[i]) * state[i];
    return sum;
  }

  double peephole(std::int64_t gate, std::int64_t unit) const noexcept {
    if (args.peephole == nullptr) return 0.0;
    return load(args.peephole[(direction * 3 + gate) * args.hidden_size + unit]);
  }

  /// Activation `function` (0 f, 1 g) of a clipped sum.
  double gate(std::size_t function, double sum) const noexcept {
    const double clipped = sum < -args.clip ? -args.clip : sum > args.clip ? args.clip : sum;
    return apply(args.activations[static_cast<std::size_t>(direction)][function], clipped);
  }

 private:
  std::int64_t bias_index(std::int64_t half_gate, std::int64_t unit) const noexcept {
    return (direction * 2 * gate_count + half_gate) * args.hidden_size + unit;
  }
};

template <typename T>
void copy_state(const T* from, double* to, std::int64_t count) noexcept {
  for (std::int64_t i = 0; i < count; ++i) to[i] = from == nullptr ? 0.0 : load(from[i]);
}

template <typename T>
void store_state(const double* from, T* to, std::int64_t count) noexcept {
  for (std::int64_t i = 0; i < count; ++i) to[i] = store<T>(from == nullptr ? 0.0 : from[i]);
}

/// Calls step(RecurrentStep&) along each sequence of `sequences` and stores what the caller asked for.
template <typename T, typename Step>
void walk_sequences(const RecurrentArgs<T>& args, std::int64_t gate_count, base::Range sequences, Step step) noexcept {
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
    copy_state(args.initial_hidden == nullptr ? nullptr : args.initial_hidden + state_at, hidden, hidden_size);
    copy_state(args.initial_cell == nullptr ? nullptr : args.initial_cell + state_at, cell, hidden_size);

    const std::int64_t length = args.lengths == nullptr ? args.steps : args.lengths[sequence];
    for (std::int64_t i = 0; i < length; ++i) {
      const std::int64_t t = args.reversed[static_cast<std::size_t>(direction)] ? length - 1 - i : i;
      const std::int64_t input_row = args.batch_first ? sequence * args.steps + t : t * args.batch + sequence;
      const T* input = args.input + input_row * args.input_size;
      RecurrentStep<T> at{args, gate_count, direction, input, hidden, cell, cell + hidden_size};
      step(at);
      if (args.output != nullptr) store_state(hidden, args.output + output_at(t), hidden_size);
    }
    const double* none = nullptr;
    for (std::int64_t t = length; t < args.steps && args.output != nullptr; ++t)
      store_state(none, args.output + output_at(t), hidden_size);
    if (args.last_hidden != nullptr) store_state(length > 0 ? hidden : none, args.last_hidden + state_at, hidden_size);
    if (args.last_cell != nullptr) store_state(length > 0 ? cell : none, args.last_cell + state_at, hidden_size);
  }
}

}  // namespace dnntune::kernels::reference
