// SPDX-License-Identifier: Apache-2.0
#include "onnx/topology.h"

#include <functional>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::onnx {
namespace {

/// By node, those that it reads from, once for each operand.
std::vector<std::vector<int>> reads_of(const std::vector<ParsedNode>& nodes) {
  std::unordered_map<std::string_view, int> producers;
  for (std::size_t n = 0; n < nodes.size(); ++n)
    for (const std::string_view name : nodes[n].outputs)
      if (!name.empty()) producers.emplace(name, static_cast<int>(n));
  std::vector<std::vector<int>> reads(nodes.size());
  for (std::size_t n = 0; n < nodes.size(); ++n)
    for (const auto* operands : {&nodes[n].inputs, &nodes[n].captures})
      for (const std::string_view name : *operands)
        if (const auto found = producers.find(name); !name.empty() && found != producers.end()) reads[n].push_back(found->second);
  return reads;
}

bool is_sorted(const std::vector<std::vector<int>>& reads) {
  for (std::size_t n = 0; n < reads.size(); ++n)
    for (const int from : reads[n])
      if (from >= static_cast<int>(n)) return false;
  return true;
}

/// Kahn's algorithm, taking the first ready node of the file each time.
std::vector<int> stable_order(const std::vector<ParsedNode>& nodes, const std::vector<std::vector<int>>& reads) {
  std::vector<std::size_t> waiting_for;
  std::vector<std::vector<int>> readers(nodes.size());
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    for (const int from : reads[n]) readers[static_cast<std::size_t>(from)].push_back(static_cast<int>(n));
    waiting_for.push_back(reads[n].size());
  }
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (std::size_t n = 0; n < waiting_for.size(); ++n)
    if (waiting_for[n] == 0) ready.push(static_cast<int>(n));
  std::vector<int> order;
  while (!ready.empty()) {
    const int n = ready.top();
    ready.pop();
    order.push_back(n);
    for (const int reader : readers[static_cast<std::size_t>(n)])
      if (--waiting_for[static_cast<std::size_t>(reader)] == 0) ready.push(reader);
  }
  for (std::size_t n = 0; n < waiting_for.size(); ++n)
    if (waiting_for[n] > 0)
      throw Error(ErrorCode::invalid_model, fmt::format("the graph has a cycle: node '{}' is on it or behind it",
                                                        nodes[n].name.empty() ? fmt::format("{}_{}", nodes[n].op_type, n) : std::string(nodes[n].name)));
  return order;
}

}  // namespace

void sort_nodes(std::vector<ParsedNode>& nodes) {
  const std::vector<std::vector<int>> reads = reads_of(nodes);
  if (is_sorted(reads)) return;
  std::vector<ParsedNode> sorted;
  sorted.reserve(nodes.size());
  for (const int n : stable_order(nodes, reads)) sorted.push_back(std::move(nodes[static_cast<std::size_t>(n)]));
  nodes = std::move(sorted);
}

}  // namespace dnntune::onnx
