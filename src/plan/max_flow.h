// SPDX-License-Identifier: Apache-2.0
// Maximum flow in a network with integer capacities (Dinic's algorithm), and the minimum cut it proves.
#pragma once

#include <cstdint>
#include <vector>

namespace dnntune::plan {

class MaxFlow {
 public:
  /// An edge that no finite cut may contain. The capacities of all other edges together stay below it,
  /// so sums of two never overflow.
  static constexpr std::int64_t kUnlimited = std::int64_t{1} << 60;

  explicit MaxFlow(int nodes);
  /// `back` is the capacity of the opposite direction.
  void add_edge(int from, int to, std::int64_t capacity, std::int64_t back = 0);
  /// The value of the minimum cut between the two; kUnlimited or more when every cut has an unlimited
  /// edge. Call once.
  std::int64_t solve(int source, int sink);
  /// After solve: for each node whether it lies on the sink's side of the minimum cut with the fewest
  /// nodes there.
  std::vector<bool> sink_side(int sink) const;

 private:
  struct Edge {
    int to;
    std::int64_t residual;
  };
  bool find_levels(int source, int sink);
  std::int64_t push_path(int source, int sink);

  std::vector<Edge> edges_;                 ///< Edge e and its opposite e ^ 1.
  std::vector<std::vector<int>> outgoing_;  ///< Edge numbers by node.
  std::vector<int> level_;
  std::vector<std::size_t> next_;           ///< First outgoing edge that may still lead on, by node.
};

}  // namespace dnntune::plan
