// SPDX-License-Identifier: Apache-2.0
// tune: the public function, and its cache.
#include "dnntune/tune.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "backends/backend.h"
#include "base/clock.h"
#include "base/file.h"
#include "dnntune/error.h"
#include "graph/hash.h"
#include "runtime/tuner/cache.h"
#include "runtime/tuner/tuner.h"

namespace dnntune {
namespace {

void check(const TuneOptions& options) {
  const auto require = [](bool holds, const char* rule) {
    if (!holds) throw Error(ErrorCode::invalid_argument, fmt::format("TuneOptions: {}", rule));
  };
  require(std::isfinite(options.latency_weight) && options.latency_weight >= 0.0, "latency_weight must not be negative");
  require(std::isfinite(options.energy_weight) && options.energy_weight >= 0.0, "energy_weight must not be negative");
  require(options.latency_weight <= 1e9 && options.energy_weight <= 1e9, "weights must be at most 1e9");
  require(options.latency_weight + options.energy_weight > 0.0, "latency_weight and energy_weight must not both be 0");
  require(options.budget_s >= 0.0, "budget_s must not be negative");
  require(options.start_ms >= 0.0, "start_ms must not be negative");
  require(!options.session.reference_kernels, "reference kernels are not tuned");
}

void check(const std::vector<Processor>& processors) {
  for (std::size_t i = 0; i < processors.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (processors[i].name == processors[j].name)
        throw Error(ErrorCode::invalid_argument, fmt::format("processor '{}' is given twice", processors[i].name));
}

/// Of this question: for these processors and this aim. A session that is made for the first of them reads another copy,
/// the last one found for it, since it knows nothing of the others.
std::filesystem::path answer_file(const Graph& graph, const std::vector<Processor>& processors, const TuneOptions& options) {
  std::string question = fmt::format("{} {} {}", options.latency_weight, options.energy_weight, options.start_ms);
  for (const Processor& processor : processors) question += fmt::format("|{} {}", runtime::processor_key(processor), processor.active_power_w);
  const std::string name = runtime::assignment_file(options.cache_folder, graph, processors.front(), options.session).stem().string();
  return std::filesystem::path(options.cache_folder) / fmt::format("{}-{}.json", name, graph::hash_text(question).substr(0, 16));
}

}  // namespace

std::vector<Processor> tuning_candidates(const Device& device) {
  std::vector<Processor> processors;
  for (Processor candidate : device.candidates()) {
    processors.push_back(candidate);
    if (candidate.backend != "cpu" || backends::find_backend("xnnpack") == nullptr) continue;
    candidate.backend = "xnnpack";
    candidate.name.replace(0, candidate.name.find(':'), "xnnpack");
    processors.push_back(std::move(candidate));
  }
  return processors;
}

Tuning tune(const Graph& graph, std::vector<Processor> processors, const TuneOptions& options) {
  check(options);
  if (processors.empty()) {
    const Device device = Device::local();
    processors = tuning_candidates(device);
    const std::string all = device.processor("cpu:all").name;
    std::stable_partition(processors.begin(), processors.end(), [&](const Processor& processor) { return processor.name == all; });
  }
  check(processors);
  const std::int64_t start = base::now_ns();
  const bool cached = !options.cache_folder.empty();
  if (cached) {
    if (std::optional<Assignment> known = runtime::read_assignment(answer_file(graph, processors, options))) {
      Tuning tuning;
      tuning.assignment = std::move(*known);
      tuning.from_cache = true;
      tuning.seconds = static_cast<double>(base::now_ns() - start) * 1e-9;
      return tuning;
    }
    runtime::make_cache_folder(options.cache_folder);  // now, not after a minute of timing
  }
  Tuning tuning = runtime::Tuner(graph, processors, options).run();
  if (cached && tuning.complete) {
    const std::string text = tuning.assignment.to_json();
    base::write_file(answer_file(graph, processors, options), text);
    base::write_file(runtime::assignment_file(options.cache_folder, graph, processors.front(), options.session), text);
  }
  return tuning;
}

}  // namespace dnntune
