// SPDX-License-Identifier: Apache-2.0
// dnntune_fleet_bench: thousands of clients with phones and links of many kinds share one cloud of few servers. What do they wait,
// by how they decide where to run?
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <dnntune/error.h>
#include <dnntune/version.h>
#include <fmt/format.h>

#include "cli/output.h"
#include "report/page.h"
#include "simulate.h"

namespace {

using namespace dnntune;

struct Options {
  std::uint32_t clients = 10'000;
  double rate_per_s = 0.1, seconds = 120.0, warmup_s = 30.0, central_load = 0.9;
  std::vector<int> servers = {5, 10, 20, 40};
  std::uint64_t seed = 1;
  fleet::Cloud cloud;
  std::string html;
};

struct Row {
  int servers = 0;
  std::string policy;
  fleet::Outcome outcome;
};

std::vector<Row> run(const Options& options) {
  const std::vector<fleet::Kind> kinds = fleet::kinds();
  const fleet::Demand demand = fleet::demand(kinds, options.clients, options.rate_per_s, options.seconds, options.seed);
  std::vector<Row> rows;
  for (const int servers : options.servers) {
    fleet::Cloud cloud = options.cloud;
    cloud.servers = servers;
    for (const auto& policy : fleet::policies(kinds, demand, servers, options.central_load, options.seed))
      rows.push_back({servers, policy->name(), fleet::simulate(demand, *policy, cloud, options.warmup_s)});
    const fleet::Assignment bound = fleet::assign(kinds, demand, servers);
    rows.push_back({servers, "bound: nobody waits",
                    {.mean_s = bound.mean_latency_s, .energy_j = bound.mean_energy_j, .offloaded = bound.offloaded, .utilisation = bound.busy / servers}});
  }
  return rows;
}

std::string text(const std::vector<Row>& rows) {
  cli::Table table({">servers", "policy", ">mean ms", ">p95 ms", ">wait ms", ">mJ", ">offloaded %", ">cloud busy %"});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& [servers, policy, o] = rows[i];
    if (i > 0 && rows[i - 1].servers != servers) table.rule();
    const bool simulated = o.p95_s > 0.0;
    table.row({fmt::format("{}", servers), policy, fmt::format("{:.1f}", 1e3 * o.mean_s), simulated ? fmt::format("{:.1f}", 1e3 * o.p95_s) : "-",
               simulated ? fmt::format("{:.1f}", 1e3 * o.wait_s) : "-", fmt::format("{:.1f}", 1e3 * o.energy_j),
               fmt::format("{:.1f}", 100.0 * o.offloaded), fmt::format("{:.1f}", 100.0 * o.utilisation)});
  }
  return table.text(100);
}

report::Page page(const Options& options, const std::vector<Row>& rows) {
  report::Page page("Many clients, one cloud");
  page.fact("clients", fmt::format("{}, {:g} requests a second each", options.clients, options.rate_per_s)).fact("seed", std::to_string(options.seed));
  page.fact("library", fmt::format("dnntune {}", version()));
  struct Figure {
    const char *title, *unit;
    double (*of)(const fleet::Outcome&);
    bool logarithmic;
  };
  for (const Figure& figure : {Figure{"Mean latency", "ms", [](const fleet::Outcome& o) { return 1e3 * o.mean_s; }, true},
                               Figure{"95th percentile of latency", "ms", [](const fleet::Outcome& o) { return 1e3 * o.p95_s; }, true},
                               Figure{"Energy of the device, a request", "mJ", [](const fleet::Outcome& o) { return 1e3 * o.energy_j; }, false},
                               Figure{"Requests with a part in the cloud", "%", [](const fleet::Outcome& o) { return 100.0 * o.offloaded; }, false}}) {
    report::Chart chart;
    chart.title = figure.title;
    chart.kind = report::ChartKind::lines;
    chart.x_title = "servers";
    chart.value_title = figure.unit;
    chart.x_logarithmic = true;
    chart.logarithmic = figure.logarithmic;
    for (const Row& row : rows) {
      auto series = std::find_if(chart.series.begin(), chart.series.end(), [&](const report::Series& one) { return one.name == row.policy; });
      if (series == chart.series.end()) series = chart.series.insert(series, report::Series{.name = row.policy});
      series->x.push_back(row.servers);
      series->values.push_back(figure.of(row.outcome));
    }
    page.chart(std::move(chart));
  }
  return page;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Many clients, one cloud: policies side by side on the same requests");
  app.add_option("--clients", options.clients, "How many")->check(CLI::Range(1, 1'000'000))->capture_default_str();
  app.add_option("--rate", options.rate_per_s, "Mean requests a second of one client")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--seconds", options.seconds, "Simulated")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--warmup", options.warmup_s, "Seconds that do not count")->check(CLI::NonNegativeNumber)->capture_default_str();
  app.add_option("--servers", options.servers, "Of the cloud")->delimiter(',')->check(CLI::Range(1, 100'000))->capture_default_str();
  app.add_option("--report", options.cloud.report_s, "Seconds between the cloud's reports of its wait")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--smoothing", options.cloud.smoothing, "Weight of the newest wait in a report")->check(CLI::Range(0.001, 1.0))->capture_default_str();
  app.add_option("--central-load", options.central_load, "How busy the centre's assignment may make the cloud")
      ->check(CLI::Range(0.01, 1.0))->capture_default_str();
  app.add_option("--seed", options.seed, "Of clients and requests")->capture_default_str();
  app.add_option("--html", options.html, "Also write a page of charts to this file");
  CLI11_PARSE(app, argc, argv);
  try {
    if (options.warmup_s >= options.seconds) throw Error(ErrorCode::invalid_argument, "--warmup must be shorter than --seconds");
    const std::vector<Row> rows = run(options);
    std::fputs(text(rows).c_str(), stdout);
    if (!options.html.empty()) {
      std::ofstream file(options.html, std::ios::binary);
      file << page(options, rows).html();
      if (!file.flush()) throw Error(ErrorCode::io, fmt::format("cannot write '{}'", options.html));
    }
  } catch (const Error& e) {
    fmt::print(stderr, "dnntune_fleet_bench: {}\n", e.what());
    return 1;
  }
  return 0;
}
