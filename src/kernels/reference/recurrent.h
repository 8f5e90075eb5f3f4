// SPDX-License-Identifier: Apache-2.0
// What LSTM, GRU and RNN share: arguments, activation functions, the walk along a sequence.
#pragma once

#include <array>
#include <cstdint>
#include <limits>

#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {

enum class RecurrentFunction {
  affine,
  elu,
  hard_sigmoid,
  leaky_relu,
  relu,
  scaled_tanh,
  sigmoid,
  softplus,
  softsign,
  tanh,
  thresholded_relu
};

struct RecurrentActivation {
  RecurrentFunction function = RecurrentFunction::tanh;
  double alpha = 0.0;
  double beta = 0.0;
};

double apply(const RecurrentActivation& activation, double x) noexcept;

/// D directions, B sequences, S steps, I inputs, H hidden units, G gates (LSTM 4: i o f c; GRU 3: z r h;
/// RNN 1). Null where optional and left out.
struct RecurrentArgs {
  const void* input = nullptr;            ///< [S, B, I]; batch_first: [B, S, I]
  const void* weights = nullptr;          ///< [D, G * H, I]
  const void* recurrence = nullptr;       ///< [D, G * H, H]
  const void* bias = nullptr;             ///< [D, 2 * G * H]: of the weights, then of the recurrence; optional
  const std::int32_t* lengths = nullptr;  ///< [B], each in [0, S]; optional
  const void* initial_hidden = nullptr;   ///< [D, B, H]; batch_first: [B, D, H]; optional
  const void* initial_cell = nullptr;     ///< LSTM only; as initial_hidden; optional
  const void* peephole = nullptr;         ///< LSTM only; [D, 3 * H]: i o f; optional
  void* output = nullptr;                 ///< [S, D, B, H]; batch_first: [B, S, D, H]; optional
  void* last_hidden = nullptr;            ///< As initial_hidden; optional
  void* last_cell = nullptr;              ///< LSTM only; as initial_hidden; optional
  double* scratch = nullptr;              ///< recurrent_scratch_elements
  std::int64_t directions = 1;
  std::int64_t batch = 0;
  std::int64_t steps = 0;
  std::int64_t input_size = 0;
  std::int64_t hidden_size = 0;
  bool batch_first = false;
  std::array<bool, 2> reversed{false, true};                      ///< Per direction: runs from the last step to the first.
  std::array<std::array<RecurrentActivation, 3>, 2> activations;  ///< Per direction: f, g, h
  /// Bounds what enters the gates' activations (f, g) to [-clip, clip].
  double clip = std::numeric_limits<double>::infinity();
  bool input_forget = false;         ///< LSTM: forget gate = 1 - input gate
  bool linear_before_reset = false;  ///< GRU: the reset gate is applied after the recurrence
};

/// States stay in double from step to step.
constexpr std::int64_t recurrent_scratch_elements(std::int64_t sequences, std::int64_t hidden_size) noexcept {
  return sequences * 7 * hidden_size;
}

/// Items of all three are sequences: directions * batch. Beyond its length a sequence's output is 0; the
/// last states of an empty one are 0.
using RecurrentKernel = Kernel<RecurrentArgs>;
RecurrentKernel lstm_kernel(DataType type) noexcept;
RecurrentKernel gru_kernel(DataType type) noexcept;
RecurrentKernel rnn_kernel(DataType type) noexcept;

}  // namespace dnntune::kernels::reference
