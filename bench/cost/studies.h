// SPDX-License-Identifier: Apache-2.0
// What else a model must do: start from another device's, and answer fast.
#pragma once

#include "data.h"

namespace dnntune::bench {

/// Learns from `source`, then from the first `few` networks of `train`, and predicts `test`; beside a model that has only
/// those few, and one that has all of `train`.
void transfer(const Data& source, const Data& train, std::size_t few, const Data& test);

/// How long the prediction of a network of 1,000 layers takes, made of layers of `test`.
void speed(const Data& train, const Data& test);

/// How far two recordings of the same networks lie apart: no model can be nearer to one of them than the other is. Throws
/// invalid_argument where they have no network in common.
void agree(const Data& first, const Data& second);

}  // namespace dnntune::bench
