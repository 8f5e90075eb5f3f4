// SPDX-License-Identifier: Apache-2.0
// Tuning as a table for people and as JSON of schema "dnntune.tuning/1".
#include <algorithm>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "dnntune/tune.h"

namespace dnntune {
namespace {

constexpr const char* kSchema = "dnntune.tuning/1";

std::string us(double ns) {
  return fmt::format("{:.{}f}", ns * 1e-3, ns < 100e3 ? 1 : 0);
}

const TunedCandidate* chosen_of(const TunedLayer& layer) {
  const auto found = std::find_if(layer.candidates.begin(), layer.candidates.end(), [&](const TunedCandidate& c) { return c.processor == layer.processor && c.kernel == layer.kernel; });
  return found == layer.candidates.end() ? nullptr : &*found;
}

/// The best of another processor or kernel.
const TunedCandidate* rival_of(const TunedLayer& layer) {
  const auto found = std::find_if(layer.candidates.begin(), layer.candidates.end(), [&](const TunedCandidate& c) { return c.processor != layer.processor || c.kernel != layer.kernel; });
  return found == layer.candidates.end() ? nullptr : &*found;
}

base::Json to_json_value(const Cost& cost) { return {{"value", cost.value}, {"spread", cost.spread}, {"provenance", to_string(cost.provenance)}}; }

}  // namespace

std::string Tuning::table(int width) const {
  if (from_cache)
    return assignment.empty() ? "from the cache: the first processor, by its own choice of kernels, is best\n"
                              : fmt::format("from the cache: {} layers assigned\n", assignment.layers.size());
  const auto columns = static_cast<std::size_t>(std::max(width, 60));
  constexpr std::size_t kTime = 9, kProcessor = 14;
  const std::size_t kernel = (columns - 2 * kTime - kProcessor - 5) * 2 / 5, name = columns - 2 * kTime - kProcessor - kernel - 5;
  std::string text = fmt::format("{} {} {} {} {}\n", base::left_aligned("layer", name), base::left_aligned("processor", kProcessor), base::left_aligned("kernel", kernel),
                                 base::right_aligned("us", kTime), base::right_aligned("next us", kTime));
  text += std::string(columns, '-') + '\n';
  for (const TunedLayer& layer : layers) {
    if (layer.candidates.empty()) continue;
    const TunedCandidate *chosen = chosen_of(layer), *rival = rival_of(layer);
    text += fmt::format("{} {} {} {} {}\n", base::left_aligned(base::printable(layer.name), name, true), base::left_aligned(layer.processor, kProcessor),
                        base::left_aligned(layer.kernel, kernel), base::right_aligned(layer.in_turns ? "in turns" : chosen == nullptr ? "-" : us(chosen->latency_ns.value), kTime),
                        base::right_aligned(rival == nullptr ? "-" : us(rival->latency_ns.value), kTime));
  }
  text += std::string(columns, '-') + '\n';
  for (const TunedRun& run : runs)
    text += fmt::format("{}{} us +- {}{}\n", base::left_aligned(fmt::format("whole run, {}", run.name), 36), base::right_aligned(us(run.latency_ns.value), 9),
                        us(run.latency_ns.spread), &run == runs.data() ? "  chosen" : "");
  for (const std::string& note : notes) text += note + '\n';
  return text;
}

std::string Tuning::to_json() const {
  base::Json json = {{"schema", kSchema}, {"assignment", base::parse_json(assignment.to_json(), "assignment")}, {"predicted", predicted}, {"lower_bound", lower_bound},
                     {"seconds", seconds}, {"complete", complete}, {"from_cache", from_cache}, {"notes", notes}};
  json["layers"] = base::Json::array();
  for (const TunedLayer& layer : layers) {
    base::Json entry = {{"name", layer.name}, {"op", layer.op}, {"processor", layer.processor}, {"kernel", layer.kernel}, {"in_turns", layer.in_turns}};
    entry["candidates"] = base::Json::array();
    for (const TunedCandidate& candidate : layer.candidates)
      entry["candidates"].push_back({{"processor", candidate.processor}, {"kernel", candidate.kernel}, {"latency_ns", to_json_value(candidate.latency_ns)}});
    json["layers"].push_back(std::move(entry));
  }
  json["runs"] = base::Json::array();
  for (const TunedRun& run : runs) json["runs"].push_back({{"name", run.name}, {"latency_ns", to_json_value(run.latency_ns)}});
  return base::dump_json(json);
}

}  // namespace dnntune
