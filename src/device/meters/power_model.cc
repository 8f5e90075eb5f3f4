// SPDX-License-Identifier: Apache-2.0
#include "device/meters/power_model.h"

#include <algorithm>

namespace dnntune::device {

PowerModel::PowerModel(const Processor& processor) : watt_(processor.active_power_w), provenance_(Provenance::published), source_(processor.power_source) {
  if (source_.starts_with("measured")) provenance_ = Provenance::measured;
  if (source_.starts_with("predicted")) provenance_ = Provenance::predicted;
}

Cost PowerModel::energy(const Cost& latency_ns) const noexcept {
  if (!known()) return {};
  const double uj_per_ns = watt_ * 1e-3;
  return {latency_ns.value * uj_per_ns, latency_ns.spread * uj_per_ns, std::max(latency_ns.provenance, provenance_)};
}

}  // namespace dnntune::device
