// SPDX-License-Identifier: Apache-2.0
// From whole numbers back to a Placement with its costs.
#include <algorithm>

#include <fmt/format.h>

#include "plan/at.h"
#include "plan/route_problem.h"

namespace dnntune {
namespace plan {

Placement RouteProblem::describe(const Labelling& labelling, const Scenario& scenario) const {
  const std::size_t stops = request_.stops.size(), hops = request_.hops.size();
  constexpr auto kNs = static_cast<std::size_t>(Measure::latency);
  Placement placement;
  placement.stops = labelling.stops;
  RouteCost& cost = placement.cost;
  cost.compute_ns.assign(stops, kNothing);
  cost.coding_ns.assign(stops, kNothing);
  cost.out_ns.assign(hops, kNothing);
  cost.home_ns.assign(hops, kNothing);
  cost.round_trip_ns = cost.start_ns = cost.device_uj = cost.radio_uj = cost.radio_state_uj = cost.idle_uj = cost.error = kNothing;
  const auto published = [](const Quantum& quantum, std::int64_t count) { return Cost{quantum.value(count), 0.0, Provenance::published}; };
  const auto add_waiting = [&](const EnergyUnits& energy) {
    const Quantum& uj = quanta_[static_cast<std::size_t>(Measure::energy)];
    if (energy.idle > 0) cost.idle_uj = cost.idle_uj + published(uj, energy.idle);
    if (energy.wait > 0) cost.radio_state_uj = cost.radio_state_uj + published(uj, energy.wait);
  };

  std::size_t next = 0;
  const std::size_t first_crossing = labels_.place(labels_.layer_count, 0);
  for_each_used_slot(labels_, labelling.stops, [&](std::size_t slot, int from, int, int to) {
    const std::uint32_t index = labelling.used[next++].second;
    const Priced& priced = priced_[index];
    const Choice& choice = labels_.choices[index];
    add_waiting(energy_of(priced, scenario.wait_line));
    if (slot < first_crossing) {
      placement.processors.push_back(processors_[at(from)][at(priced.id)].name);
      cost.compute_ns[at(from)] = cost.compute_ns[at(from)] + priced.ns;
      cost.device_uj = cost.device_uj + priced.uj;
      return;
    }
    const std::size_t pair = (slot - first_crossing) / 2;
    const bool outward = (slot - first_crossing) % 2 == 0;
    const std::size_t hop = pair % hops;
    const RouteValue& value = values_[pair / hops];
    const WireEncoding encoding = priced.id < 0 ? WireEncoding::raw : request_.codecs[at(priced.id)].encoding;
    placement.crossings.push_back({value.costs.name, static_cast<int>(hop), outward, encoding, priced.bytes});
    const auto part = [&](std::size_t r) { return Cost{quanta_[kNs].value(choice.busy[r]), 0.0, priced.ns.provenance}; };
    if (choice.busy[0] > 0) cost.coding_ns[at(from)] = cost.coding_ns[at(from)] + part(0);
    if (choice.busy[2] > 0) cost.coding_ns[at(to)] = cost.coding_ns[at(to)] + part(2);
    Cost& moved = (outward ? cost.out_ns : cost.home_ns)[hop];
    moved = moved + part(1);
    cost.radio_uj = cost.radio_uj + priced.uj;
    if (is_network(static_cast<int>(hop))) (outward ? cost.bytes_up : cost.bytes_home) += priced.bytes;
    cost.error = cost.error + Cost{quanta_[static_cast<std::size_t>(Measure::error)].value(choice.figures[figure_of(Measure::error)]), 0.0,
                                   priced.error_known ? Provenance::measured : Provenance::unknown};
  });
  int farthest = 0;
  for (const int stop : labelling.stops) farthest = std::max(farthest, stop);
  for (int k = request_.home; k < farthest; ++k) {
    if (!is_network(k)) continue;
    const auto [round_trip, start] = start_units(k, scenario);
    cost.round_trip_ns = cost.round_trip_ns + published(quanta_[kNs], round_trip);
    if (start > 0) cost.start_ns = cost.start_ns + published(quanta_[kNs], start);
    const EnergyUnits energy = energy_of_start(k, scenario);
    if (energy.own > 0) cost.radio_state_uj = cost.radio_state_uj + published(quanta_[static_cast<std::size_t>(Measure::energy)], energy.own);
    add_waiting(energy);
  }

  const auto total = [&](Measure measure) { return quanta_[static_cast<std::size_t>(measure)].value(labelling.total[figure_of(measure)]); };
  cost.percentile_ns = total(Measure::latency);
  cost.money = total(Measure::money);
  cost.busiest_ns = quanta_[kNs].value(labelling.longest_busy());
  cost.device_weight_bytes = static_cast<std::int64_t>(total(Measure::device_weights) + 0.5);
  std::int64_t largest = 0;
  for (std::size_t i = 0; i < labelling.stops.size(); ++i)
    if (labelling.stops[i] <= last_device_) largest = std::max(largest, device_memory(i));
  cost.device_memory_bytes = cost.device_weight_bytes + largest;
  placement.objective = objective(static_cast<double>(request_.throughput ? labelling.longest_busy() : labelling.total[kObjective]));
  return placement;
}

std::string RouteProblem::minimized() const {
  if (request_.throughput) return "throughput";
  std::string text;
  for (const MeasureWeight& w : request_.minimize) {
    if (w.weight == 0.0) continue;
    if (!text.empty()) text += " + ";
    if (w.weight != 1.0) text += fmt::format("{:g} ", w.weight);
    text += to_string(w.measure);
    if (w.measure == Measure::latency && request_.percentile > 0.5) text += fmt::format(" (p{:g})", 100.0 * request_.percentile);
  }
  return text;
}

}  // namespace plan

Cost RouteCost::latency_ns() const noexcept {
  Cost sum = round_trip_ns + start_ns;
  for (const auto* parts : {&compute_ns, &coding_ns, &out_ns, &home_ns})
    for (const Cost& part : *parts) sum = sum + part;
  return sum;
}

Cost RouteCost::energy_uj() const noexcept { return device_uj + radio_uj + radio_state_uj + idle_uj; }

}  // namespace dnntune
