// SPDX-License-Identifier: Apache-2.0
#include "graph/layer_map.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "graph/graph_impl.h"

namespace dnntune::graph {
namespace {

/// The layer that comes next after `node` in the source, or the last one.
int follower(const std::vector<Node>& layers, const Node& node) {
  const int own = node.covers.empty() ? 0 : node.covers.front();
  const auto next = std::find_if(layers.begin(), layers.end(), [&](const Node& layer) {
    return std::any_of(layer.covers.begin(), layer.covers.end(), [&](int source) { return source > own; });
  });
  return static_cast<int>(std::min(next, layers.end() - 1) - layers.begin());
}

}  // namespace

std::vector<int> layers_of_graph(const Graph& graph, const Ir& plan) {
  std::unordered_map<int, int> by_source;
  const auto& layers = graph.impl().lowered.ir.nodes;
  if (layers.empty() && !plan.nodes.empty())
    throw Error(ErrorCode::unsupported, fmt::format("graph '{}' has no layers at its default shapes: load it with the shapes to be profiled",
                                                    graph.name()));
  for (std::size_t i = 0; i < layers.size(); ++i)
    for (const int source : layers[i].covers) by_source.emplace(source, static_cast<int>(i));
  std::vector<int> result;
  for (const Node& node : plan.nodes) {
    int layer = -1;
    for (const int source : node.covers)
      if (const auto found = by_source.find(source); layer < 0 && found != by_source.end()) layer = found->second;
    if (layer < 0) layer = follower(layers, node);
    result.push_back(layer);
  }
  return result;
}

}  // namespace dnntune::graph
