// SPDX-License-Identifier: Apache-2.0
#include "cost/state_times.h"

#include <algorithm>

#include "cost/kernel_choice.h"

namespace dnntune::cost {
namespace {

void add(Parts& sum, const Parts& parts) {
  sum.dispatch_ns += parts.dispatch_ns;
  sum.compute_ns += parts.compute_ns;
  sum.memory_ns += parts.memory_ns;
}

StateTimes divided(double ns, const Parts& parts) {
  const double computing = parts.dispatch_ns + parts.compute_ns, all = computing + parts.memory_ns;
  const double share = all > 0.0 ? computing / all : 1.0;
  return {ns * share, ns * (1.0 - share)};
}

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
  const std::int64_t all_weights = weight_bytes_of(network);
  for (const LayerShape& shape : network.layers) {
    const auto layer = static_cast<std::size_t>(shape.layer);
    if (parts.size() <= layer) parts.resize(layer + 1);
    if (!is_nothing(shape)) add(parts[layer].kernel, prior_parts(roofline, shape, threads, all_weights));
    if (shape.conversion_bytes > 0) add(parts[layer].conversion, conversion_parts(roofline, shape.conversion_bytes, threads));
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
