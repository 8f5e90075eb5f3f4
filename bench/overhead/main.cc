// SPDX-License-Identifier: Apache-2.0
// dnntune_overhead_bench: what a request of our client to our server takes beyond an echo of the same bytes, and how many requests a second
// the server answers beside others. All of it on this machine: clients and servers share its cores.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/output.h"
#include "overhead/echo.h"
#include "overhead/rate.h"
#include "overhead/request.h"

namespace {

using namespace dnntune;
using namespace dnntune::overhead_bench;

struct Options {
  std::vector<std::size_t> bytes = {4 << 10, 64 << 10, 1 << 20, 4 << 20};
  double seconds = 4.0;
  std::vector<int> clients = {1, 4, 16};
  std::size_t rate_bytes = 4 << 10;
  int rounds = 5;
  double round_s = 1.0;
  std::vector<std::string> foreign;
  std::string only;
};

double quantile(std::vector<double> values, double p) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(p * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// Median and, in brackets, the 10th and the 90th percentile.
std::string spread(const std::vector<double>& values, const char* format) {
  return fmt::format("{} ({} to {})", fmt::format(fmt::runtime(format), quantile(values, 0.5)), fmt::format(fmt::runtime(format), quantile(values, 0.1)),
                     fmt::format(fmt::runtime(format), quantile(values, 0.9)));
}

void overhead(const Options& options) {
  cli::Table table({">payload", ">pairs", ">echo us", ">request us", ">of which compute", ">beyond echo and compute us", ">ratio without compute"});
  for (const std::size_t bytes : options.bytes) {
    Echo echo(bytes);
    Requests requests(bytes);
    constexpr int kWarmUp = 20;
    std::vector<double> echoes, totals, computes, beyond, ratios;
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(options.seconds);
    for (int i = 0; i < kWarmUp || std::chrono::steady_clock::now() < end; ++i) {
      double echo_ns = 0.0;
      if (i % 2 == 0) echo_ns = echo.exchange_ns();
      const RequestTimes request = requests.exchange();
      if (i % 2 != 0) echo_ns = echo.exchange_ns();
      if (i < kWarmUp) continue;
      const double rest_ns = request.total_ns - request.compute_ns;
      echoes.push_back(echo_ns * 1e-3);
      totals.push_back(request.total_ns * 1e-3);
      computes.push_back(request.compute_ns * 1e-3);
      beyond.push_back((rest_ns - echo_ns) * 1e-3);
      ratios.push_back(rest_ns / echo_ns);
    }
    table.row({fmt::format("{} KiB", bytes >> 10), std::to_string(echoes.size()), spread(echoes, "{:.0f}"), spread(totals, "{:.0f}"), spread(computes, "{:.1f}"),
               spread(beyond, "{:.0f}"), spread(ratios, "{:.2f}")});
  }
  fmt::print("Medians (10th to 90th percentile) of requests and echoes in turns\n{}", table.text(160));
}

/// For a profiler: without a comparison, no other server's work is in the way.
void rate_of_one(const Options& options, const std::vector<Target>& targets) {
  const auto target = std::find_if(targets.begin(), targets.end(), [&](const Target& one) { return one.name == options.only; });
  if (target == targets.end()) throw Error(ErrorCode::not_found, fmt::format("no server is called '{}'", options.only));
  for (const int clients : options.clients)
    for (int round = 0; round < options.rounds; ++round) fmt::print("{}, {} clients: {:.0f} requests/s\n", target->name, clients, requests_per_second(*target, clients, options.round_s));
}

void rates(const Options& options) {
  Servers servers(options.rate_bytes);
  for (const std::string& text : options.foreign) {
    const std::size_t colon = text.rfind(':');
    servers.add_foreign(text.substr(0, colon), std::stoi(text.substr(colon + 1)));
  }
  if (!options.only.empty()) return rate_of_one(options, servers.targets());
  cli::Table table({"server", ">clients", ">requests/s", ">dnntune's, over this"});
  for (const int clients : options.clients) {
    std::vector<std::vector<double>> found(servers.targets().size()), ratios(servers.targets().size());
    for (int round = 0; round < options.rounds; ++round) {
      for (std::size_t t = 0; t < found.size(); ++t) found[t].push_back(requests_per_second(servers.targets()[t], clients, options.round_s));
      for (std::size_t t = 0; t < found.size(); ++t) ratios[t].push_back(found[0].back() / found[t].back());
    }
    for (std::size_t t = 0; t < found.size(); ++t)
      table.row({servers.targets()[t].name, std::to_string(clients), spread(found[t], "{:.0f}"), t == 0 ? "" : spread(ratios[t], "{:.2f}")});
    table.rule();
  }
  fmt::print("\nRequests of {} bytes a second: medians of {} rounds of {:g} s each, in turns\n{}", options.rate_bytes, options.rounds, options.round_s, table.text(160));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Our client and server beside an echo of the same bytes, and our server beside others"};
  Options options;
  app.add_option("--bytes", options.bytes, "Payloads, each way; none: only rates")->delimiter(',')->check(CLI::Range(4, 64 << 20));
  app.add_option("--seconds", options.seconds, "For each payload")->check(CLI::Range(0.1, 600.0))->capture_default_str();
  app.add_option("--clients", options.clients, "Numbers of connections that send requests at a time; 0: no rates")->delimiter(',')->check(CLI::Range(0, 1000));
  app.add_option("--rate-bytes", options.rate_bytes, "Payload of those requests")->check(CLI::Range(4, 512 << 10))->capture_default_str();
  app.add_option("--rounds", options.rounds, "Of each server, for each number of connections")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--round-seconds", options.round_s, "Of one round")->check(CLI::Range(0.01, 600.0))->capture_default_str();
  app.add_option("--foreign", options.foreign, "Another server on this machine, as NAME:PORT, that has the trivial model");
  app.add_option("--only", options.only, "Rates of this server alone, by its name in the table, for a profiler");
  CLI11_PARSE(app, argc, argv);
  try {
    if (options.only.empty()) overhead(options);
    if (options.clients != std::vector<int>{0}) rates(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
