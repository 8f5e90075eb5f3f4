// SPDX-License-Identifier: Apache-2.0
// dnntune_queue_bench: a server under load tells how loaded it is; what QueueModel predicts from that, and what requests that come
// afterwards really wait. Clients and server share this machine: they should have cores of their own.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/output.h"
#include "queue/clients.h"
#include "zoo/zoo.h"

namespace {

using namespace dnntune;
using namespace dnntune::queue_bench;

struct Options {
  std::vector<std::string> models = {"squeezenet_1_1", "mobilenet_v1"};
  std::vector<double> loads = {0.2, 0.4, 0.6, 0.8, 0.9};
  std::vector<int> clients = {1, 2, 4, 8};
  std::string processor = "cpu:all x1";
  double seconds = 45.0;
  int probes = 300;
};

double quantile(std::vector<double> values, double p) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(p * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}
double mean(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()); }
/// Of a mean, from 10 batches: neighbours in a queue wait alike.
double error_of_mean(const std::vector<double>& values) {
  constexpr std::size_t kBatches = 10;
  const std::size_t size = values.size() / kBatches;
  std::vector<double> batches;
  for (std::size_t b = 0; b < kBatches; ++b) batches.push_back(mean({values.begin() + static_cast<std::ptrdiff_t>(b * size), values.begin() + static_cast<std::ptrdiff_t>((b + 1) * size)}));
  double squares = 0.0;
  for (const double batch : batches) squares += std::pow(batch - mean(batches), 2);
  return std::sqrt(squares / (kBatches - 1) / kBatches);
}

std::string ms(double ns) { return std::isfinite(ns) ? fmt::format("{:.2f}", ns * 1e-6) : "saturated"; }

/// One that lets everybody wait: what a wait is shall be seen.
ServerOptions patient_server() {
  ServerOptions options;
  options.max_waiting = options.connections;
  return options;
}

class Bench {
 public:
  explicit Bench(const Options& options) : options_(options), server_(Device::local().processor(options.processor), patient_server()) {
    for (const std::string& name : options.models) graphs_.push_back(zoo::build(name));
    for (const Graph& graph : graphs_) server_.add_model(graph);
    server_.start();
    for (const Graph& graph : graphs_) targets_.push_back(make_target(graph, server_.url()));
    const std::vector<double> idle = probe(targets_.front(), server_.url(), options.probes, 0.01);
    base_ns_ = quantile(idle, 0.5);
    for (const Target& target : targets_) service_s_ += target.plan.cloud_only.cost.cloud_ns.value * 1e-9 / static_cast<double>(targets_.size());
    fmt::print("{} of {:.2f} ms each on the average; an idle server's exchange takes {:.2f} ms beside computing\n", fmt::join(options.models, " and "),
               service_s_ * 1e3, base_ns_ * 1e-6);
  }

  void run() {
    for (const double load : options_.loads) row(fmt::format("open {:.0f} %", load * 100), [&] { return Clients::open(targets_, server_.url(), load / service_s_); });
    table_.rule();
    for (const int clients : options_.clients) row(fmt::format("{} closed", clients), [&] { return Clients::closed(targets_, server_.url(), clients); });
    fmt::print("{}", table_.text(110));
  }

 private:
  template <typename Start>
  void row(const std::string& label, Start start) {
    const Clients clients = start();
    std::this_thread::sleep_for(std::chrono::duration<double>(options_.seconds));
    const ServerLoad load = remote_load(server_.url());
    ServerLoad without_waits = load;
    without_waits.wait_s = {};
    const WaitingTime formula = QueueModel(without_waits).waiting(), fitted = QueueModel(load).waiting();
    // At random distances from what the clients do, and so seldom that it adds little.
    std::vector<double> waits = probe(targets_.front(), server_.url(), options_.probes, 0.1);
    for (double& wait : waits) wait = std::max(0.0, wait - base_ns_);
    const double measured = mean(waits), late = quantile(waits, 0.95);
    table_.row({label, fmt::format("{:.0f}", 100 * load.busy), ms(formula.mean_ns.value), fmt::format("{} +- {}", ms(fitted.mean_ns.value), ms(fitted.mean_ns.spread)),
                fmt::format("{} +- {}", ms(measured), ms(error_of_mean(waits))), fmt::format("{:.2f}", fitted.mean_ns.value / measured), ms(fitted.percentile_ns(0.95)), ms(late)});
    if (clients.failed() > 0) fmt::print("{}: {} requests were not answered by the server\n", label, clients.failed());
    std::fflush(stdout);
  }

  Options options_;
  Server server_;
  std::vector<Graph> graphs_;
  std::vector<Target> targets_;
  double base_ns_ = 0.0, service_s_ = 0.0;
  cli::Table table_{{"load", ">busy %", ">formula ms", ">predicted ms", ">measured ms", ">ratio", ">95 % pred.", ">measured"}};
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Waiting times at a busy server: predicted from what it tells of its load, then measured"};
  Options options;
  app.add_option("--models", options.models, "Zoo networks that clients ask for, each as often")->delimiter(',')->capture_default_str();
  app.add_option("--loads", options.loads, "Shares of the server's time that open clients want")->delimiter(',')->check(CLI::Range(0.01, 0.99))->capture_default_str();
  app.add_option("--clients", options.clients, "Numbers of closed clients")->delimiter(',')->check(CLI::Range(1, 14))->capture_default_str();
  app.add_option("--processor", options.processor, "The server's")->capture_default_str();
  app.add_option("--seconds", options.seconds, "Of load before the server is asked")->check(CLI::Range(1.0, 600.0))->capture_default_str();
  app.add_option("--probes", options.probes, "Requests whose wait is measured, one every 0.1 s")->check(CLI::Range(10, 100000))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    Bench(options).run();
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
