// SPDX-License-Identifier: Apache-2.0
// What a model's errors cost: plans made from predictions against plans made from measurements.
#pragma once

#include "data.h"
#include "measure.h"

namespace dnntune::bench {

/// Measures every network of the zoo here and predicts it by a model of `train`; plans both over 50 links for the least latency, from a
/// device `slower` times slower than one core here to a cloud of two cores; and charges both plans at the measured figures.
void plans(const Data& train, const Measuring& measuring, double slower);

}  // namespace dnntune::bench
