// SPDX-License-Identifier: Apache-2.0
#include "cli/characterization.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/operator_class.h"
#include "cli/output.h"

namespace dnntune::cli {

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

void Characterization::put(Pair pair) {
  const auto place = [&](const Pair& of) {
    return std::pair(std::find(networks.begin(), networks.end(), of.network), std::find(processors.begin(), processors.end(), of.processor.name));
  };
  const auto at = std::lower_bound(pairs.begin(), pairs.end(), pair, [&](const Pair& a, const Pair& b) { return place(a) < place(b); });
  if (at != pairs.end() && at->network == pair.network && at->processor.name == pair.processor.name)
    *at = std::move(pair);
  else
    pairs.insert(at, std::move(pair));
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
  // With several processors a network has a row of its own: beside each other the two names leave no room for figures.
  const bool groups = processors.size() > 1;
  if (groups) {
    titles.erase(titles.begin());
    titles.front() = "network, processor";
  }
  Table table(titles);
  std::vector<std::string> reasons;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const Pair& pair = pairs[i];
    if (groups && (i == 0 || pairs[i - 1].network != pair.network)) table.row({pair.network});
    std::vector<std::string> row = {pair.network, pair.processor.name};
    if (groups) row = {"  " + pair.processor.name};
    if (!pair.error.empty()) {
      // A network that cannot be loaded fails on every processor alike: the reason is told once.
      const bool known = i > 0 && pairs[i - 1].network == pair.network && pairs[i - 1].error == pair.error;
      if (!known) reasons.push_back(fmt::format("({}) {} on {}: {}", reasons.size() + 1, pair.network, pair.processor.name, pair.error));
      row.push_back(fmt::format("failed ({})", reasons.size()));
      table.row(std::move(row));
      continue;
    }
    row.insert(row.end(), {ms_text(pair.profile.run_ns.value), ms_text(pair.profile.run_ns.spread), fmt::format("{:.1f}", pair.gflops_per_s()),
                           bytes_text(static_cast<double>(pair.memory_bytes()))});
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
  if (const std::size_t missing = networks.size() * processors.size() - pairs.size(); missing > 0)
    text += fmt::format("{} of {} pairs are not measured.\n", missing, networks.size() * processors.size());
  return text;
}

}  // namespace dnntune::cli
