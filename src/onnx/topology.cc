// SPDX-License-Identifier: Apache-2.0
#include "onnx/topology.h"

#include <functional>
#include <queue>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::onnx {
namespace {

using graph::Ir;
using graph::kAbsent;
using graph::Node;
using graph::ValueId;

std::vector<int> producers(const Ir& ir) {
  std::vector<int> producer(ir.values.size(), -1);
  for (std::size_t n = 0; n < ir.nodes.size(); ++n)
    for (const ValueId id : ir.nodes[n].outputs)
      if (id != kAbsent) producer[static_cast<std::size_t>(id)] = static_cast<int>(n);
  return producer;
}

bool is_sorted(const Ir& ir, const std::vector<int>& producer) {
  for (std::size_t n = 0; n < ir.nodes.size(); ++n)
    for (const ValueId id : ir.nodes[n].inputs)
      if (id != kAbsent && producer[static_cast<std::size_t>(id)] >= static_cast<int>(n)) return false;
  return true;
}

/// Kahn's algorithm, taking the first ready node of the file each time.
std::vector<int> stable_order(const Ir& ir, const std::vector<int>& producer) {
  std::vector<int> waiting_for(ir.nodes.size(), 0);
  std::vector<std::vector<int>> readers(ir.nodes.size());
  for (std::size_t n = 0; n < ir.nodes.size(); ++n) {
    for (const ValueId id : ir.nodes[n].inputs) {
      if (id == kAbsent || producer[static_cast<std::size_t>(id)] < 0) continue;
      readers[static_cast<std::size_t>(producer[static_cast<std::size_t>(id)])].push_back(static_cast<int>(n));
      ++waiting_for[n];
    }
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
      throw Error(ErrorCode::invalid_model, fmt::format("the graph has a cycle: node '{}' is on it or behind it", ir.nodes[n].name));
  return order;
}

}  // namespace

void sort_nodes(Ir& ir) {
  const std::vector<int> producer = producers(ir);
  if (is_sorted(ir, producer)) return;
  std::vector<Node> sorted;
  sorted.reserve(ir.nodes.size());
  for (const int n : stable_order(ir, producer)) sorted.push_back(std::move(ir.nodes[static_cast<std::size_t>(n)]));
  ir.nodes = std::move(sorted);
}

}  // namespace dnntune::onnx
