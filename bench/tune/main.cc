// SPDX-License-Identifier: Apache-2.0
// dnntune_tune_bench [--opencl] [threads] [network...]: what tuning brings on the networks of the zoo, and what it costs.
// For each network: seconds to tune; whole runs in turns, tuned and by the best single processor; who won the layers;
// how long a session takes to be made, and how much longer when its assignment comes from the cache.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <dnntune/device.h>
#include <dnntune/session.h>
#include <dnntune/tune.h>
#include <fmt/format.h>

#include "zoo/zoo.h"

namespace {

using namespace dnntune;

double now_ms() { return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

double start_ms(const Graph& graph, const Processor& own, const SessionOptions& options) {
  const double start = now_ms();
  const Session session(graph, own, options);
  return now_ms() - start;
}

struct Starts {
  double plain_ms, added_ms;
};

/// The making of a session, and what a cached assignment adds to it: medians over pairs, whose first is the other each
/// time, because the second finds memory that the first gave back.
Starts starts(const Graph& graph, const Processor& own, const std::string& cache) {
  constexpr int kPairs = 16;
  SessionOptions cached;
  cached.tuning_cache = cache;
  std::vector<double> plain, added;
  for (int i = 0; i < kPairs; ++i) {
    const double first = start_ms(graph, own, i % 2 == 0 ? SessionOptions{} : cached);
    const double second = start_ms(graph, own, i % 2 == 0 ? cached : SessionOptions{});
    plain.push_back(i % 2 == 0 ? first : second);
    added.push_back(i % 2 == 0 ? second - first : first - second);
  }
  return {median(plain), median(added)};
}

/// "cpu 20, xnnpack 3": layers by the backend that runs them.
std::string winners(const Tuning& tuning) {
  std::map<std::string, int> wins;
  for (const TunedLayer& layer : tuning.layers)
    if (!layer.candidates.empty()) ++wins[layer.processor];
  std::string text;
  for (const auto& [name, count] : wins) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, count);
  return text;
}

struct Sums {
  double log_gain = 0.0;
  double least = HUGE_VAL;
  int networks = 0;
};

void measure(const std::string& name, const std::vector<Processor>& processors, const std::string& cache, Sums& sums) {
  const Graph graph = zoo::build(name);
  TuneOptions options;
  options.cache_folder = cache;
  const Tuning tuning = tune(graph, processors, options);
  double tuned_us = 0.0, single_us = HUGE_VAL;
  std::string single;
  for (const TunedRun& run : tuning.runs) {
    const double us = run.latency_ns.value * 1e-3;
    if (run.name == "tuned") {
      tuned_us = us;
    } else if (us < single_us) {
      single_us = us;
      single = run.name;
    }
  }
  const double chosen_us = tuning.runs.front().latency_ns.value * 1e-3;
  const Starts start = starts(graph, processors.front(), cache);
  fmt::print("{:<20}{:>7.1f}{:>11.1f}{:>11.1f}{:>11.1f}{:>7.3f}{:>10.2f}{:>8.2f}  {}\n", name, tuning.seconds, chosen_us, tuned_us, single_us,
             single_us / chosen_us, start.plain_ms, start.added_ms, single);
  fmt::print("{:<20}{}\n", "", winners(tuning));
  std::fflush(stdout);
  sums.log_gain += std::log(single_us / chosen_us);
  sums.least = std::min(sums.least, single_us / chosen_us);
  ++sums.networks;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> names;
  int threads = 1;
  bool opencl = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--opencl")
      opencl = true;
    else if (const int number = std::atoi(argv[i]); number > 0)
      threads = number;
    else
      names.emplace_back(word);
  }
  if (names.empty())
    for (const zoo::Model& model : zoo::models()) names.emplace_back(model.name);
  std::string folder = (std::filesystem::temp_directory_path() / "dnntune-tune-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) return 1;
  int status = 0;
  try {
    Device device = Device::local();
    if (opencl) device.add_accelerators();
    std::vector<Processor> processors = {device.processor(fmt::format("cpu:all x{}", threads))};
    for (const Processor& candidate : tuning_candidates(device))
      if (candidate.name != processors.front().name && candidate.threads <= threads) processors.push_back(candidate);
    fmt::print("first processor {}; others:", processors.front().name);
    for (std::size_t i = 1; i < processors.size(); ++i) fmt::print(" {}{}", processors[i].name, i + 1 < processors.size() ? "," : "");
    fmt::print("\n{:<20}{:>7}{:>11}{:>11}{:>11}{:>7}{:>10}{:>8}  {}\n", "network", "tune s", "chosen us", "tuned us", "single us", "gain", "start ms", "added", "best single");
    Sums sums;
    for (const std::string& name : names) measure(name, processors, folder, sums);
    fmt::print("gain over the best single processor: mean (geometric) {:.3f}, least {:.3f}; networks {}\n", std::exp(sums.log_gain / sums.networks), sums.least, sums.networks);
  } catch (const std::exception& error) {
    fmt::print(stderr, "dnntune_tune_bench: {}\n", error.what());
    status = 1;
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return status;
}
