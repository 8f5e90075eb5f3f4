// SPDX-License-Identifier: Apache-2.0
// Private to lstm.cc, gru.cc and rnn.cc: walks a sequence and sums the inputs of a gate.
#pragma once

#include "kernels/reference/dot.h"
#include "kernels/reference/recurrent.h"

namespace dnntune::kernels::reference {

/// ONNX defines no others.
inline bool has_recurrent_kernel(DataType type) noexcept { return is_real(type) && type != DataType::bfloat16; }

/// One sequence in one direction, at one step.
struct RecurrentStep {
  const RecurrentArgs& args;
  DataType type;
  std::int64_t gate_count;
  std::int64_t direction;
  std::int64_t input;  ///< Where the [I] elements of this step begin
  double* hidden;      ///< [H], updated by the step
  double* cell;        ///< [H], updated by the step (LSTM)
  double* work;        ///< [5 * H]

  std::int64_t row(std::int64_t gate, std::int64_t unit) const noexcept {
    return (direction * gate_count + gate) * args.hidden_size + unit;
  }

  /// Weights * input + their bias, of one unit of one gate.
  double from_input(std::int64_t gate, std::int64_t unit) const noexcept {
    return add_products(bias(gate, unit), {type, args.weights, row(gate, unit) * args.input_size, 1}, {type, args.input, input, 1},
                        args.input_size);
  }

  /// Recurrence * state + its bias; `state` is the hidden one, or GRU's after the reset gate.
  double from_state(std::int64_t gate, std::int64_t unit, const double* state) const noexcept {
    return add_products(bias(gate_count + gate, unit), {type, args.recurrence, row(gate, unit) * args.hidden_size, 1},
                        {DataType::float64, state, 0, 1}, args.hidden_size);
  }

  double peephole(std::int64_t gate, std::int64_t unit) const noexcept {
    if (args.peephole == nullptr) return 0.0;
    return read_one<double>(type, args.peephole, (direction * 3 + gate) * args.hidden_size + unit);
  }

  /// Activation `function` (0 f, 1 g) of a clipped sum.
  double gate(std::size_t function, double sum) const noexcept {
    const double clipped = sum < -args.clip ? -args.clip : sum > args.clip ? args.clip : sum;
    return apply(args.activations[static_cast<std::size_t>(direction)][function], clipped);
  }

 private:
  double bias(std::int64_t half_gate, std::int64_t unit) const noexcept {
    if (args.bias == nullptr) return 0.0;
    return read_one<double>(type, args.bias, (direction * 2 * gate_count + half_gate) * args.hidden_size + unit);
  }
};

/// Calls step(RecurrentStep&) along each sequence of `sequences` and stores what the caller asked for.
void walk_sequences(const RecurrentArgs& args, DataType type, std::int64_t gate_count, base::Range sequences,
                    void (*step)(RecurrentStep&) noexcept) noexcept;

}  // namespace dnntune::kernels::reference
