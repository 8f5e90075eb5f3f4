// SPDX-License-Identifier: Apache-2.0
// Errors of predictions, method by method.
#pragma once

#include "data.h"

namespace dnntune::bench {

/// Learns from `train`, predicts `test`, and prints shares and errors of every method. `details`: also by family and kind.
void compare(const Data& train, const Data& test, bool details);

}  // namespace dnntune::bench
