// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_page.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "cli/output.h"
#include "cli/plan_map.h"
#include "dnntune/error.h"
#include "dnntune/queue.h"
#include "dnntune/route.h"
#include "dnntune/version.h"

namespace dnntune::cli {
namespace {

using report::Chart;
using report::ChartKind;
using report::Series;

constexpr double kNoBar = std::numeric_limits<double>::quiet_NaN();
constexpr int kHere = 0, kCloud = 1;

double ms(const Cost& cost) { return cost.value * 1e-6; }

const Profile& profile_of(const std::vector<Profile>& profiles, const std::string& processor) {
  const auto found = std::find_if(profiles.begin(), profiles.end(), [&](const Profile& profile) { return profile.processor == processor; });
  return found == profiles.end() ? profiles.front() : *found;
}

/// The same question for a Planner.
RouteRequest route_request(const PlanRequest& request, const Plan& plan) {
  RouteRequest route{.graph = request.graph};
  route.stops = {{.name = "device", .profiles = {profile_of(request.device, plan.device_processor)}},
                 {.name = "cloud", .profiles = {profile_of(request.cloud, plan.cloud_processor)}}};
  route.hops = {RouteHop::network(request.link)};
  if (!request.cloud_wait.why.empty()) route.hops.front() = with_queue(std::move(route.hops.front()), request.cloud_wait);
  route.minimize = {{request.minimize.kind() == Objective::Kind::energy ? Measure::energy : Measure::latency, 1.0}};
  route.codecs = {WireCodec{request.encoding}};
  for (const std::string& layer : request.pin_to_device) route.pins.push_back({layer, kHere, kHere});
  return route;
}

/// What one page is about, and the answers that several of its parts need.
class PlanPage {
 public:
  PlanPage(const PlanRequest& request, const Plan& plan)
      : plan_(plan), graph_(request.graph), planner_(route_request(request, plan)), chosen_(planner_.plan().chosen), link_(request.link),
        by_energy_(request.minimize.kind() == Objective::Kind::energy) {
    std::vector<int> stops(graph_.layers().size(), kCloud);
    for (std::size_t cut = 0; cut <= stops.size(); ++cut) {
      if (cut > 0) stops[cut - 1] = kHere;
      cuts_.push_back(planner_.evaluate(stops));
      cut_names_.push_back(fmt::format("{} {}", cut, cut == 0 ? "everything in the cloud" : "after " + graph_.layers()[cut - 1].name));
      if (chosen_.stops == stops) chosen_cut_ = cut;
    }
    for (const std::optional<Placement>& cut : cuts_) energy_known_ = energy_known_ && (!cut || known(cut->cost.energy_uj()));
    energy_known_ = energy_known_ && known(chosen_.cost.energy_uj());
  }

  report::Page page() const {
    report::Page page(fmt::format("{}: what runs here, what in the cloud", plan_.model));
    page.fact("chosen", fmt::format("{}: {}", placement_name(chosen_), cost_text(chosen_)));
    page.fact("minimized", by_energy_ ? "energy of the device" : "latency");
    page.fact("link", fmt::format("{}: {} up, {} down, round trip {:.3g} ms", link_.name, mbit_text(link_.bandwidth_up_bps),
                                  mbit_text(link_.bandwidth_down_bps), link_.round_trip_s * 1e3));
    page.fact("device", planner_.request().stops[kHere].profiles[0].processor).fact("cloud", planner_.request().stops[kCloud].profiles[0].processor);
    page.fact("library", fmt::format("dnntune {}", version()));
    page.chart(latency_chart());
    if (energy_known_) page.chart(energy_chart());
    page.chart(bytes_chart());
    page.chart(map_chart(planner_, longest_round_trip_s()));
    add_front(page);
    page.chart(neighbours_chart());
    page.table(cuts_table());
    return page;
  }

 private:
  static bool known(const Cost& cost) { return cost.provenance != Provenance::unknown; }
  /// Of the plan's measure, for people.
  std::string objective_text(double value) const { return by_energy_ ? fmt::format("{:.4g} mJ", value * 1e-3) : fmt::format("{:.4g} ms", value * 1e-6); }
  std::string cost_text(const Placement& placement) const {
    std::string text = fmt::format("{:.4g} ms", ms(placement.cost.latency_ns()));
    if (energy_known_) text += fmt::format(", {:.4g} mJ", placement.cost.energy_uj().value * 1e-3);
    return text + fmt::format(", {} up", bytes_text(static_cast<double>(placement.cost.bytes_up)));
  }

  /// A chart over all cuts between neighbours, as yet without series.
  Chart cuts_chart(std::string title, std::string unit) const {
    Chart chart;
    chart.title = std::move(title);
    chart.kind = ChartKind::stacked_bars;
    chart.categories = cut_names_;
    chart.x_title = "layers on the device, in the order of the file";
    chart.value_title = std::move(unit);
    chart.marked = chosen_cut_;
    chart.marked_text = "chosen: " + placement_name(chosen_);
    return chart;
  }

  template <typename Part>
  Series cuts_series(std::string name, const char* unit, Part part) const {
    Series series;
    series.name = std::move(name);
    for (const std::optional<Placement>& cut : cuts_) {
      series.values.push_back(cut ? part(cut->cost) : kNoBar);
      series.hover.push_back(cut ? fmt::format("{:.4g} {}", series.values.back(), unit) : "");
    }
    return series;
  }

  std::string off_line_note() const {
    std::string note = "Each bar is one cut: that many layers here, the rest in the cloud. ";
    if (!chosen_cut_)
      note += fmt::format("The chosen plan is no cut between neighbours in the file's order: {}, {}. ", placement_name(chosen_), cost_text(chosen_));
    return note;
  }

  /// Ends the axis a little above what can win, so that a cut that sends megabytes does not flatten the rest.
  template <typename Total>
  void end_axis(Chart& chart, Total total) const {
    double most = total(chosen_.cost), largest = 0.0;
    for (const auto* end : {&cuts_.front(), &cuts_.back()})
      if (*end) most = std::max(most, total((*end)->cost));
    for (const std::optional<Placement>& cut : cuts_)
      if (cut) largest = std::max(largest, total(cut->cost));
    if (largest <= 1.6 * most) return;
    const double digits = std::pow(10.0, std::floor(std::log10(1.3 * most)) - 1.0);
    chart.most = std::ceil(1.3 * most / digits) * digits;
    chart.note += "Bars that reach the top are longer.";
  }

  Chart latency_chart() const {
    Chart chart = cuts_chart("Latency by cut", "ms");
    chart.note = off_line_note();
    chart.series = {cuts_series("device", "ms", [](const RouteCost& c) { return ms(c.compute_ns[kHere]); }),
                    cuts_series("upload", "ms", [](const RouteCost& c) { return ms(c.out_ns[0] + c.coding_ns[kHere] + c.coding_ns[kCloud]); }),
                    cuts_series("round trip", "ms", [](const RouteCost& c) { return ms(c.round_trip_ns); }),
                    cuts_series("cloud", "ms", [](const RouteCost& c) { return ms(c.compute_ns[kCloud]); }),
                    cuts_series("download", "ms", [](const RouteCost& c) { return ms(c.home_ns[0]); })};
    end_axis(chart, [](const RouteCost& c) { return ms(c.latency_ns()); });
    return chart;
  }

  Chart energy_chart() const {
    Chart chart = cuts_chart("Energy of the device by cut", "mJ");
    chart.series = {cuts_series("device", "mJ", [](const RouteCost& c) { return c.device_uj.value * 1e-3; }),
                    cuts_series("radio", "mJ", [](const RouteCost& c) { return c.radio_uj.value * 1e-3; })};
    end_axis(chart, [](const RouteCost& c) { return c.energy_uj().value * 1e-3; });
    return chart;
  }

  Chart bytes_chart() const {
    Chart chart = cuts_chart("Bytes by layer", "kB");
    chart.kind = ChartKind::bars;
    chart.logarithmic = true;
    chart.note = "What the last layer on the device makes, and all that crosses when the rest runs in the cloud.";
    Series made, crosses = cuts_series("crosses", "kB", [](const RouteCost& c) { return static_cast<double>(c.bytes_up) * 1e-3; });
    made.name = "made by the layer";
    for (std::size_t cut = 0; cut < cuts_.size(); ++cut) {
      const double bytes = cut == 0 ? kNoBar : static_cast<double>(graph_.layers()[cut - 1].output_bytes);
      made.values.push_back(bytes > 0.0 ? bytes * 1e-3 : kNoBar);
      made.hover.push_back(fmt::format("{:.4g} kB", bytes * 1e-3));
    }
    chart.series = {std::move(made), std::move(crosses)};
    return chart;
  }

  /// Beyond the time that the device needs for all of it, the cloud cannot win.
  double longest_round_trip_s() const {
    return std::max(2.0 * link_.round_trip_s, cuts_.back() ? cuts_.back()->cost.latency_ns().value * 1e-9 : 0.0);
  }

  std::optional<Front> front() const {
    FrontOptions options;
    options.measures = {Measure::latency};
    if (energy_known_) options.measures.push_back(Measure::energy);
    options.measures.push_back(Measure::bytes_up);
    options.most_labels = 100'000;
    for (const double epsilon : {0.01, 0.05, 0.2, 1.0}) {
      options.epsilon = epsilon;
      try {
        return planner_.front(options);
      } catch (const Error& error) {
        if (error.code() != ErrorCode::limit_exceeded) throw;
      }
    }
    return std::nullopt;
  }

  void add_front(report::Page& page) const {
    const std::optional<Front> found = front();
    if (!found) {
      page.paragraph("This network has too many ways to be divided for a picture of all trade-offs.");
      return;
    }
    Chart chart;
    chart.title = energy_known_ ? "Trade-offs: latency, energy and bytes" : "Trade-offs: latency and bytes";
    chart.note = fmt::format("No plan is more than {:g} % better than one of these by {}.", 100.0 * found->epsilon, energy_known_ ? "all three" : "both");
    chart.kind = ChartKind::scatter;
    chart.x_title = "ms";
    chart.value_title = energy_known_ ? "mJ" : "kB up";
    Series others{.name = "plans"}, chosen{.name = "chosen"};
    const auto add = [&](Series& series, const Placement& placement) {
      series.x.push_back(ms(placement.cost.latency_ns()));
      series.values.push_back(energy_known_ ? placement.cost.energy_uj().value * 1e-3 : static_cast<double>(placement.cost.bytes_up) * 1e-3);
      series.hover.push_back(fmt::format("{}: {}", placement_name(placement), cost_text(placement)));
    };
    add(chosen, chosen_);
    for (const Placement& placement : found->placements)
      if (placement.stops != chosen_.stops) add(others, placement);
    chart.series = {std::move(chosen), std::move(others)};
    page.chart(std::move(chart));
  }

  Chart neighbours_chart() const {
    constexpr std::size_t kMost = 15;
    const std::vector<Neighbour> all = planner_.neighbours(chosen_);
    Chart chart;
    chart.title = "Why: what moving one layer would cost";
    chart.note = all.empty() ? "No layer can be moved alone." : "The cheapest moves. All else stays as chosen.";
    chart.horizontal = true;
    chart.value_title = by_energy_ ? "mJ more" : "ms more";
    Series series{.name = "more"};
    for (std::size_t i = 0; i < std::min(kMost, all.size()); ++i) {
      const double more = all[i].objective - chosen_.objective;
      chart.categories.push_back(fmt::format("{} to the {}", all[i].layer, planner_.request().stops[static_cast<std::size_t>(all[i].to)].name));
      series.values.push_back(more * (by_energy_ ? 1e-3 : 1e-6));
      series.hover.push_back(fmt::format("{} more, {} in all", objective_text(more), objective_text(all[i].objective)));
    }
    chart.series.push_back(std::move(series));
    return chart;
  }

  report::Table cuts_table() const {
    report::Table table;
    table.title = "All cuts";
    table.columns = {{"#", true}, {"cut"}, {"device ms", true}, {"upload", true}, {"round trip", true}, {"cloud", true}, {"download", true}, {"all ms", true}};
    if (energy_known_) table.columns.push_back({"mJ", true});
    table.columns.push_back({"crosses", true});
    const auto text = [](const Cost& ns) { return fmt::format("{:.3f}", ms(ns)); };
    for (std::size_t i = 0; i < cuts_.size(); ++i) {
      table.rows.push_back({std::to_string(i), cut_names_[i].substr(cut_names_[i].find(' ') + 1)});
      std::vector<std::string>& row = table.rows.back();
      if (!cuts_[i]) {
        row.push_back("cannot run");
        continue;
      }
      const RouteCost& c = cuts_[i]->cost;
      for (const Cost& part : {c.compute_ns[kHere], c.out_ns[0] + c.coding_ns[kHere] + c.coding_ns[kCloud], c.round_trip_ns, c.compute_ns[kCloud],
                               c.home_ns[0], c.latency_ns()})
        row.push_back(text(part));
      if (energy_known_) row.push_back(fmt::format("{:.4g}", c.energy_uj().value * 1e-3));
      row.push_back(c.bytes_up > 0 ? bytes_text(static_cast<double>(c.bytes_up)) : "-");
    }
    return table;
  }

  const Plan& plan_;
  const Graph graph_;
  const Planner planner_;
  const Placement chosen_;
  const Link link_;
  const bool by_energy_;
  bool energy_known_ = true;
  std::vector<std::optional<Placement>> cuts_;  ///< By layers on the device, 0 to all.
  std::vector<std::string> cut_names_;
  std::optional<std::size_t> chosen_cut_;
};

}  // namespace

report::Page plan_page(const PlanRequest& request, const Plan& plan) {
  if (request.device.empty() || request.cloud.empty())
    throw Error(ErrorCode::invalid_argument, "a page about a plan needs a profile of the device and one of the cloud");
  return PlanPage(request, plan).page();
}

}  // namespace dnntune::cli
