// SPDX-License-Identifier: Apache-2.0
// One LSTM layer as exporters write it.
#pragma once

#include "zoo/blocks.h"

namespace dnntune::zoo {

/// x [steps, batch, features] -> [steps, batch, hidden]: an LSTM node with both bias vectors, and the Squeeze
/// of its direction axis.
std::string lstm(Net& net, const std::string& x, const std::string& name, std::int64_t hidden);

}  // namespace dnntune::zoo
