// SPDX-License-Identifier: Apache-2.0
// What LSTM, GRU and RNN do with the sums of a step, for one sequence: gate functions and the new state.
#pragma once

#include <cstdint>

namespace dnntune::kernels::simd {

/// Rows of states and sums are read and written by whole vectors: they need this many floats of room.
inline constexpr std::int64_t recurrent_stride(std::int64_t units) noexcept { return (units + 15) / 16 * 16; }
/// Room behind the last gate's sums.
inline constexpr std::int64_t kRecurrentSlack = 16;

/// sums: input, output, forget and cell gate, `units` each.
///   cell = sigmoid(forget) * cell + sigmoid(input) * tanh(candidate); hidden = sigmoid(output) * tanh(cell)
struct LstmStepArgs {
  const float* sums = nullptr;
  float* cell = nullptr;
  float* hidden = nullptr;
  std::int64_t units = 0;
};

/// Two halves of a step, because the candidate's sum may need the reset state.
/// gru_reset: update and reset sums become gates; reset_hidden = reset * hidden.
/// gru_finish: candidate = tanh(from_input + from_state), or with the reset gate applied after the
/// recurrence, tanh(from_input + reset * from_state); hidden = (1 - update) * candidate + update * hidden.
struct GruStepArgs {
  float* gates = nullptr;             ///< Update and reset, `units` each.
  const float* from_input = nullptr;  ///< Candidate's sum over the input.
  const float* from_state = nullptr;  ///< Candidate's sum over the state.
  float* hidden = nullptr;
  float* reset_hidden = nullptr;
  std::int64_t units = 0;
  bool linear_before_reset = false;
};

/// hidden = function(sums)
struct RnnStepArgs {
  enum class Function { relu, sigmoid, tanh };
  const float* sums = nullptr;
  float* hidden = nullptr;
  std::int64_t units = 0;
  Function function = Function::tanh;
};

struct RecurrentKernels {
  void (*lstm_step)(const LstmStepArgs& args) noexcept;
  void (*gru_reset)(const GruStepArgs& args) noexcept;
  void (*gru_finish)(const GruStepArgs& args) noexcept;
  void (*rnn_step)(const RnnStepArgs& args) noexcept;
};
/// For the best instruction set this processor has.
const RecurrentKernels& recurrent_kernels() noexcept;

}  // namespace dnntune::kernels::simd
