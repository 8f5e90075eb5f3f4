// SPDX-License-Identifier: Apache-2.0
#include "drive/results.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/output.h"
#include "live/judge.h"

namespace dnntune::drive {
namespace {

using Json = nlohmann::ordered_json;

Row row_of(std::string name, std::vector<Sample> samples) {
  Row row{.name = std::move(name), .samples = std::move(samples)};
  std::vector<double> times;
  for (const Sample& sample : row.samples) {
    times.push_back(sample.ms);
    row.mean_ms += sample.ms / static_cast<double>(row.samples.size());
    row.mean_mj += sample.mj / static_cast<double>(row.samples.size());
    row.fallbacks += sample.path == Path::fallback ? 1 : 0;
  }
  if (times.empty()) return row;
  row.p50_ms = live::quantile(times, 0.5);
  row.p90_ms = live::quantile(times, 0.9);
  row.most_ms = *std::max_element(times.begin(), times.end());
  return row;
}

std::size_t least_of(const std::vector<double>& values) { return static_cast<std::size_t>(std::min_element(values.begin(), values.end()) - values.begin()); }

double mean_in(const Row& row, const std::vector<Slot>& slots, const std::string& stretch) {
  double sum = 0.0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < slots.size(); ++i)
    if (slots[i].stretch == stretch) sum += row.samples[i].ms, ++count;
  return count == 0 ? 0.0 : sum / static_cast<double>(count);
}

Json sample_json(const Sample& sample) {
  return {{"time_s", sample.time_s}, {"plan", sample.plan}, {"path", to_string(sample.path)}, {"ms", sample.ms}, {"mj", sample.mj}};
}

}  // namespace

std::vector<const Row*> Summary::rows() const {
  std::vector<const Row*> rows = {&adaptive};
  for (const Row& row : fixed) rows.push_back(&row);
  rows.push_back(&informed);
  rows.push_back(&clairvoyant);
  return rows;
}

double Summary::best_fixed_ms() const {
  double best = std::numeric_limits<double>::infinity();
  for (const Row& row : fixed) best = std::min(best, row.mean_ms);
  return best;
}

Summary summed_up(const Setting& setting, const Drove& drove) {
  std::vector<Sample> adaptive, informed, clairvoyant;
  std::vector<std::vector<Sample>> fixed(setting.plans.size());
  for (const Slot& slot : drove.slots) {
    adaptive.push_back(slot.adaptive);
    std::vector<double> times;
    for (std::size_t p = 0; p < slot.fixed.size(); ++p) {
      fixed[p].push_back(slot.fixed[p]);
      times.push_back(slot.fixed[p].ms);
    }
    clairvoyant.push_back(slot.fixed[least_of(times)]);
    informed.push_back(slot.fixed[least_of(slot.predicted_ms)]);
  }
  Summary sum;
  sum.adaptive = row_of("adaptive", std::move(adaptive));
  for (std::size_t p = 0; p < fixed.size(); ++p) sum.fixed.push_back(row_of(setting.plans[p], std::move(fixed[p])));
  sum.informed = row_of("best predicted on the true link", std::move(informed));
  sum.clairvoyant = row_of("clairvoyant", std::move(clairvoyant));
  return sum;
}

std::string text(const Setting& setting, const Drove& drove) {
  const Summary sum = summed_up(setting, drove);
  std::string out = fmt::format("{}\ndevice: {}\ncloud:  {}\nvalues cross as {}; a drive of {:g} s, seed {}; requests at {} moments by every policy, {} by the adaptive one\n\n",
                                setting.network, setting.device, setting.cloud, setting.encoding, setting.duration_s, setting.seed, drove.slots.size(), drove.adaptive.size());
  cli::Table table({"policy", ">mean ms", ">p50", ">p90", ">most", ">mean mJ", ">fallbacks"});
  for (const Row* row : sum.rows())
    table.row({row->name, fmt::format("{:.1f}", row->mean_ms), fmt::format("{:.1f}", row->p50_ms), fmt::format("{:.1f}", row->p90_ms), fmt::format("{:.1f}", row->most_ms),
               fmt::format("{:.1f}", row->mean_mj), fmt::format("{}", row->fallbacks)});
  out += table.text(110) + "\n";

  std::vector<std::string> stretches;
  for (const Slot& slot : drove.slots)
    if (std::find(stretches.begin(), stretches.end(), slot.stretch) == stretches.end()) stretches.push_back(slot.stretch);
  std::vector<std::string> head = {"mean ms in"};
  for (const std::string& stretch : stretches) head.push_back(">" + (stretch.empty() ? "dead spots" : stretch));
  cli::Table parts(head);
  for (const Row* row : sum.rows()) {
    std::vector<std::string> cells = {row->name};
    for (const std::string& stretch : stretches) cells.push_back(fmt::format("{:.1f}", mean_in(*row, drove.slots, stretch)));
    parts.row(cells);
  }
  out += parts.text(130) + "\n";
  const AdaptiveCounters& counters = drove.counters;
  out += fmt::format("adaptive: {} requests, {} on the device, {} split, {} in the cloud, {} finished here; {} switches; {} probes, {} of them failed, {} kB up\n", counters.requests,
                     counters.on_device, counters.split, counters.in_cloud, counters.fallbacks, counters.switches, counters.probes, counters.probes_failed, counters.probe_bytes_up / 1000);
  out += fmt::format("adaptive takes {:.3f} times the clairvoyant's mean latency and {:.3f} times the best fixed policy's; all took {:.0f} s\n", sum.to_clairvoyant(),
                     sum.adaptive.mean_ms / sum.best_fixed_ms(), setting.seconds);
  return out;
}

std::string to_json(const Setting& setting, const Drove& drove) {
  const Summary sum = summed_up(setting, drove);
  Json all = {{"schema", "dnntune.drive/1"}, {"network", setting.network}, {"device", setting.device}, {"cloud", setting.cloud}, {"encoding", setting.encoding},
              {"plans", setting.plans}, {"seed", setting.seed}, {"duration_s", setting.duration_s}, {"period_s", setting.period_s}, {"deadline_s", setting.deadline_s},
              {"device_power_w", setting.device_power_w}, {"seconds", setting.seconds}, {"to_clairvoyant", sum.to_clairvoyant()}};
  all["policies"] = Json::array();
  for (const Row* row : sum.rows())
    all["policies"].push_back({{"name", row->name}, {"mean_ms", row->mean_ms}, {"p50_ms", row->p50_ms}, {"p90_ms", row->p90_ms}, {"most_ms", row->most_ms}, {"mean_mj", row->mean_mj},
                               {"fallbacks", row->fallbacks}});
  all["slots"] = Json::array();
  for (const Slot& slot : drove.slots) {
    Json fixed = Json::array();
    for (const Sample& sample : slot.fixed) fixed.push_back(sample_json(sample));
    all["slots"].push_back({{"time_s", slot.time_s}, {"stretch", slot.stretch}, {"up_mbps", slot.up_mbps}, {"down_mbps", slot.down_mbps}, {"round_trip_ms", slot.round_trip_ms},
                            {"adaptive", sample_json(slot.adaptive)}, {"fixed", fixed}, {"predicted_ms", slot.predicted_ms}});
  }
  all["adaptive"] = Json::array();
  for (const Sample& sample : drove.adaptive) all["adaptive"].push_back(sample_json(sample));
  return all.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace dnntune::drive
