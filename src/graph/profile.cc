// SPDX-License-Identifier: Apache-2.0
// Costs and their sums.
#include "dnntune/profile.h"

#include <algorithm>

namespace dnntune {
namespace {

/// Sum of one cost over all layers; unknown when there are none.
template <typename Member>
Cost sum(const std::vector<LayerProfile>& layers, Member member) noexcept {
  if (layers.empty()) return {};
  Cost total{0.0, 0.0, Provenance::measured};
  for (const LayerProfile& layer : layers) total = total + layer.*member;
  return total;
}

}  // namespace

const char* to_string(Provenance provenance) noexcept {
  switch (provenance) {
    case Provenance::measured: return "measured";
    case Provenance::predicted: return "predicted";
    case Provenance::published: return "published";
    case Provenance::unknown: return "unknown";
  }
  return "unknown";
}

const char* to_string(MemorySource source) noexcept {
  switch (source) {
    case MemorySource::unknown: return "unknown";
    case MemorySource::lower_bound: return "lower bound";
    case MemorySource::planned: return "planned";
    case MemorySource::session: return "session";
  }
  return "unknown";
}

Cost operator+(const Cost& a, const Cost& b) noexcept {
  return {a.value + b.value, a.spread + b.spread, std::max(a.provenance, b.provenance)};
}

Cost Profile::layers_ns() const noexcept { return sum(layers, &LayerProfile::latency_ns); }

double Profile::unattributed_ns() const noexcept { return run_ns.value - layers_ns().value - input_output_ns.value; }

Cost Profile::energy_uj() const noexcept { return sum(layers, &LayerProfile::energy_uj); }

}  // namespace dnntune
