// SPDX-License-Identifier: Apache-2.0
// Plans made by hand: one cut, at a given place, on one thread a side. For programs and tests that want that cut, not the best.
#pragma once

#include <string>
#include <vector>

#include <dnntune/plan.h>

namespace dnntune::harness {

/// Layers [0, position) on the device, the rest in the cloud; `values` cross, those of floats by `encoding`.
inline Plan plan_at(const Graph& graph, int position, const std::vector<std::string>& values, WireEncoding encoding = WireEncoding::raw) {
  Plan plan;
  plan.model = graph.name();
  plan.model_hash = graph.hash();
  plan.device_processor = plan.cloud_processor = "cpu:all x1";
  plan.chosen.name = "by hand";
  const int layers = static_cast<int>(graph.layers().size());
  for (int i = 0; i < layers; ++i) plan.chosen.tiers.push_back(i < position ? Tier::device : Tier::cloud);
  if (position == layers) return plan;  // nothing crosses
  for (const std::string& value : values) {
    const TensorInfo& info = graph.value(value);
    const WireEncoding how = info.type == DataType::float32 ? encoding : WireEncoding::raw;
    plan.chosen.crossings.push_back({value, how, wire_bytes(info, how)});
  }
  return plan;
}
inline Plan plan_at(const Graph& graph, const CutPoint& cut, WireEncoding encoding = WireEncoding::raw) {
  return plan_at(graph, cut.position, cut.values, encoding);
}

}  // namespace dnntune::harness
