// SPDX-License-Identifier: Apache-2.0
// TracePlan for people, 80 columns, and as JSON, schema "dnntune.trace_plan/1".
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "dnntune/trace_plan.h"
#include "plan/format.h"
#include "plan/json_fields.h"

namespace dnntune {
namespace plan {
namespace {

constexpr std::size_t kTextWidth = 80;

/// "never" for what has no end.
std::string figure(double value, std::string (*format)(double)) { return std::isfinite(value) ? format(value) : "never"; }

std::string row(const char* name, const TraceSpread& spread, std::string (*format)(double)) {
  std::string out = "  " + base::left_aligned(name, 28);
  for (const double value : {spread.mean, spread.p50, spread.p90, spread.most}) out += " " + base::right_aligned(figure(value, format), 11);
  return out + "\n";
}

/// null for infinite: JSON has no such number.
Json spread_to_json(const TraceSpread& spread) {
  Json object;
  for (const auto& [key, value] : {std::pair("mean", spread.mean), std::pair("p50", spread.p50), std::pair("p90", spread.p90), std::pair("most", spread.most)})
    object[key] = std::isfinite(value) ? Json(value) : Json(nullptr);
  return object;
}

Json figures_to_json(const TraceFigures& figures) {
  Json object{{"latency_ns", spread_to_json(figures.latency_ns)}};
  if (figures.energy_known) object["energy_uj"] = spread_to_json(figures.energy_uj);
  object["objective"] = std::isfinite(figures.objective) ? Json(figures.objective) : Json(nullptr);
  return object;
}

std::string gain(const TraceFigures& now, const TraceFigures& then) {
  if (!std::isfinite(now.objective)) return std::isfinite(then.objective) ? "ends where the plan never does" : "never ends either";
  if (now.objective <= 0.0) return "the same";
  const double percent = 100.0 * (1.0 - then.objective / now.objective);
  return percent >= 0.0 ? fmt::format("{:.1f} % less", percent) : fmt::format("{:.1f} % more", -percent);
}

}  // namespace
}  // namespace plan

std::string TracePlan::explain() const {
  using plan::figure;
  const bool energy = plan.objective == Objective::Kind::energy;
  const std::string what = fmt::format("{} {}", percentile > 0.0 ? fmt::format("p{:g} of the", 100.0 * percentile) : "mean", to_string(plan.objective));
  std::string out = "Plan for " + base::shortened(plan.model, plan::kTextWidth - 9, true) + "\n";
  out += base::shortened(fmt::format("  over {} requests along trace {} ({:g} s)", starts, trace, duration_s), plan::kTextWidth) + "\n";
  out += fmt::format("  in its mean: up {}, down {}, round trip {}\n", plan::format_rate(plan.link.bandwidth_up_bps), plan::format_rate(plan.link.bandwidth_down_bps),
                     plan::format_time(plan.link.round_trip_s * 1e9));
  out += fmt::format("  least {}: {}\n  best of {} candidates{}\n", what, plan.chosen.name, candidates, proven ? ", proven the best of all" : "");

  const bool known = energy || chosen.energy_known;
  for (const bool uj : {false, true}) {
    if (uj && !known) break;
    out += fmt::format("\n  {:<28} {:>11} {:>11} {:>11} {:>11}\n", uj ? "energy of the device" : "latency", "mean", "p50", "p90", "most");
    const auto line = [&](const char* name, const TraceFigures& figures, bool runs) {
      if (runs && (!uj || figures.energy_known)) out += plan::row(name, uj ? figures.energy_uj : figures.latency_ns, uj ? plan::format_energy : plan::format_time);
    };
    line("mobile-only", mobile_only, plan.mobile_only.feasible);
    line("cloud-only", cloud_only, plan.cloud_only.feasible);
    line("best split", best_split, plan.best_split.feasible);
    line("planned for each request", replanned, true);
    line("if the future were known", clairvoyant, true);
  }

  std::size_t here = 0;
  for (const Tier tier : plan.chosen.tiers) here += tier == Tier::device ? 1 : 0;
  out += fmt::format("\nThe plan: {}, {} layers here, {} there.\n", plan.chosen.name, here, plan.chosen.tiers.size() - here);
  constexpr std::size_t kMostCrossings = 12;
  for (std::size_t i = 0; i < plan.chosen.crossings.size() && i < kMostCrossings; ++i) {
    const Crossing& c = plan.chosen.crossings[i];
    const std::string crosses = fmt::format("  crosses  {:>9} {:<5}", plan::format_bytes(c.bytes), to_string(c.encoding));
    out += crosses + base::shortened(c.value, plan::kTextWidth - crosses.size(), true) + "\n";
  }
  if (plan.chosen.crossings.size() > kMostCrossings) out += fmt::format("  and {} more values\n", plan.chosen.crossings.size() - kMostCrossings);
  out += fmt::format("Planning anew for the link of the moment, with {} deployment{}: {}.\n", replanned_deployments, replanned_deployments == 1 ? "" : "s",
                     plan::gain(chosen, replanned));
  out += fmt::format("Knowing all of the trace{}: {}.\n", proven ? ", which no plan can beat" : "", plan::gain(chosen, clairvoyant));
  return out;
}

std::string TracePlan::to_json() const {
  plan::Json object;
  object["schema"] = "dnntune.trace_plan/1";
  object["trace"] = trace;
  object["duration_s"] = duration_s;
  object["starts"] = starts;
  object["percentile"] = percentile;
  object["candidates"] = candidates;
  object["proven"] = proven;
  object["plan"] = plan::Json::parse(plan.to_json());
  object["chosen"] = plan::figures_to_json(chosen);
  const std::array<std::pair<const char*, std::pair<const TraceFigures*, bool>>, 3> others = {{{"mobile_only", {&mobile_only, plan.mobile_only.feasible}},
                                                                                              {"cloud_only", {&cloud_only, plan.cloud_only.feasible}},
                                                                                              {"best_split", {&best_split, plan.best_split.feasible}}}};
  for (const auto& [key, entry] : others)
    if (entry.second) object[key] = plan::figures_to_json(*entry.first);
  object["replanned"] = plan::figures_to_json(replanned);
  object["replanned_deployments"] = replanned_deployments;
  object["clairvoyant"] = plan::figures_to_json(clairvoyant);
  return base::dump_json(object);
}

}  // namespace dnntune
