// SPDX-License-Identifier: Apache-2.0
#include "plan/max_flow.h"

#include <algorithm>
#include "plan/at.h"

namespace dnntune::plan {

MaxFlow::MaxFlow(int nodes) : nodes_(nodes) {}

void MaxFlow::add_edge(int from, int to, std::int64_t capacity, std::int64_t back) { edges_.push_back({from, to, capacity, back}); }

/// Sorts both directions of every edge by the node they leave: a search then reads memory in order.
void MaxFlow::arrange() {
  first_.assign(at(nodes_) + 1, 0);
  for (const Edge& edge : edges_) {
    ++first_[at(edge.from) + 1];
    ++first_[at(edge.to) + 1];
  }
  for (int n = 0; n < nodes_; ++n) first_[at(n) + 1] += first_[at(n)];
  arcs_.resize(2 * edges_.size());
  next_.assign(first_.begin(), first_.end() - 1);
  for (const Edge& edge : edges_) {
    const int there = next_[at(edge.from)]++;
    const int back = next_[at(edge.to)]++;
    arcs_[at(there)] = {edge.to, back, edge.capacity};
    arcs_[at(back)] = {edge.from, there, edge.back};
  }
  level_.resize(at(nodes_));
}

/// Distances are counted from the sink, so that a search from the source meets few dead ends.
bool MaxFlow::find_levels(int source, int sink) {
  std::fill(level_.begin(), level_.end(), -1);
  level_[at(sink)] = 0;
  queue_.assign(1, sink);
  for (std::size_t head = 0; head < queue_.size(); ++head) {
    const int node = queue_[head];
    for (int a = first_[at(node)]; a < first_[at(node) + 1]; ++a) {
      const Arc& arc = arcs_[at(a)];
      if (level_[at(arc.to)] >= 0 || arcs_[at(arc.opposite)].residual == 0) continue;
      level_[at(arc.to)] = level_[at(node)] + 1;
      if (arc.to == source) return true;
      queue_.push_back(arc.to);
    }
  }
  return false;
}

/// Extends path_, which ends at a node short of the sink or is empty, to the sink; fills it and returns what it carried; 0
/// when there is no path left. What stays unfilled of its beginning stays in path_ for the next call. A loop and not a
/// recursion, so that a network of any depth fits the stack.
std::int64_t MaxFlow::push_path(int source, int sink) {
  int node = path_.empty() ? source : arcs_[at(path_.back())].to;
  while (node != sink) {
    int& next = next_[at(node)];
    while (next < first_[at(node) + 1]) {
      const Arc& arc = arcs_[at(next)];
      if (arc.residual > 0 && level_[at(arc.to)] == level_[at(node)] - 1) break;
      ++next;
    }
    if (next < first_[at(node) + 1]) {
      path_.push_back(next);
      node = arcs_[at(next)].to;
    } else if (path_.empty()) {
      return 0;
    } else {  // A dead end: one step back, and not this way again.
      node = arcs_[at(arcs_[at(path_.back())].opposite)].to;
      path_.pop_back();
      ++next_[at(node)];
    }
  }
  std::int64_t amount = kUnlimited;
  for (const int a : path_) amount = std::min(amount, arcs_[at(a)].residual);
  std::size_t keep = path_.size();
  for (std::size_t i = path_.size(); i-- > 0;) {
    Arc& arc = arcs_[at(path_[i])];
    arc.residual -= amount;
    arcs_[at(arc.opposite)].residual += amount;
    if (arc.residual == 0) keep = i;
  }
  path_.resize(keep);
  return amount;
}

std::int64_t MaxFlow::solve(int source, int sink) {
  arrange();
  std::int64_t flow = 0;
  while (flow < kUnlimited && find_levels(source, sink)) {
    std::copy(first_.begin(), first_.end() - 1, next_.begin());
    path_.clear();
    while (flow < kUnlimited) {
      const std::int64_t amount = push_path(source, sink);
      if (amount == 0) break;
      flow += amount;
    }
  }
  return flow;
}

std::vector<bool> MaxFlow::sink_side(int sink) const {
  std::vector<bool> reaches(at(nodes_), false);
  reaches[at(sink)] = true;
  std::vector<int> queue = {sink};
  for (std::size_t head = 0; head < queue.size(); ++head) {
    const int node = queue[head];
    for (int a = first_[at(node)]; a < first_[at(node) + 1]; ++a) {
      const Arc& arc = arcs_[at(a)];
      if (arcs_[at(arc.opposite)].residual == 0 || reaches[at(arc.to)]) continue;
      reaches[at(arc.to)] = true;
      queue.push_back(arc.to);
    }
  }
  return reaches;
}

}  // namespace dnntune::plan
