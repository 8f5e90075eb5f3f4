// SPDX-License-Identifier: Apache-2.0
// Profiles with given figures, for tests that plan without measuring.
#pragma once

#include <string>
#include <vector>

#include "dnntune/graph.h"
#include "dnntune/profile.h"

namespace dnntune::test {

/// A measured profile of `graph` with the given figures, one a layer; no energy when `uj` is empty.
inline Profile profile_of(const Graph& graph, const std::string& processor, const std::vector<double>& ns, const std::vector<double>& uj = {}) {
  Profile profile;
  profile.model = graph.name();
  profile.model_hash = graph.hash();
  profile.processor = processor;
  for (std::size_t i = 0; i < graph.layers().size(); ++i) {
    const LayerInfo& info = graph.layers()[i];
    LayerProfile layer;
    layer.name = info.name;
    layer.op = info.op;
    layer.kernel = "test.kernel";
    layer.outputs = info.outputs;
    layer.latency_ns = {ns.at(i), 0.0, Provenance::measured};
    if (!uj.empty()) layer.energy_uj = {uj.at(i), 0.0, Provenance::measured};
    layer.input_bytes = info.input_bytes;
    layer.output_bytes = info.output_bytes;
    profile.layers.push_back(std::move(layer));
  }
  return profile;
}

/// Layers that take so long each, at 2 W.
inline Profile even_profile(const Graph& graph, double ns) {
  const std::size_t layers = graph.layers().size();
  return profile_of(graph, "cpu:all x1", std::vector<double>(layers, ns), std::vector<double>(layers, ns * 2e-3));
}

}  // namespace dnntune::test
