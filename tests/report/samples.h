// SPDX-License-Identifier: Apache-2.0
// Figures as if measured, for pages: every chart has something to draw, and one pair failed.
#pragma once

#include "cli/characterization.h"
#include "dnntune/plan.h"
#include "dnntune/tune.h"

namespace dnntune::samples {

LayerProfile layer(std::string name, std::string op, std::string kernel, double latency_ns);
/// A convolution, a depthwise one, a dense and a pooling layer.
Profile profile(double run_ns);
/// Three networks on a CPU, with energy, and on a device with a queue, where the last network fails.
cli::Characterization characterization();
/// Three layers, two won by the second processor; the third was not timed.
Tuning tuning();

/// A phone of 2 multiply-accumulates a nanosecond and 2 W, a server of 100, Wi-Fi between.
PlanRequest plan_request(const Graph& graph);

}  // namespace dnntune::samples
