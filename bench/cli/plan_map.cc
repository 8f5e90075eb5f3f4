// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_map.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace dnntune::cli {

using report::Chart;
using report::ChartKind;
using report::Series;

namespace {
constexpr double kNoPoint = std::numeric_limits<double>::quiet_NaN();
}  // namespace

std::string mbit_text(double bps) { return fmt::format("{:.3g} Mbit/s", bps * 1e-6); }

std::string placement_name(const Placement& placement) {
  const auto in_cloud = std::count(placement.stops.begin(), placement.stops.end(), 1);
  if (in_cloud == 0) return "all on the device";
  if (in_cloud == std::ssize(placement.stops)) return "all in the cloud";
  std::string values;
  int count = 0;
  for (const RouteCrossing& crossing : placement.crossings)
    if (crossing.outward && ++count <= 2) values += (count == 1 ? "" : ", ") + crossing.value;
  return fmt::format("split at {}{}", values, count > 2 ? fmt::format(" and {} more", count - 2) : "");
}

Chart map_chart(const Planner& planner, double longest_round_trip_s) {
  const Link& link = planner.request().hops[0].link;
  constexpr int kRows = 9;
  constexpr double kReach = 100.0;  // times slower, and faster
  constexpr std::size_t kMostNames = 12;
  const DecisionMap map = planner.decision_map({Axis::Kind::slowness, 0, 1.0 / kReach, kReach}, {Axis::Kind::round_trip, 0, 0.0, longest_round_trip_s}, kRows);
  Chart chart;
  chart.title = "The best plan by bandwidth and round trip";
  chart.note = fmt::format("Now: {} up, {:.3g} ms. Up and down change alike.", mbit_text(link.bandwidth_up_bps), link.round_trip_s * 1e3);
  chart.kind = ChartKind::spans;
  chart.logarithmic = true;
  chart.value_title = "Mbit/s up";
  chart.x_title = "round trip, ms";
  for (const double row : map.down_values) chart.categories.push_back(fmt::format("{:.3g}", row * 1e3));
  std::map<std::string, double> width;  // of all spans of one name, in decades
  const auto each_span = [&](auto visit) {
    for (std::size_t r = 0; r < map.rows.size(); ++r)
      for (std::size_t p = 0; p < map.rows[r].placements.size(); ++p) {
        const double fast = p == 0 ? 1.0 / kReach : map.rows[r].switches[p - 1];
        const double slow = p < map.rows[r].switches.size() ? map.rows[r].switches[p] : kReach;
        visit(r, map.rows[r].placements[p], link.bandwidth_up_bps * 1e-6 / slow, link.bandwidth_up_bps * 1e-6 / fast);
      }
  };
  each_span([&](std::size_t, const Placement& placement, double from, double to) { width[placement_name(placement)] += std::log10(to / from); });
  std::vector<std::pair<double, std::string>> widest;
  for (const auto& [name, decades] : width) widest.emplace_back(decades, name);
  std::sort(widest.rbegin(), widest.rend());
  if (widest.size() > kMostNames) widest.resize(kMostNames);
  for (const auto& [decades, name] : widest) {
    Series series{.name = name};
    series.values.assign(map.rows.size(), kNoPoint);
    series.from = series.values;
    series.hover.resize(map.rows.size());
    chart.series.push_back(std::move(series));
  }
  if (width.size() > widest.size()) chart.note += fmt::format(" White: {} more plans, each for a narrow band.", width.size() - widest.size());
  each_span([&](std::size_t row, const Placement& placement, double from, double to) {
    const std::string name = placement_name(placement);
    const auto series = std::find_if(chart.series.begin(), chart.series.end(), [&](const Series& one) { return one.name == name; });
    if (series == chart.series.end()) return;
    const bool first = std::isnan(series->values[row]);  // two placements may send the same values
    series->from[row] = first ? from : std::min(series->from[row], from);
    series->values[row] = first ? to : std::max(series->values[row], to);
    series->hover[row] = fmt::format("{:.3g} to {:.3g} Mbit/s", series->from[row], series->values[row]);
  });
  return chart;
}

}  // namespace dnntune::cli
