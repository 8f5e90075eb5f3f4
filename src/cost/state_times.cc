// SPDX-License-Identifier: Apache-2.0
#include "cost/state_times.h"

#include <algorithm>

#include "cost/kernel_choice.h"
#include "cost/terms.h"

namespace dnntune::cost {
namespace {

StateTimes expected(const Terms& terms) {
  StateTimes times{terms[kDispatch], 0.0};
  for (std::size_t k = kNearValues; k < kActivation; ++k) times.moving_ns += terms[k];
  for (std::size_t k = kActivation; k < kTermCount; ++k) times.computing_ns += terms[k];
  return times;
}

/// Where nothing is expected it computes.
StateTimes divided(double ns, const StateTimes& expected) { return expected.sum_ns() > 0.0 ? expected.scaled_to(ns) : StateTimes{ns, 0.0}; }

}  // namespace

StateTimes& StateTimes::operator+=(const StateTimes& other) noexcept {
  computing_ns += other.computing_ns;
  moving_ns += other.moving_ns;
  return *this;
}

StateTimes StateTimes::scaled_to(double ns) const noexcept {
  const double factor = sum_ns() > 0.0 ? ns / sum_ns() : 0.0;
  return {computing_ns * factor, moving_ns * factor};
}

std::vector<LayerParts> parts_by_layer(const Roofline& roofline, const NetworkShape& network, int threads) {
  std::vector<LayerParts> parts;
  const Footprint footprint = footprint_of(network);
  for (const LayerShape& shape : network.layers) {
    const auto layer = static_cast<std::size_t>(shape.layer);
    if (parts.size() <= layer) parts.resize(layer + 1);
    if (!is_nothing(shape)) parts[layer].kernel += expected(terms_of(roofline, shape, shape.kernel, threads, footprint));
    if (shape.conversion_bytes > 0) parts[layer].conversion += expected(conversion_terms(roofline, shape.conversion_bytes, threads));
  }
  return parts;
}

StateTimes state_times(const LayerParts& parts, const LayerProfile& layer) {
  const double conversion_ns = std::clamp(layer.conversion_ns.value, 0.0, layer.latency_ns.value);
  StateTimes times = divided(layer.latency_ns.value - conversion_ns, parts.kernel);
  times += divided(conversion_ns, parts.conversion);
  return times;
}

StateTimes run_times(const Roofline& roofline, const MeasuredNetwork& network, int threads) {
  StateTimes run;
  const std::vector<LayerParts> parts = parts_by_layer(roofline, network.shape, threads);
  for (std::size_t i = 0; i < parts.size(); ++i) run += state_times(parts[i], network.profile.layers[i]);
  return run;
}

}  // namespace dnntune::cost
