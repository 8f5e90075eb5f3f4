// SPDX-License-Identifier: Apache-2.0
#include "runtime/assigned.h"

#include <algorithm>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "base/text.h"
#include "dnntune/error.h"
#include "graph/graph_impl.h"

namespace dnntune::runtime {
namespace {

void add_nodes(const graph::Ir& ir, std::set<std::string, std::less<>>& names) {
  for (const graph::Node& node : ir.nodes) {
    names.insert(node.name);
    for (const graph::Subgraph& part : node.subgraphs) add_nodes(*part.ir, names);
  }
}

/// Layers that come from the branch of an If are named "NODE:1", "NODE:2" from the second on.
std::string_view without_index(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  const bool index = colon != std::string_view::npos && colon + 1 < name.size() && name.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
  return index ? name.substr(0, colon) : name;
}

}  // namespace

void require_known_layers(const Graph& graph, const Assignment& assignment) {
  if (assignment.empty()) return;
  std::set<std::string, std::less<>> known;
  add_nodes(graph.impl().source, known);
  for (const LayerInfo& layer : graph.layers()) known.insert(layer.name);
  std::vector<std::string> unknown;
  for (const auto& [name, choice] : assignment.layers)
    if (!known.contains(name) && !known.contains(without_index(name))) unknown.push_back(fmt::format("'{}'", name));
  if (!unknown.empty())
    throw Error(ErrorCode::invalid_argument, fmt::format("the assignment names layers that graph '{}' does not have: {}", graph.name(), base::listed(unknown)));
}

std::vector<std::string> assignment_notes(const Assignment& assignment, const Processor& own, const std::vector<std::string>& layers) {
  std::vector<std::string> notes;
  if (assignment.empty()) return notes;
  std::vector<std::string> left, elsewhere;
  for (const std::string& layer : layers)
    if (!assignment.layers.contains(layer)) left.push_back(layer);
  for (const auto& [name, choice] : assignment.layers)
    if (std::find(layers.begin(), layers.end(), name) == layers.end()) elsewhere.push_back(name);
  if (!left.empty())
    notes.push_back(fmt::format("assignment: {} of {} layers are not in it and run as {} does: {}", left.size(), layers.size(), own.name, base::listed(left)));
  if (!elsewhere.empty())
    notes.push_back(fmt::format("assignment: {} of its names are folded or part of other layers here: {}", elsewhere.size(), base::listed(elsewhere)));
  return notes;
}

std::vector<std::string> layer_names(const graph::Ir& plan) {
  std::vector<std::string> names;
  for (const graph::Node& node : plan.nodes) names.push_back(node.name);
  return names;
}

}  // namespace dnntune::runtime
