// SPDX-License-Identifier: Apache-2.0
// Reads the activation attributes of LSTM, GRU and RNN.
#pragma once

#include <array>
#include <span>

#include "backends/backend.h"
#include "kernels/reference/recurrent.h"

namespace dnntune::backends::cpu {

/// `defaults` are those of one direction: f, g, h as far as the operator has them. Throws invalid_model
/// when the attribute's count does not fit or a name is unknown.
std::array<std::array<kernels::reference::RecurrentActivation, 3>, 2> recurrent_activations(
    const LayerSpec& layer, std::int64_t directions, std::span<const kernels::reference::RecurrentFunction> defaults);

}  // namespace dnntune::backends::cpu
