// SPDX-License-Identifier: Apache-2.0
// How long a layer keeps its processor in each state: computing, or moving data.
#pragma once

#include <vector>

#include "dnntune/cost_model.h"
#include "dnntune/layer_shape.h"
#include "dnntune/profile.h"

namespace dnntune::cost {

struct StateTimes {
  double computing_ns = 0.0;
  double moving_ns = 0.0;

  double sum_ns() const noexcept { return computing_ns + moving_ns; }
  StateTimes& operator+=(const StateTimes& other) noexcept;
  /// The same proportion of another time.
  StateTimes scaled_to(double ns) const noexcept;
};

/// What the roofline expects of a layer of a graph, of all shapes that belong to it.
struct LayerParts {
  StateTimes kernel, conversion;
};
/// By LayerShape::layer; as many as the largest of them says.
std::vector<LayerParts> parts_by_layer(const Roofline& roofline, const NetworkShape& network, int threads);

/// A layer's latency in proportion to its parts. Dispatch counts as computing: it waits for no memory.
StateTimes state_times(const LayerParts& parts, const LayerProfile& layer);

/// Of all layers of a network that ran with so many threads.
StateTimes run_times(const Roofline& roofline, const MeasuredNetwork& network, int threads);

}  // namespace dnntune::cost
