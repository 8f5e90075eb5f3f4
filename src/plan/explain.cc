// SPDX-License-Identifier: Apache-2.0
// Plan::explain: the plan for people, 80 columns.
#include <algorithm>
#include <array>
#include <functional>
#include <string_view>

#include <fmt/format.h>

#include "base/text.h"
#include "dnntune/plan.h"
#include "plan/format.h"

namespace dnntune {
namespace plan {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kMaxCrossings = 12;  ///< Listed one by one.

struct Text {
  std::string out;

  void line(std::string_view text) {
    out += text.substr(0, text.find_last_not_of(' ') + 1);
    out += '\n';
  }
  /// A name from a file behind what it is; of a long one the end, which tells more.
  void named(const std::string& what, const std::string& name) { line(what + base::shortened(name, kWidth - what.size(), true)); }
};

std::string bytes_text(double bytes) { return format_bytes(static_cast<std::int64_t>(bytes)); }

double objective_of(const Plan& plan, const Deployment& d) {
  return plan.objective == Objective::Kind::energy ? d.cost.energy_uj().value : d.cost.latency_ns().value;
}

/// "chosen", "+12.3 %" over the chosen one, "3.40 x" it, or "cannot run".
std::string loss(const Plan& plan, const Deployment& d) {
  if (!d.feasible) return "cannot run";
  const double best = objective_of(plan, plan.chosen);
  const double cost = objective_of(plan, d);
  if (d.name == plan.chosen.name && d.tiers == plan.chosen.tiers) return "chosen";
  if (best <= 0.0) return cost > best ? "more" : "+0.0 %";
  const double ratio = cost / best;
  return ratio < 2.0 ? fmt::format("{:+.1f} %", (ratio - 1.0) * 100.0) : fmt::format("{:.3g} x", ratio);
}

int count_layers(const Deployment& d, Tier tier) {
  int n = 0;
  for (const Tier t : d.tiers) n += t == tier ? 1 : 0;
  return n;
}

void write_table(Text& text, const Plan& plan) {
  const std::array<const Deployment*, 3> columns = {&plan.mobile_only, &plan.cloud_only, &plan.best_split};
  const auto line = [&](std::string_view label, const std::array<std::string, 3>& cells) {
    std::string out = "  " + base::left_aligned(label, 18);
    for (const std::string& cell : cells) out += " " + base::right_aligned(cell, 18);
    text.line(out);
  };
  const auto row = [&](const char* label, const std::function<std::string(const Deployment&)>& cell) {
    const auto shown = [&](const Deployment& d) { return d.tiers.empty() ? std::string("-") : cell(d); };
    line(label, {shown(*columns[0]), shown(*columns[1]), shown(*columns[2])});
  };
  const auto cost_row = [&](const char* label, Cost PlanCost::*part, std::string (*format)(double)) {
    row(label, [=](const Deployment& d) { return format_cost(d.cost.*part, format); });
  };
  line("", {"mobile-only", "cloud-only", "best split"});
  row("layers here/there", [](const Deployment& d) {
    return fmt::format("{}/{}", count_layers(d, Tier::device), count_layers(d, Tier::cloud));
  });
  row("device processor", [](const Deployment& d) { return d.device_processor.empty() ? std::string("-") : d.device_processor; });
  row("cloud processor", [](const Deployment& d) { return d.cloud_processor.empty() ? std::string("-") : d.cloud_processor; });
  cost_row("device", &PlanCost::device_ns, format_time);
  cost_row("upload", &PlanCost::upload_ns, format_time);
  cost_row("round trip", &PlanCost::round_trip_ns, format_time);
  if (plan.cloud_wait.mean_ns.value > 0.0 && !plan.cloud_wait.saturated) cost_row("wait in queue", &PlanCost::wait_ns, format_time);
  cost_row("cloud", &PlanCost::cloud_ns, format_time);
  cost_row("download", &PlanCost::download_ns, format_time);
  row("total latency", [](const Deployment& d) { return format_cost(d.cost.latency_ns(), format_time); });
  cost_row("device energy", &PlanCost::device_uj, format_energy);
  cost_row("radio energy", &PlanCost::radio_uj, format_energy);
  row("total energy", [](const Deployment& d) { return format_cost(d.cost.energy_uj(), format_energy); });
  row("bytes up", [](const Deployment& d) { return bytes_text(static_cast<double>(d.cost.bytes_up)); });
  row("bytes down", [](const Deployment& d) { return bytes_text(static_cast<double>(d.cost.bytes_down)); });
  line(fmt::format("{} vs choice", to_string(plan.objective)), {loss(plan, plan.mobile_only), loss(plan, plan.cloud_only), loss(plan, plan.best_split)});
}

void write_wait(Text& text, const WaitingTime& wait) {
  constexpr double kLate = 0.95;
  if (wait.why.empty()) {
    text.line("  the cloud is taken as idle: nobody else's requests wait there");
    return;
  }
  text.line(base::shortened("  cloud: " + wait.why, kWidth));
  if (!wait.saturated && wait.mean_ns.value > 0.0)
    text.line(fmt::format("  waits {} +- {} there; one of twenty longer than {}", format_time(wait.mean_ns.value), format_time(wait.mean_ns.spread),
                          format_time(wait.percentile_ns(kLate))));
}

void write_cut(Text& text, const Plan& plan) {
  const Deployment& d = plan.chosen;
  const std::size_t n = std::min(d.tiers.size(), plan.layers.size());
  std::size_t last_here = n, first_there = n;
  for (std::size_t i = 0; i < n; ++i) {
    if (d.tiers[i] == Tier::device) last_here = i;
    if (d.tiers[i] == Tier::cloud && first_there == n) first_there = i;
  }
  text.line(first_there == n ? "Everything stays on the device; nothing crosses."
            : last_here == n ? "Everything runs in the cloud; the inputs cross."
                             : "The cut:");
  if (last_here < n && first_there < n) {
    text.named("  last layer here    ", plan.layers[last_here]);
    text.named("  first layer there  ", plan.layers[first_there]);
  }
  for (std::size_t i = 0; i < d.crossings.size() && i < kMaxCrossings; ++i) {
    const Crossing& c = d.crossings[i];
    text.named(fmt::format("  crosses  {:>9} {:<5}", format_bytes(c.bytes), to_string(c.encoding)), c.value);
  }
  if (d.crossings.size() > kMaxCrossings) text.line(fmt::format("  and {} more values", d.crossings.size() - kMaxCrossings));
}

}  // namespace
}  // namespace plan

std::string Plan::explain() const {
  plan::Text text;
  text.named("Plan for ", model);
  text.line(fmt::format("  minimises {}: {}", to_string(objective), base::shortened(chosen.name, plan::kWidth / 2)));
  text.line(fmt::format("  link {}: up {}, down {}, round trip {}", base::shortened(link.name, plan::kWidth / 4),
                        plan::format_rate(link.bandwidth_up_bps), plan::format_rate(link.bandwidth_down_bps),
                        plan::format_time(link.round_trip_s * 1e9)));
  if (!cloud_only.cloud_processor.empty() || !cloud_wait.why.empty()) plan::write_wait(text, cloud_wait);
  text.line("");
  plan::write_table(text, *this);
  for (const Deployment* d : {&mobile_only, &cloud_only, &best_split})
    if (!d->feasible)
      text.line(base::shortened(fmt::format("  {} cannot run: {}", base::shortened(d->name, plan::kWidth / 4), d->why), plan::kWidth));
  text.line("");
  plan::write_cut(text, *this);
  text.line("");
  const Cost total = objective == Objective::Kind::energy ? chosen.cost.energy_uj() : chosen.cost.latency_ns();
  text.line(fmt::format("The choice's weakest figure is {}. \">=\": parts of a sum are unknown.", to_string(total.provenance)));
  text.line("Energy is the device's: its layers and its radio while sending and receiving,");
  text.line("without waiting for the cloud and without the radio's promotion and tail.");
  return text.out;
}

}  // namespace dnntune
