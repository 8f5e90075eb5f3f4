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
    int from, to;
    std::int64_t capacity, back;
  };
  /// One direction of an edge, next to the others that leave the same node.
  struct Arc {
    int to;
    int opposite;
    std::int64_t residual;
  };
  void arrange();
  bool find_levels(int source, int sink);
  std::int64_t push_path(int source, int sink);

  int nodes_;
  std::vector<Edge> edges_;
  std::vector<Arc> arcs_;
  std::vector<int> first_;  ///< The arcs of node n are first_[n] to first_[n + 1].
  std::vector<int> level_;  ///< Distance to the sink; -1: none, or no longer of use.
  std::vector<int> next_;   ///< First arc that may still lead on, by node.
  std::vector<int> queue_, path_;
};

}  // namespace dnntune::plan
