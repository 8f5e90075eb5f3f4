// SPDX-License-Identifier: Apache-2.0
// The maximum flow equals the cheapest of all cuts, tried one by one.
#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "plan/max_flow.h"
#include "plan/small_nets.h"

using dnntune::plan::MaxFlow;
using dnntune::test::pick;

TEST_CASE("maximum flow equals the cheapest cut of small random networks") {
  dnntune::test::Random random(1);
  for (int round = 0; round < 2000; ++round) {
    struct Edge {
      int from, to;
      std::int64_t capacity, back;
    };
    const int nodes = static_cast<int>(pick(random, 2, 8));
    std::vector<Edge> edges;
    MaxFlow flow(nodes);
    for (std::int64_t i = pick(random, 0, 20); i > 0; --i) {
      const Edge e{static_cast<int>(pick(random, 0, nodes - 1)), static_cast<int>(pick(random, 0, nodes - 1)), pick(random, 0, 9),
                   pick(random, 0, 3)};
      edges.push_back(e);
      flow.add_edge(e.from, e.to, e.capacity, e.back);
    }
    std::int64_t cheapest = MaxFlow::kUnlimited;
    const auto cut_cost = [&](unsigned sink_side) {
      std::int64_t cost = 0;
      for (const Edge& e : edges) {
        const bool from_sink = (sink_side >> e.from) & 1u, to_sink = (sink_side >> e.to) & 1u;
        if (!from_sink && to_sink) cost += e.capacity;
        if (from_sink && !to_sink) cost += e.back;
      }
      return cost;
    };
    for (unsigned set = 0; set < (1u << nodes); ++set)
      if (!(set & 1u) && (set & 2u)) cheapest = std::min(cheapest, cut_cost(set));
    CHECK(flow.solve(0, 1) == cheapest);
    unsigned found = 0;
    const std::vector<bool> side = flow.sink_side(1);
    for (int i = 0; i < nodes; ++i) found |= (side[static_cast<std::size_t>(i)] ? 1u : 0u) << i;
    CHECK(!(found & 1u));
    CHECK((found & 2u) != 0);
    CHECK(cut_cost(found) == cheapest);
  }
}

TEST_CASE("a network without a finite cut says so") {
  MaxFlow flow(3);
  flow.add_edge(0, 2, MaxFlow::kUnlimited);
  flow.add_edge(2, 1, MaxFlow::kUnlimited);
  flow.add_edge(0, 1, 5);
  CHECK(flow.solve(0, 1) >= MaxFlow::kUnlimited);
}
