// SPDX-License-Identifier: Apache-2.0
// dnntune_plan_bench: how long planning takes, by how layers are joined, their number, and the length of the route; at first,
// with the reading of the request, and again after a link changed.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/output.h"
#include "dnntune/error.h"
#include "dnntune/version.h"
#include "networks.h"
#include "report/page.h"
#include "zoo/zoo.h"

namespace {

using namespace dnntune;

struct Row {
  std::string network;
  std::size_t layers = 0;
  int stops = 0;
  double read_ms = 1e300, plan_ms = 1e300, again_ms = 1e300;  ///< Of the fastest of all repeats.
  double cut_ms = 1e300;  ///< All of make_plan; of two stops only.
  std::string used = {};  ///< Layers by stop.

  double first_ns() const { return 1e6 * (read_ms + plan_ms) / static_cast<double>(layers); }
  double again_ns() const { return 1e6 * again_ms / static_cast<double>(layers); }
  double cut_ns() const { return 1e6 * cut_ms / static_cast<double>(layers); }
};

/// Of the processor, not of the clock on the wall: planning has one thread, and the machine may have other work.
template <typename F>
void time_ms(double& best, F run) {
  const std::clock_t start = std::clock();
  run();
  best = std::min(best, 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
}

PlanRequest cut_request(const RouteRequest& route) {
  return {.graph = route.graph, .device = route.stops.front().profiles, .cloud = route.stops.back().profiles, .link = route.hops.front().link};
}

Row measure(const std::string& network, const RouteRequest& request, int repeats) {
  Row row{.network = network, .layers = request.graph.layers().size(), .stops = static_cast<int>(request.stops.size())};
  RoutePlan plan;
  for (int i = 0; i < repeats; ++i) {
    if (row.stops == 2) {
      const PlanRequest cut = cut_request(request);
      time_ms(row.cut_ms, [&] { make_plan(cut); });
    }
    std::optional<RouteRequest> own = request;  // a caller that gives its request away pays for no copy
    std::optional<Planner> planner;
    time_ms(row.read_ms, [&] { planner.emplace(std::move(*own)); });
    time_ms(row.plan_ms, [&] { plan = planner->plan(); });
    Link link = request.hops[0].link;
    link.bandwidth_up_bps *= 1.1 + 0.1 * i;
    time_ms(row.again_ms, [&] {
      planner->set_link(0, link);
      plan = planner->plan();
    });
  }
  for (int s = 0; s < row.stops; ++s) row.used += fmt::format("{}{}", s > 0 ? "/" : "", std::count(plan.chosen.stops.begin(), plan.chosen.stops.end(), s));
  return row;
}

/// What a chart shows.
enum class Timed { first, again, cut };

/// Logarithmic both ways: one line for each pattern of networks.
report::Chart chart(const std::vector<Row>& rows, int stops, Timed timed) {
  report::Chart chart;
  chart.title = timed == Timed::cut ? "make_plan: mobile-only, cloud-only and the best split, with the reading of the request"
                                    : fmt::format("{}, {} stops", timed == Timed::first ? "First plan of a route, with the reading of the request" : "Planned again after a link changed", stops);
  chart.note = "A level line is linear growth.";
  chart.kind = report::ChartKind::lines;
  chart.x_title = "layers";
  chart.value_title = "ns a layer";
  chart.logarithmic = chart.x_logarithmic = true;
  for (const Row& row : rows) {
    if (row.stops != stops) continue;
    if (chart.series.empty() || chart.series.back().name != row.network) {
      chart.series.emplace_back();
      chart.series.back().name = row.network;
    }
    report::Series& series = chart.series.back();
    series.x.push_back(static_cast<double>(row.layers));
    series.values.push_back(timed == Timed::first ? row.first_ns() : timed == Timed::again ? row.again_ns() : row.cut_ns());
    series.hover.push_back(fmt::format("{:.0f} ns a layer, {:.2f} ms", series.values.back(), series.values.back() * 1e-6 * static_cast<double>(row.layers)));
  }
  return chart;
}

report::Page page(const std::vector<Row>& rows, int most_stops) {
  report::Page page("Planning time by the size of the network");
  page.fact("library", fmt::format("dnntune {}", version()));
  for (const bench::Pattern& pattern : bench::patterns()) page.fact(std::string(pattern.name), std::string(pattern.what));
  page.chart(chart(rows, 2, Timed::cut));
  for (int stops = 2; stops <= most_stops; ++stops) page.chart(chart(rows, stops, Timed::first)).chart(chart(rows, stops, Timed::again));
  return page;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("How long planning takes, by the size of the network");
  std::vector<int> sizes = {100, 1000, 10'000, 100'000};
  std::vector<std::string> names;
  for (const bench::Pattern& pattern : bench::patterns()) names.emplace_back(pattern.name);
  int repeats = 5, most_stops = 3;
  std::uint64_t seed = 1;
  bool of_zoo = false;
  std::string html;
  app.add_option("--networks", names, "How layers are joined")->check(CLI::IsMember(names))->delimiter(',')->capture_default_str();
  app.add_option("--layers", sizes, "Sizes of the networks")->check(CLI::Range(1, 1'000'000))->delimiter(',')->capture_default_str();
  app.add_option("--repeats", repeats, "Runs, of which the fastest counts")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--stops", most_stops, "Longest route")->check(CLI::Range(2, 8))->capture_default_str();
  app.add_option("--seed", seed, "Of the random networks and costs")->capture_default_str();
  app.add_flag("--zoo", of_zoo, "The networks of the zoo instead");
  app.add_option("--html", html, "Also write a page of charts to this file");
  CLI11_PARSE(app, argc, argv);
  try {
    std::vector<Row> rows;
    const auto plan_along = [&](const std::string& network, const Graph& graph) {
      for (int stops = 2; stops <= most_stops; ++stops) {
        bench::Random random(seed);
        rows.push_back(measure(network, bench::even_request(random, graph, stops), repeats));
      }
    };
    if (of_zoo) {
      for (const zoo::Model& model : zoo::models()) plan_along(std::string(model.name), model.build(seed));
    } else {
      for (const bench::Pattern& pattern : bench::patterns()) {
        if (std::find(names.begin(), names.end(), pattern.name) == names.end()) continue;
        for (const int size : sizes) {
          bench::Random random(seed);
          plan_along(std::string(pattern.name), pattern.build(random, size));
        }
      }
    }
    cli::Table table({"network", ">layers", ">stops", ">read ms", ">plan ms", ">again ms", ">make_plan ms", ">first ns a layer", ">again", ">make_plan", "layers by stop"});
    for (const Row& row : rows)
      table.row({row.network, fmt::format("{}", row.layers), fmt::format("{}", row.stops), fmt::format("{:.3f}", row.read_ms),
                 fmt::format("{:.3f}", row.plan_ms), fmt::format("{:.3f}", row.again_ms),
                 row.stops == 2 ? fmt::format("{:.3f}", row.cut_ms) : "-", fmt::format("{:.0f}", row.first_ns()), fmt::format("{:.0f}", row.again_ns()),
                 row.stops == 2 ? fmt::format("{:.0f}", row.cut_ns()) : "-", row.used});
    std::fputs(table.text(140).c_str(), stdout);
    if (!html.empty()) {
      std::ofstream file(html, std::ios::binary);
      file << page(rows, most_stops).html();
      if (!file.flush()) throw Error(ErrorCode::io, fmt::format("cannot write '{}'", html));
    }
  } catch (const Error& e) {
    fmt::print(stderr, "dnntune_plan_bench: {}\n", e.what());
    return 1;
  }
  return 0;
}
