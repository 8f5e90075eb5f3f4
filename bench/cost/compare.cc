// SPDX-License-Identifier: Apache-2.0
#include "compare.h"

#include <algorithm>
#include <cmath>
#include <chrono>
#include <cstdio>
#include <map>

#include "predictor.h"

namespace dnntune::bench {
namespace {

constexpr double kInterval90 = 1.645;

/// Relative errors of one kind of thing.
struct Errors {
  std::vector<double> relative;
  int within_interval = 0;

  void add(double predicted, double spread, double measured) {
    relative.push_back(predicted / measured - 1.0);
    if (std::abs(predicted - measured) <= kInterval90 * spread) ++within_interval;
  }
  double share_within(double bound) const {
    return 100.0 * static_cast<double>(std::count_if(relative.begin(), relative.end(), [=](double e) { return std::abs(e) <= bound; })) /
           std::max<double>(1.0, static_cast<double>(relative.size()));
  }
  double coverage() const { return 100.0 * within_interval / std::max<double>(1.0, static_cast<double>(relative.size())); }
  double median() const { return quantile(0.5, true); }
  double quantile(double q, bool absolute) const {
    if (relative.empty()) return 0.0;
    std::vector<double> sorted = relative;
    if (absolute)
      for (double& e : sorted) e = std::abs(e);
    std::sort(sorted.begin(), sorted.end());
    return 100.0 * sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(q * static_cast<double>(sorted.size())))];
  }
};

void print_row(const std::string& name, const Errors& runs, const Errors& layers) {
  std::printf("%-30s %6zu %9.1f %8.2f %+7.1f %8.1f %9zu %9.1f %8.1f\n", name.c_str(), runs.relative.size(), runs.share_within(0.10), runs.median(),
              runs.quantile(0.5, false), runs.coverage(), layers.relative.size(), layers.share_within(0.15), layers.coverage());
}

}  // namespace

void compare(const Data& train, const Data& test, bool details) {
  std::printf("%zu networks to learn from, %zu to predict\n", train.records.size(), test.records.size());
  std::printf("%-30s %6s %9s %8s %7s %8s %9s %9s %8s\n", "", "runs", "+-10 %, %", "median %", "bias %", "in 90 %", "layers", "+-15 %, %", "in 90 %");
  for (const auto make : {make_ours, make_neurosurgeon, make_forests}) {
    const std::unique_ptr<Predictor> predictor = make();
    const auto start = std::chrono::steady_clock::now();
    predictor->learn(train);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    Errors all_runs, all_layers;
    std::map<std::string, Errors> family_runs, family_layers, kind_layers;
    for (const Record& record : test.records) {
      const MeasuredNetwork& network = record.network;
      const Predicted predicted = predictor->predict(network.shape, network.profile.threads);
      const std::string group = record.family + " x" + std::to_string(network.profile.threads);
      all_runs.add(predicted.run_ns, predicted.run_spread_ns, network.profile.run_ns.value);
      family_runs[group].add(predicted.run_ns, predicted.run_spread_ns, network.profile.run_ns.value);
      for (std::size_t i = 0; i < network.shape.layers.size(); ++i) {
        const double ns = measured_layer_ns(network, i);
        if (ns < kShortestLayerNs) continue;
        const double spread = predicted.layer_spread_ns.empty() ? 0.0 : predicted.layer_spread_ns[i];
        for (Errors* errors : {&all_layers, &family_layers[group], &kind_layers[network.shape.layers[i].kind]}) errors->add(predicted.layer_ns[i], spread, ns);
      }
    }
    print_row(predictor->name(), all_runs, all_layers);
    std::printf("  learned in %.2f s; errors of runs: 5 %% below %+.1f %%, 5 %% above %+.1f %%\n", seconds, all_runs.quantile(0.05, false), all_runs.quantile(0.95, false));
    if (!details) continue;
    for (const auto& [group, errors] : family_runs) print_row("  " + group, errors, family_layers[group]);
    for (const auto& [kind, errors] : kind_layers) print_row("  " + kind, {}, errors);
  }
}

}  // namespace dnntune::bench
