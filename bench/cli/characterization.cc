// SPDX-License-Identifier: Apache-2.0
#include "cli/characterization.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/operator_class.h"
#include "cli/output.h"

namespace dnntune::cli {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const Cost& cost) { return {{"value", cost.value}, {"spread", cost.spread}, {"provenance", to_string(cost.provenance)}}; }

Json to_json(const Pair& pair) {
  Json json = {{"network", pair.network}, {"processor", pair.processor.name}, {"backend", pair.processor.backend}, {"threads", pair.processor.threads}};
  if (!pair.error.empty()) {
    json["error"] = pair.error;
    return json;
  }
  const Profile& profile = pair.profile;
  json["model_hash"] = profile.model_hash;
  json["prepare_s"] = pair.prepare_s;
  json["run_ns"] = to_json(profile.run_ns);
  json["gflops_per_s"] = pair.gflops_per_s();
  json["arena_bytes"] = profile.arena_bytes;
  json["weight_bytes"] = profile.weight_bytes;
  if (pair.power_w() >= 0.0) {
    json["run_energy_uj"] = to_json(profile.run_energy_uj);
    json["power_w"] = pair.power_w();
    json["energy_source"] = profile.energy_source;
  }
  for (const ClassTime& time : time_by_class(profile)) {
    if (time.ns > 0.0) json["class_ns"][std::string(time.name)] = time.ns;
  }
  if (pair.has_queue()) {
    double enqueue_ns = 0.0;
    for (const LayerProfile& layer : profile.layers) enqueue_ns += layer.enqueue_ns.value;
    json["enqueue_ns"] = enqueue_ns;
  }
  json["notes"] = profile.notes;
  return json;
}

}  // namespace

double Pair::gflops_per_s() const noexcept {
  double flops = 0.0;
  for (const LayerProfile& layer : profile.layers) flops += static_cast<double>(layer.flops);
  return profile.run_ns.value > 0.0 ? flops / profile.run_ns.value : 0.0;
}

double Pair::power_w() const noexcept {
  const bool known = profile.run_energy_uj.provenance != Provenance::unknown && profile.run_ns.value > 0.0;
  return known ? profile.run_energy_uj.value / profile.run_ns.value * 1e3 : -1.0;
}

bool Pair::has_queue() const noexcept {
  return std::any_of(profile.layers.begin(), profile.layers.end(), [](const LayerProfile& layer) { return layer.enqueue_ns.provenance != Provenance::unknown; });
}

const Pair* Characterization::measured(const std::string& network, const std::string& processor) const noexcept {
  const auto found = std::find_if(pairs.begin(), pairs.end(), [&](const Pair& pair) { return pair.network == network && pair.processor.name == processor; });
  return found == pairs.end() || !found->error.empty() ? nullptr : &*found;
}

bool Characterization::knows_energy() const noexcept {
  return std::any_of(pairs.begin(), pairs.end(), [](const Pair& pair) { return pair.power_w() >= 0.0; });
}

const char* provenance_mark(Provenance provenance) noexcept {
  switch (provenance) {
    case Provenance::measured: return "";
    case Provenance::predicted: return "~";
    case Provenance::published: return "*";
    case Provenance::unknown: return "?";
  }
  return "?";
}

std::string shares_text(const Profile& profile) {
  std::vector<ClassTime> times = time_by_class(profile);
  double all = 0.0;
  for (const ClassTime& time : times) all += time.ns;
  std::stable_sort(times.begin(), times.end(), [](const ClassTime& a, const ClassTime& b) { return a.ns > b.ns; });
  std::string text;
  for (const ClassTime& time : times) {
    const double percent = 100.0 * time.ns / all;
    if (percent >= 0.5) text += fmt::format("{}{} {:.0f} %", text.empty() ? "" : ", ", time.name, percent);
  }
  return text;
}

std::string Characterization::table() const {
  const bool energy = knows_energy();
  std::vector<std::string> titles = {"network", "processor", ">ms", ">+-", ">GFLOP/s", ">memory"};
  if (energy) titles.insert(titles.end(), {">mJ", ">W"});
  else titles.push_back("mostly");
  Table table(titles);
  std::vector<std::string> reasons;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const Pair& pair = pairs[i];
    if (i > 0 && pairs[i - 1].network != pair.network && processors.size() > 1) table.rule();
    if (!pair.error.empty()) {
      // A network that cannot be loaded fails on every processor alike: the reason is told once.
      const bool known = i > 0 && pairs[i - 1].network == pair.network && pairs[i - 1].error == pair.error;
      if (!known) reasons.push_back(fmt::format("({}) {} on {}: {}", reasons.size() + 1, pair.network, pair.processor.name, pair.error));
      table.row({pair.network, pair.processor.name, fmt::format("failed ({})", reasons.size())});
      continue;
    }
    std::vector<std::string> row = {pair.network, pair.processor.name, ms_text(pair.profile.run_ns.value), ms_text(pair.profile.run_ns.spread),
                                    fmt::format("{:.1f}", pair.gflops_per_s()), bytes_text(static_cast<double>(pair.memory_bytes()))};
    if (!energy) {
      const std::vector<ClassTime> times = time_by_class(pair.profile);
      const auto shorter = [](const ClassTime& a, const ClassTime& b) { return a.ns < b.ns; };
      row.emplace_back(std::max_element(times.begin(), times.end(), shorter)->name);
    } else if (pair.power_w() >= 0.0) {
      const Cost& joule = pair.profile.run_energy_uj;
      row.push_back(provenance_mark(joule.provenance) + fmt::format("{:.3g}", joule.value / 1e3));
      row.push_back(fmt::format("{:.2f}", pair.power_w()));
    }
    table.row(std::move(row));
  }
  std::string text = table.text();
  for (const std::string& reason : reasons) text += wrapped(reason, 4);
  text += "ms: median of the plain run, +- median deviation; memory: activations and packed\nweights; mostly: what most of the time goes to.\n";
  if (energy) text += "Energy and power are above idle. ~ predicted, * published, else measured.\n";
  else text += "Energy is not known: no meter may be used (dnntune env), no power was given.\n";
  return text;
}

std::string Characterization::to_json() const {
  Json results = Json::array();
  for (const Pair& pair : pairs) results.push_back(cli::to_json(pair));
  const Json json = {{"schema", "dnntune.characterization/1"}, {"library_version", version()}, {"date", date}, {"device", Json::parse(device.to_json())},
                     {"seconds_a_pair", seconds_a_pair}, {"networks", networks}, {"processors", processors}, {"results", results}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace dnntune::cli
