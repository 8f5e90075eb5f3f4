// SPDX-License-Identifier: Apache-2.0
// RouteProblem: what using a hop costs, and the problem as one scenario charges it.
#include <algorithm>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "plan/at.h"
#include "plan/route_problem.h"

namespace dnntune::plan {
namespace {

constexpr double kUjPerNsW = 1e-3;
constexpr std::size_t kLatency = figure_of(Measure::latency), kEnergy = figure_of(Measure::energy);

}  // namespace

void RouteProblem::build_starts() {
  starts_.assign(request_.hops.size(), {});
  radios_.assign(request_.hops.size(), {});
  waits_ = {{}};
  double& bytes = most_bytes_ = 0.0;
  double outputs = 0.0;
  for (const RouteValue& value : values_) {
    std::int64_t most = value.raw_bytes;
    for (const std::int64_t coded : value.bytes) most = std::max(most, coded);
    bytes += static_cast<double>(most);
    if (value.costs.is_output) outputs += static_cast<double>(most);
  }
  for (int k = request_.home; k < labels_.hops(); ++k) {
    if (!is_network(k)) continue;
    const RouteHop& hop = request_.hops[at(k)];
    Start& start = starts_[at(k)];
    start.round_trip_ns = hop.link.round_trip_s * 1e9;
    if (hop.radio) {
      const RadioShare& radio = radios_[at(k)] = share_of(*hop.radio, hop.link, request_.interval_s);
      start.wake_ns = radio.wake_ns;
      if (k == last_device_) {
        start.fixed_uj = radio.fixed_uj;
        waits_ = radio.waits;
      }
    }
    if (hop.tcp) {
      if (hop.tcp->cold) start.handshake_ns = hop.tcp->handshake_round_trips * start.round_trip_ns;
      const double homeward = hop.layers_return == RouteHop::Return::never ? outputs : bytes;
      start.stalls = {stalls_of(*hop.tcp, hop.link.bandwidth_up_bps, hop.link.round_trip_s, bytes),
                      stalls_of(*hop.tcp, hop.link.bandwidth_down_bps, hop.link.round_trip_s, homeward)};
    }
  }
}

/// Of states of the radio that no wait is long enough to reach.
void RouteProblem::drop_waits() {
  double longest_ns = 0.0;
  for (const Priced& priced : priced_) longest_ns += priced.wait_ns;
  for (const Start& start : starts_)
    longest_ns += start.round_trip_ns + start.wake_ns + start.handshake_ns + start.stalls[0].ns.back() + start.stalls[1].ns.back();
  while (waits_.size() > 1 && waits_.back().from_ns >= longest_ns) waits_.pop_back();
}

Scenario RouteProblem::last_scenario() const {
  Scenario last{wait_lines() - 1, {}};
  for (const Start& start : starts_)
    for (const Stalls& stalls : start.stalls) last.steps.push_back(static_cast<int>(stalls.ns.size()) - 1);
  return last;
}

void RouteProblem::set_objective(Figures& figures) const {
  if (only_weight_) {
    figures[kObjective] = figures[*only_weight_ + 1];
    return;
  }
  double sum = 0.0;
  for (std::size_t m = 0; m < kMeasures; ++m) sum += weights_[m] * quanta_[m].value(figures[m + 1]);
  figures[kObjective] = combined_.count(sum);
}

RouteProblem::EnergyUnits RouteProblem::energy_of(const Priced& priced, int wait_line) const {
  const Quantum& uj = quanta_[static_cast<std::size_t>(Measure::energy)];
  return {uj.count(priced.measures[static_cast<std::size_t>(Measure::energy)]), uj.count(request_.idle_power_w * kUjPerNsW * priced.idle_ns),
          uj.count(waits_[at(wait_line)].uj_per_ns * priced.wait_ns)};
}

std::pair<std::int64_t, std::int64_t> RouteProblem::start_units(int hop, const Scenario& scenario) const {
  const Start& start = starts_[at(hop)];
  const Quantum& ns = quanta_[static_cast<std::size_t>(Measure::latency)];
  double start_ns = start.wake_ns + start.handshake_ns;
  for (std::size_t way = 0; way < 2; ++way) start_ns += start.stalls[way].ns[at(scenario.steps[2 * at(hop) + way])];
  return {ns.count(start.round_trip_ns), ns.count(start_ns)};
}

double RouteProblem::wait_ns_of_start(int hop, const Scenario& scenario) const {
  const Start& start = starts_[at(hop)];
  double wait_ns = start.round_trip_ns + start.handshake_ns;
  for (std::size_t way = 0; way < 2; ++way) wait_ns += start.stalls[way].ns[at(scenario.steps[2 * at(hop) + way])];
  return hop > last_device_ ? wait_ns + start.wake_ns : wait_ns;  // it waits for another's waking
}

RouteProblem::EnergyUnits RouteProblem::energy_of_start(int hop, const Scenario& scenario) const {
  const Start& start = starts_[at(hop)];
  if (hop < last_device_) return {};
  const Quantum& uj = quanta_[static_cast<std::size_t>(Measure::energy)];
  const RadioShare::Line& line = waits_[at(scenario.wait_line)];
  const double wait_ns = wait_ns_of_start(hop, scenario), idle_ns = hop > last_device_ ? wait_ns : wait_ns + start.wake_ns;
  return {uj.count(start.fixed_uj), uj.count(request_.idle_power_w * kUjPerNsW * idle_ns),
          uj.count(line.uj_per_ns * wait_ns + (hop == last_device_ ? line.fixed_uj : 0.0))};
}

Figures RouteProblem::start_figures(int hop, const Scenario& scenario) const {
  Figures figures{};
  const auto [round_trip, start] = start_units(hop, scenario);
  figures[kLatency] = round_trip + start;
  figures[kEnergy] = energy_of_start(hop, scenario).sum();
  set_objective(figures);
  return figures;
}

std::optional<std::int64_t> RouteProblem::step_limit(std::size_t way, int step) const {
  const Stalls& stalls = starts_[way / 2].stalls[way % 2];
  if (at(step) >= stalls.most_bytes.size()) return std::nullopt;
  const Link& link = request_.hops[way / 2].link;
  // Bytes are whole numbers: half of one more takes rounding with it.
  const double bytes = stalls.most_bytes[at(step)] + 0.5;
  return quanta_[static_cast<std::size_t>(Measure::latency)].count((way % 2 == 0 ? link.up_s(bytes) : link.down_s(bytes)) * 1e9);
}

LabelProblem RouteProblem::labels_in(const Scenario& least, const Scenario& most) const {
  LabelProblem problem = labels_;
  if (least.wait_line != 0) {
    for (std::size_t c = 0; c < problem.choices.size(); ++c) {
      if (priced_[c].wait_ns == 0.0) continue;
      problem.choices[c].figures[kEnergy] = energy_of(priced_[c], least.wait_line).sum();
      set_objective(problem.choices[c].figures);
    }
  }
  for (int k = 0; k < problem.hops(); ++k) problem.once[at(k)] = start_figures(k, least);
  for (std::size_t way = 0; way < most.steps.size(); ++way)
    if (const std::optional<std::int64_t> limit = step_limit(way, most.steps[way]))
      problem.busy_limits.push_back({problem.stops + static_cast<int>(way), *limit});
  return problem;
}

Scenario RouteProblem::scenario_of(const Labelling& labelling) const {
  Scenario scenario = first_scenario();
  for (std::size_t way = 0; way < scenario.steps.size(); ++way) {
    const std::int64_t busy = labelling.busy[at(labels_.stops) + way];
    for (std::optional<std::int64_t> limit; (limit = step_limit(way, scenario.steps[way])) && busy > *limit;) ++scenario.steps[way];
  }
  if (wait_lines() == 1) return scenario;
  int farthest = 0;
  for (const int stop : labelling.stops) farthest = std::max(farthest, stop);
  std::optional<std::int64_t> least;
  for (int line = 0, best = 0; line < wait_lines(); ++line) {
    const Scenario by{line, scenario.steps};
    std::int64_t uj = 0;
    for (const auto& used : labelling.used) uj += energy_of(priced_[used.second], line).sum();
    for (int k = request_.home; k < farthest; ++k) uj += energy_of_start(k, by).sum();
    if (!least || uj < *least) least = uj, best = line;
    scenario.wait_line = best;
  }
  return scenario;
}

std::vector<double> RouteProblem::stall_corners(const Axis& axis) const {
  std::vector<double> corners;
  if (axis.kind == Axis::Kind::load || !request_.hops[at(axis.index)].tcp) return corners;
  const RouteHop& hop = request_.hops[at(axis.index)];
  for (const double bandwidth_bps : {hop.link.bandwidth_up_bps, hop.link.bandwidth_down_bps})
    for (const double corner : plan::stall_corners(*hop.tcp, bandwidth_bps, hop.link.round_trip_s, axis.kind, most_bytes_)) corners.push_back(corner);
  return corners;
}

Scenario RouteProblem::charge(Labelling& labelling) const {
  add_up(labels_, labelling);
  Scenario scenario = scenario_of(labelling);
  if (!one_scenario()) add_up(labels_in(scenario, last_scenario()), labelling);
  return scenario;
}

RouteProblem::FrontLabels RouteProblem::front_labels(const std::vector<Measure>& measures) const {
  FrontLabels front{labels_, {}, {}};
  std::vector<std::size_t> from;  // of labels_, by new figure
  const auto column = [&](std::size_t figure) {
    const auto place = static_cast<std::size_t>(std::find(from.begin(), from.end(), figure) - from.begin());
    if (place == from.size()) from.push_back(figure);
    return place;
  };
  for (const Measure measure : measures) front.figures.push_back(column(figure_of(measure)));
  for (LabelProblem::Limit& limit : front.labels.limits) limit.figure = column(limit.figure);
  const bool waits = wait_lines() > 1 && std::find(from.begin(), from.end(), kEnergy) != from.end();
  std::vector<std::size_t> ways;
  for (std::size_t way = 0; way < 2 * starts_.size(); ++way)
    if (starts_[way / 2].stalls[way % 2].ns.size() > 1) ways.push_back(way);
  const std::size_t all = from.size() + ways.size() + (waits ? 1 : 0);
  if (all > kFigures)
    throw Error(ErrorCode::invalid_argument, fmt::format("a front by {} figures needs {} more for slow start and the radio's waiting; together {} are possible", from.size(),
                                                         all - from.size(), kFigures));
  for (std::size_t i = from.size(); i < all; ++i) front.exactly.push_back(i);

  const Quantum& ns = quanta_[static_cast<std::size_t>(Measure::latency)];
  const auto moved = [&](const Figures& figures, const EnergyUnits& energy) {
    Figures out{};
    for (std::size_t i = 0; i < from.size(); ++i) out[i] = waits && from[i] == kEnergy ? energy.own + energy.idle : figures[from[i]];
    return out;
  };
  for (std::size_t c = 0; c < front.labels.choices.size(); ++c) {
    Choice& choice = front.labels.choices[c];
    choice.figures = moved(choice.figures, energy_of(priced_[c], 0));
    if (waits) choice.figures[all - 1] = ns.count(priced_[c].wait_ns);
  }
  const std::size_t first_crossing = labels_.place(labels_.layer_count, 0), hops = request_.hops.size();
  for (std::size_t slot = first_crossing; slot < labels_.slots.size(); ++slot) {
    const std::size_t way = 2 * ((slot - first_crossing) / 2 % hops) + (slot - first_crossing) % 2;
    const auto column_of = std::find(ways.begin(), ways.end(), way);
    if (column_of == ways.end()) continue;
    for (std::uint32_t c = labels_.slots[slot].first; c < labels_.slots[slot].first + labels_.slots[slot].count; ++c)
      front.labels.choices[c].figures[from.size() + static_cast<std::size_t>(column_of - ways.begin())] = labels_.choices[c].busy[1];
  }
  for (int k = 0; k < labels_.hops(); ++k) {
    front.labels.once[at(k)] = moved(labels_.once[at(k)], energy_of_start(k, first_scenario()));
    if (waits && k >= last_device_) front.labels.once[at(k)][all - 1] = ns.count(wait_ns_of_start(k, first_scenario()));
  }
  return front;
}

}  // namespace dnntune::plan
