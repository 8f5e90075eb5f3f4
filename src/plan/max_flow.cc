// SPDX-License-Identifier: Apache-2.0
#include "plan/max_flow.h"

#include <algorithm>

namespace dnntune::plan {
namespace {
std::size_t at(int index) noexcept { return static_cast<std::size_t>(index); }
}  // namespace

MaxFlow::MaxFlow(int nodes) : outgoing_(at(nodes)), level_(at(nodes)), next_(at(nodes)) {}

void MaxFlow::add_edge(int from, int to, std::int64_t capacity, std::int64_t back) {
  outgoing_[at(from)].push_back(static_cast<int>(edges_.size()));
  edges_.push_back({to, capacity});
  outgoing_[at(to)].push_back(static_cast<int>(edges_.size()));
  edges_.push_back({from, back});
}

bool MaxFlow::find_levels(int source, int sink) {
  std::fill(level_.begin(), level_.end(), -1);
  level_[at(source)] = 0;
  std::vector<int> queue = {source};
  for (std::size_t head = 0; head < queue.size(); ++head) {
    for (const int e : outgoing_[at(queue[head])]) {
      const Edge& edge = edges_[at(e)];
      if (edge.residual == 0 || level_[at(edge.to)] >= 0) continue;
      level_[at(edge.to)] = level_[at(queue[head])] + 1;
      queue.push_back(edge.to);
    }
  }
  return level_[at(sink)] >= 0;
}

/// Fills one path of the level graph and returns what it carried; 0 when there is none left. A loop and
/// not a recursion, so that a network of any depth fits the stack.
std::int64_t MaxFlow::push_path(int source, int sink) {
  std::vector<int> path;
  int node = source;
  while (node != sink) {
    std::size_t& next = next_[at(node)];
    while (next < outgoing_[at(node)].size()) {
      const Edge& edge = edges_[at(outgoing_[at(node)][next])];
      if (edge.residual > 0 && level_[at(edge.to)] == level_[at(node)] + 1) break;
      ++next;
    }
    if (next < outgoing_[at(node)].size()) {
      path.push_back(outgoing_[at(node)][next]);
      node = edges_[at(path.back())].to;
    } else if (path.empty()) {
      return 0;
    } else {  // A dead end: one step back, and not this way again.
      node = edges_[at(path.back() ^ 1)].to;
      path.pop_back();
      ++next_[at(node)];
    }
  }
  std::int64_t amount = kUnlimited;
  for (const int e : path) amount = std::min(amount, edges_[at(e)].residual);
  for (const int e : path) {
    edges_[at(e)].residual -= amount;
    edges_[at(e ^ 1)].residual += amount;
  }
  return amount;
}

std::int64_t MaxFlow::solve(int source, int sink) {
  std::int64_t flow = 0;
  while (flow < kUnlimited && find_levels(source, sink)) {
    std::fill(next_.begin(), next_.end(), 0u);
    while (flow < kUnlimited) {
      const std::int64_t amount = push_path(source, sink);
      if (amount == 0) break;
      flow += amount;
    }
  }
  return flow;
}

std::vector<bool> MaxFlow::sink_side(int sink) const {
  std::vector<bool> reaches(outgoing_.size(), false);
  reaches[at(sink)] = true;
  std::vector<int> queue = {sink};
  for (std::size_t head = 0; head < queue.size(); ++head) {
    for (const int e : outgoing_[at(queue[head])]) {
      // The opposite edge leads from edges_[e].to to this node.
      const int from = edges_[at(e)].to;
      if (edges_[at(e ^ 1)].residual == 0 || reaches[at(from)]) continue;
      reaches[at(from)] = true;
      queue.push_back(from);
    }
  }
  return reaches;
}

}  // namespace dnntune::plan
