// SPDX-License-Identifier: Apache-2.0
// dnntune_plan_bench: how long planning takes, by the size of the network and the length of the route. Networks are random,
// blocks of one to four branches that join; costs are random within what phones and servers need.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <random>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/output.h"
#include "dnntune/builder.h"
#include "dnntune/error.h"
#include "dnntune/route.h"

namespace {

using namespace dnntune;
using Random = std::mt19937_64;

std::int64_t pick(Random& random, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1));
}

/// Additions and Sigmoids, which no pass fuses or folds: a layer a node.
Graph random_network(Random& random, int layers) {
  GraphBuilder net("random");
  const Shape shape = {1, 16, 16, 16};
  std::string x = net.input("x", DataType::float32, shape);
  int made = 0;
  while (made < layers) {
    std::vector<std::string> ends;
    for (std::int64_t branch = pick(random, 1, 4); branch > 0; --branch) {
      std::string y = x;
      for (std::int64_t depth = pick(random, 1, 3); depth > 0; --depth, ++made) y = net.node("Sigmoid", {y});
      ends.push_back(y);
    }
    x = ends.front();
    for (std::size_t e = 1; e < ends.size(); ++e, ++made) x = net.node("Add", {x, ends[e]});
  }
  net.output(x);
  return net.build();
}

Profile random_profile(Random& random, const Graph& graph, const char* processor, std::int64_t fastest_ns, std::int64_t slowest_ns) {
  Profile profile;
  profile.model = graph.name();
  profile.model_hash = graph.hash();
  profile.processor = processor;
  for (const LayerInfo& info : graph.layers()) {
    LayerProfile layer;
    layer.name = info.name;
    layer.op = info.op;
    layer.kernel = "random";
    layer.outputs = info.outputs;
    layer.output_bytes = info.output_bytes;
    layer.latency_ns = {static_cast<double>(pick(random, fastest_ns, slowest_ns)), 0.0, Provenance::predicted};
    layer.energy_uj = {layer.latency_ns.value * 2e-3, 0.0, Provenance::predicted};
    profile.layers.push_back(std::move(layer));
  }
  return profile;
}

/// Milliseconds of the fastest of `repeats` runs.
template <typename F>
double fastest_ms(int repeats, F run) {
  double best = 1e300;
  for (int i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    best = std::min(best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

RouteRequest request_for(Random& random, const Graph& graph, int stops) {
  RouteRequest request{.graph = graph};
  std::int64_t slowest = 900'000;
  for (int s = 0; s < stops; ++s, slowest /= 4) {
    request.stops.push_back({.name = "stop" + std::to_string(s), .profiles = {random_profile(random, graph, "p", slowest / 10, slowest)}});
    if (s > 0) request.hops.push_back(RouteHop::network(Link::named("wifi")));
  }
  return request;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("How long planning takes, by the size of the network");
  std::vector<int> sizes = {100, 1000, 10'000, 100'000};
  int repeats = 5, most_stops = 3;
  std::uint64_t seed = 1;
  app.add_option("--layers", sizes, "Sizes of the networks")->check(CLI::Range(1, 1'000'000))->capture_default_str();
  app.add_option("--repeats", repeats, "Runs, of which the fastest counts")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--stops", most_stops, "Longest route")->check(CLI::Range(2, 8))->capture_default_str();
  app.add_option("--seed", seed, "Of the random networks")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    cli::Table table({">layers", ">stops", ">read ms", ">plan ms", ">re-plan ms", ">us a layer", "stops used"});
    for (const int size : sizes) {
      for (int stops = 2; stops <= most_stops; ++stops) {
        Random random(seed);
        const Graph graph = random_network(random, size);
        const RouteRequest request = request_for(random, graph, stops);
        std::optional<Planner> planner;
        const double read = fastest_ms(1, [&] { planner.emplace(request); });
        RoutePlan plan;
        const double solve = fastest_ms(repeats, [&] { plan = planner->plan(); });
        int turn = 0;
        const double again = fastest_ms(repeats, [&] {
          Link link = request.hops[0].link;
          link.bandwidth_up_bps *= 1.0 + 0.1 * ++turn;
          planner->set_link(0, link);
          plan = planner->plan();
        });
        std::string used;
        for (int s = 0; s < stops; ++s) used += fmt::format("{}{}", s > 0 ? "/" : "", std::count(plan.chosen.stops.begin(), plan.chosen.stops.end(), s));
        table.row({fmt::format("{}", graph.layers().size()), fmt::format("{}", stops), fmt::format("{:.2f}", read), fmt::format("{:.2f}", solve),
                   fmt::format("{:.2f}", again), fmt::format("{:.2f}", 1e3 * solve / static_cast<double>(graph.layers().size())), used});
      }
    }
    std::fputs(table.text(110).c_str(), stdout);
  } catch (const Error& e) {
    fmt::print(stderr, "dnntune_plan_bench: {}\n", e.what());
    return 1;
  }
  return 0;
}
