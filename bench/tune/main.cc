// SPDX-License-Identifier: Apache-2.0
// dnntune_tune_bench [--opencl] [--start MS] [--cache FOLDER] [threads] [network...]: what tuning brings on the networks of the zoo, and what it costs.
// For each network: seconds to tune; whole runs in turns, tuned and by the best single processor; who won the layers;
// how long a session takes to be made; apart from that, what looking into the cache takes, and how much longer preparing takes
// with the assignment; and both together, from pairs of sessions.
// --start MS: TuneOptions::start_ms. --cache FOLDER: timings and assignments stay there, and those that are there are taken.
#include <algorithm>
#include <array>
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
#include <dnntune/error.h>
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
  double plain_ms, lookup_ms, prepare_ms, added_ms;
};

/// The making of a session; what its preparation takes longer with the assignment, and what a cached assignment adds in all. Medians
/// over rounds, which begin with another of the three each time, because the next finds memory that the last gave back.
Starts starts(const Graph& graph, const Processor& own, const Assignment& assignment, const std::string& cache) {
  constexpr std::size_t kRounds = 15;
  std::array<SessionOptions, 3> ways;  // plain, assigned, cached
  ways[1].assignment = assignment;
  ways[2].tuning_cache = cache;
  std::vector<double> plain, assigned, cached;
  for (std::size_t i = 0; i < kRounds; ++i) {
    std::array<double, 3> ms{};
    for (std::size_t k = 0; k < ms.size(); ++k) ms[(i + k) % ms.size()] = start_ms(graph, own, ways[(i + k) % ms.size()]);
    plain.push_back(ms[0]);
    assigned.push_back(ms[1] - ms[0]);
    cached.push_back(ms[2] - ms[0]);
  }
  return {median(plain), 0.0, median(assigned), median(cached)};
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
  int networks = 0;  ///< That were tuned now.
  double most_lookup_ms = 0.0, most_added_ms = -HUGE_VAL;
};

/// A graph that nothing was asked of before, so that what is found out once a model counts too.
double lookup_ms(const std::string& name, const std::vector<Processor>& processors, const TuneOptions& options) {
  const Tuning known = tune(zoo::build(name), processors, options);
  if (!known.from_cache) throw Error(ErrorCode::internal, fmt::format("{} was tuned and is not in the cache", name));
  return known.seconds * 1e3;
}

void print_row(const std::string& name, const Tuning& tuning, double tuned_us, double single_us, const std::string& single, const Starts& start) {
  if (tuning.from_cache)
    fmt::print("{:<20}{:>7}{:>11}{:>11}{:>11}{:>7}", name, "-", "-", "-", "-", "-");
  else
    fmt::print("{:<20}{:>7.1f}{:>11.1f}{:>11.1f}{:>11.1f}{:>7.3f}", name, tuning.seconds, tuning.runs.front().latency_ns.value * 1e-3, tuned_us, single_us,
               single_us / (tuning.runs.front().latency_ns.value * 1e-3));
  fmt::print("{:>10.2f}{:>8.2f}{:>8.2f}{:>8.2f}  {}\n", start.plain_ms, start.lookup_ms, start.prepare_ms, start.added_ms, tuning.from_cache ? "from the cache" : single);
  if (!tuning.from_cache) fmt::print("{:<20}{}\n", "", winners(tuning));
  for (const std::string& note : tuning.notes) fmt::print("{:<20}{}\n", "", note);
  std::fflush(stdout);
}

void measure(const std::string& name, const std::vector<Processor>& processors, const TuneOptions& options, Sums& sums) {
  const Graph graph = zoo::build(name);
  const Tuning tuning = tune(graph, processors, options);
  if (!tuning.complete) throw Error(ErrorCode::limit_exceeded, fmt::format("{} is not tuned in {:g} s: nothing is kept", name, options.budget_s));
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
  Starts start = starts(graph, processors.front(), tuning.assignment, options.cache_folder);
  start.lookup_ms = lookup_ms(name, processors, options);
  print_row(name, tuning, tuned_us, single_us, single, start);
  sums.most_lookup_ms = std::max(sums.most_lookup_ms, start.lookup_ms);
  sums.most_added_ms = std::max(sums.most_added_ms, start.added_ms);
  if (tuning.from_cache) return;
  const double gain = single_us / (tuning.runs.front().latency_ns.value * 1e-3);
  sums.log_gain += std::log(gain);
  sums.least = std::min(sums.least, gain);
  ++sums.networks;
}

struct Arguments {
  std::vector<std::string> networks;
  int threads = 1;
  bool opencl = false;
  TuneOptions tune;
};

Arguments arguments(int argc, char** argv) {
  Arguments all;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--opencl")
      all.opencl = true;
    else if (word == "--start" && i + 1 < argc)
      all.tune.start_ms = std::atof(argv[++i]);
    else if (word == "--cache" && i + 1 < argc)
      all.tune.cache_folder = argv[++i];
    else if (const int number = std::atoi(argv[i]); number > 0)
      all.threads = number;
    else
      all.networks.emplace_back(word);
  }
  if (all.networks.empty())
    for (const zoo::Model& model : zoo::models()) all.networks.emplace_back(model.name);
  return all;
}

std::vector<Processor> processors_for(const Arguments& options) {
  Device device = Device::local();
  if (options.opencl) device.add_accelerators();
  std::vector<Processor> processors = {device.processor(fmt::format("cpu:all x{}", options.threads))};
  for (const Processor& candidate : tuning_candidates(device))
    if (candidate.name != processors.front().name && candidate.threads <= options.threads) processors.push_back(candidate);
  return processors;
}

void measure_all(const Arguments& options) {
  const std::vector<Processor> processors = processors_for(options);
  fmt::print("first processor {}; others:", processors.front().name);
  for (std::size_t i = 1; i < processors.size(); ++i) fmt::print(" {}{}", processors[i].name, i + 1 < processors.size() ? "," : "");
  fmt::print("\n{:<20}{:>7}{:>11}{:>11}{:>11}{:>7}{:>10}{:>8}{:>8}{:>8}  {}\n", "network", "tune s", "chosen us", "tuned us", "single us", "gain", "start ms", "lookup", "prepare", "added", "best single");
  Sums sums;
  for (const std::string& name : options.networks) measure(name, processors, options.tune, sums);
  if (sums.networks > 0)
    fmt::print("gain over the best single processor: mean (geometric) {:.3f}, least {:.3f}; networks {}\n", std::exp(sums.log_gain / sums.networks), sums.least, sums.networks);
  fmt::print("a cached start: the cache is looked into for {:.2f} ms at most, and a session takes {:.2f} ms longer at most\n", sums.most_lookup_ms, sums.most_added_ms);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments options = arguments(argc, argv);
  const bool keeps = !options.tune.cache_folder.empty();
  if (!keeps) {
    options.tune.cache_folder = (std::filesystem::temp_directory_path() / "dnntune-tune-XXXXXX").string();
    if (::mkdtemp(options.tune.cache_folder.data()) == nullptr) return 1;
  }
  int status = 0;
  try {
    measure_all(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "dnntune_tune_bench: {}\n", error.what());
    status = 1;
  }
  std::error_code ignored;
  if (!keeps) std::filesystem::remove_all(options.tune.cache_folder, ignored);
  return status;
}
