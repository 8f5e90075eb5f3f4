// SPDX-License-Identifier: Apache-2.0
// Random small networks with a route to run along.
#pragma once

#include <string>

#include "dnntune/route.h"
#include "plan/small_nets.h"

namespace dnntune::test {

/// A stop whose processors differ in latency only.
inline Stop random_stop(Random& random, const Graph& graph, const std::string& name, std::int64_t slowest) {
  const std::size_t n = graph.layers().size();
  Stop stop;
  stop.name = name;
  const std::vector<double> uj = random_costs(random, n, 400);
  std::vector<std::int64_t> weights;
  for (std::size_t i = 0; i < n; ++i) weights.push_back(pick(random, 0, 100));
  for (std::int64_t p = pick(random, 1, 2); p > 0; --p) {
    stop.profiles.push_back(profile_of(graph, name + std::to_string(p), random_costs(random, n, slowest), uj));
    for (std::size_t i = 0; i < n; ++i) stop.profiles.back().layers[i].weight_bytes = weights[i];
  }
  return stop;
}

/// Five kinds of route, 0 to 4.
inline RouteRequest random_request(Random& random, int kind) {
  RouteRequest request{.graph = random_dag(random, static_cast<int>(pick(random, 1, kind == 0 ? 7 : 5)))};
  const auto link = [&] { return byte_link(static_cast<double>(pick(random, 0, 3) * 200)); };
  const auto add = [&](const char* name, std::int64_t slowest) { request.stops.push_back(random_stop(random, request.graph, name, slowest)); };
  switch (kind) {
    case 0:  // device -> cloud
      add("device", 1500), add("cloud", 300);
      request.hops = {RouteHop::network(link())};
      break;
    case 1:  // device -> edge -> cloud
      add("device", 1500), add("edge", 600), add("cloud", 200);
      request.hops = {RouteHop::network(link()), RouteHop::network(link())};
      break;
    case 2:  // device -> cloud -> device
      add("device", 1500), add("cloud", 300);
      request.hops = {RouteHop::network(link(), RouteHop::Return::once)};
      break;
    case 3:  // GPU - CPU -> cloud, inputs at the CPU
      add("gpu", 500), add("cpu", 900), add("cloud", 300);
      request.hops = {RouteHop::memory(1e9, 50e-9), RouteHop::network(link())};
      request.home = 1;
      break;
    default:  // GPU - CPU -> edge -> cloud, and back from both
      add("gpu", 500), add("cpu", 900), add("edge", 400), add("cloud", 100);
      request.hops = {RouteHop::memory(1e9, 50e-9), RouteHop::network(link(), RouteHop::Return::once), RouteHop::network(link(), RouteHop::Return::once)};
      request.home = 1;
  }
  return request;
}

}  // namespace dnntune::test
