// SPDX-License-Identifier: Apache-2.0
// Networks of any size with random costs, for measuring the planner.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>

#include <dnntune/graph.h>
#include <dnntune/route.h>

namespace dnntune::bench {

using Random = std::mt19937_64;

/// How the layers of a network are joined.
struct Pattern {
  std::string_view name;
  std::string_view what;
  Graph (*build)(Random& random, int layers);  ///< Of about so many layers.
};
std::span<const Pattern> patterns() noexcept;

/// A profile of random latencies within bounds, and energies that follow them.
Profile random_profile(Random& random, const Graph& graph, const std::string& processor, std::int64_t fastest_ns, std::int64_t slowest_ns);
/// Stops of which none is faster than the others but for single layers, so that the best cut may lie anywhere; Wi-Fi between.
RouteRequest even_request(Random& random, const Graph& graph, int stops);

}  // namespace dnntune::bench
