// SPDX-License-Identifier: Apache-2.0
#include "studies.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <map>
#include <set>
#include <tuple>

#include <dnntune/error.h>

#include "predictor.h"

namespace dnntune::bench {
namespace {

std::vector<MeasuredNetwork> networks_of(const Data& data, std::size_t most) {
  std::vector<MeasuredNetwork> networks;
  for (const Record& record : data.records)
    if (networks.size() < most) networks.push_back(record.network);
  return networks;
}

void print_errors(const char* name, const CostModel& model, const Data& test) {
  std::vector<double> errors, ratios;
  int within = 0;
  for (const Record& record : test.records) {
    Processor processor;
    processor.threads = record.network.profile.threads;
    const Cost run = model.predict(record.network.shape, processor).run_ns;
    const double measured = record.network.profile.run_ns.value;
    errors.push_back(std::abs(run.value / measured - 1.0));
    ratios.push_back(run.value / measured);
    if (std::abs(run.value - measured) <= 1.645 * run.spread) ++within;
  }
  std::sort(errors.begin(), errors.end());
  std::sort(ratios.begin(), ratios.end());
  double sum = 0.0;
  for (const double error : errors) sum += error;
  const double n = static_cast<double>(errors.size());
  std::printf("%-36s median %5.1f %%  mean %5.1f %%  bias %+6.1f %%  in 90 %%: %5.1f %%\n", name, 100.0 * errors[errors.size() / 2], 100.0 * sum / n,
              100.0 * (ratios[ratios.size() / 2] - 1.0), 100.0 * within / n);
}

}  // namespace

void transfer(const Data& source, const Data& train, std::size_t few, const Data& test) {
  CostModel other(source.roofline), full(train.roofline), fresh(train.roofline);
  other.learn(networks_of(source, source.records.size()));
  full.learn(networks_of(train, train.records.size()));
  fresh.learn(networks_of(train, few));
  CostModel transferred(other, train.roofline);
  print_errors("the other device's model as it is", other, test);
  transferred.learn(networks_of(train, few));
  print_errors("that model, and a few measurements", transferred, test);
  print_errors("the few measurements alone", fresh, test);
  print_errors("a full calibration", full, test);
}

void speed(const Data& train, const Data& test) {
  CostModel model(train.roofline);
  model.learn(networks_of(train, train.records.size()));
  NetworkShape network;
  network.name = "1000 layers";
  network.effort_ns = 1e9;
  std::set<std::tuple<std::string, std::int64_t, std::int64_t, std::int64_t, std::int64_t>> distinct;
  for (std::size_t i = 0; network.layers.size() < 1000; i = (i + 1) % test.records.size())
    for (const LayerShape& layer : test.records[i].network.shape.layers) {
      if (network.layers.size() == 1000) break;
      distinct.emplace(layer.kind, layer.input_bytes, layer.output_bytes, layer.weight_bytes, layer.macs);
      network.layers.push_back(layer);
      network.layers.back().layer = static_cast<int>(network.layers.size()) - 1;
    }
  double best = 1e9, best_of_core = 1e9;  // on a busy machine the second says more
  for (int i = 0; i < 20; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t core_start = std::clock();
    const Profile profile = model.predict(network, Processor{});
    best = std::min(best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    best_of_core = std::min(best_of_core, 1e3 * static_cast<double>(std::clock() - core_start) / CLOCKS_PER_SEC);
    if (profile.layers.size() != 1000) std::printf("layers are missing\n");
  }
  std::printf("1000 layers, %zu of them distinct, by a model of %zu samples: %.2f ms, of which a core computed %.2f ms\n", distinct.size(), model.samples(), best, best_of_core);
}

void agree(const Data& first, const Data& second) {
  // Variants of a family have one name: they are told apart by their order.
  using Key = std::tuple<std::string, std::string, int, int>;
  const auto numbered = [](const Data& data) {
    std::map<std::tuple<std::string, std::string, int>, int> count;
    std::vector<std::pair<Key, const MeasuredNetwork*>> result;
    for (const Record& record : data.records) {
      const MeasuredNetwork& network = record.network;
      const int number = count[{record.family, network.shape.name, network.profile.threads}]++;
      result.push_back({{record.family, network.shape.name, network.profile.threads, number}, &network});
    }
    return result;
  };
  const auto first_numbered = numbered(first);
  const std::map<Key, const MeasuredNetwork*> known(first_numbered.begin(), first_numbered.end());
  std::map<int, std::array<std::vector<double>, 2>> errors;  // by threads: of runs, of layers
  for (const auto& [key, recorded] : numbered(second)) {
    const MeasuredNetwork& network = *recorded;
    const auto found = known.find(key);
    if (found == known.end() || found->second->shape.layers.size() != network.shape.layers.size()) continue;
    auto& [runs, layers] = errors[network.profile.threads];
    runs.push_back(network.profile.run_ns.value / found->second->profile.run_ns.value - 1.0);
    for (std::size_t i = 0; i < network.shape.layers.size(); ++i)
      if (const double ns = measured_layer_ns(*found->second, i); ns >= kShortestLayerNs) layers.push_back(measured_layer_ns(network, i) / ns - 1.0);
  }
  if (errors.empty()) throw Error(ErrorCode::invalid_argument, "the files have no network in common");
  for (auto& [threads, both] : errors) {
    auto& [runs, layers] = both;
    std::sort(runs.begin(), runs.end());
    const auto within = [](const std::vector<double>& all, double bound) {
      return 100.0 * static_cast<double>(std::count_if(all.begin(), all.end(), [=](double e) { return std::abs(e) <= bound; })) / std::max<double>(1.0, static_cast<double>(all.size()));
    };
    std::printf("%d threads: %zu runs, %.1f %% within 10 %%, the median %+.1f %% off; %zu layers, %.1f %% within 15 %%\n", threads, runs.size(), within(runs, 0.10),
                100.0 * runs[runs.size() / 2], layers.size(), within(layers, 0.15));
  }
}

}  // namespace dnntune::bench
