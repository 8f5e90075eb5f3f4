// SPDX-License-Identifier: Apache-2.0
#include "device/meters/power_model.h"

#include <algorithm>

#include <fmt/format.h>

namespace dnntune::device {

double power_at(std::vector<PowerPoint> points, double mhz) {
  std::sort(points.begin(), points.end(), [](const PowerPoint& a, const PowerPoint& b) { return a.mhz < b.mhz; });
  const auto above = std::find_if(points.begin(), points.end(), [&](const PowerPoint& point) { return point.mhz >= mhz; });
  if (above == points.end()) return points.back().watt;
  if (above == points.begin()) return above->watt;
  const PowerPoint& below = *(above - 1);
  return below.watt + (above->watt - below.watt) * (mhz - below.mhz) / (above->mhz - below.mhz);
}

PowerModel::PowerModel(const Processor& processor, std::optional<double> mhz) : watt_(processor.active_power_w), source_(processor.power_source) {
  if (source_.starts_with("measured")) provenance_ = Provenance::measured;
  if (source_.starts_with("predicted")) provenance_ = Provenance::predicted;
  if (processor.power_points.empty() || !mhz) return;
  watt_ = power_at(processor.power_points, *mhz);
  source_ += fmt::format("{}at {:.0f} MHz", source_.empty() ? "" : ", ", *mhz);
  const bool given = std::any_of(processor.power_points.begin(), processor.power_points.end(), [&](const PowerPoint& point) { return point.mhz == *mhz; });
  // Between the points, and beyond them, it is an estimate, whatever the points are.
  if (!given) provenance_ = std::max(provenance_, Provenance::predicted);
}

Cost PowerModel::energy(const Cost& latency_ns) const noexcept {
  if (!known()) return {};
  const double uj_per_ns = watt_ * 1e-3;
  return {latency_ns.value * uj_per_ns, latency_ns.spread * uj_per_ns, std::max(latency_ns.provenance, provenance_)};
}

}  // namespace dnntune::device
