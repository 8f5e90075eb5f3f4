// SPDX-License-Identifier: Apache-2.0
// A checked RouteRequest: what layers and values cost, and the LabelProblem made of it for the links of the moment.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dnntune/route.h"
#include "plan/costs.h"
#include "plan/hop_start.h"
#include "plan/label_problem.h"
#include "plan/quantum.h"

namespace dnntune::plan {

inline constexpr std::size_t kMeasures = 6;
constexpr std::size_t figure_of(Measure measure) noexcept { return static_cast<std::size_t>(measure) + 1; }

/// A value as it may cross.
struct RouteValue {
  ValueCosts costs;                  ///< Its name, producer, consumers and whether it is an output and sized.
  std::int64_t raw_bytes = 0;
  bool is_float = false;             ///< float32: codecs apply.
  bool is_private = false;
  std::vector<std::int64_t> bytes;   ///< By codec of the request.
  std::vector<double> errors;        ///< By codec; below 0: not known.
};

/// What a search takes for granted of costs that are no sums: which line of the radio's waiting it is charged by, and which step of
/// slow start each way over each hop: steps[2 * hop] outward, steps[2 * hop + 1] home.
struct Scenario {
  int wait_line = 0;
  std::vector<int> steps;
  bool operator==(const Scenario&) const = default;
};

class RouteProblem {
 public:
  explicit RouteProblem(RouteRequest request);

  /// Changes nothing when it throws.
  void set_link(int hop, const Link& link);
  /// All times of a stop by a factor.
  void set_load(int stop, double factor);
  const RouteRequest& request() const noexcept { return request_; }
  const LabelProblem& labels() const noexcept { return labels_; }
  const std::vector<std::string>& layers() const noexcept { return layers_; }
  /// Whether it is minimised or limited.
  bool wants(Measure measure) const;
  /// Of objective units, as the caller counts it.
  double objective(double units) const noexcept { return units * objective_unit_; }
  /// Of a figure's units, as its measure counts.
  double value(Measure measure, std::int64_t units) const noexcept { return quanta_[static_cast<std::size_t>(measure)].value(units); }
  /// `scenario`: the one that holds for it; `labelling`'s sums are those of it.
  Placement describe(const Labelling& labelling, const Scenario& scenario) const;
  Placement describe(const Labelling& labelling) const { return describe(labelling, first_scenario()); }

  int wait_lines() const noexcept { return static_cast<int>(waits_.size()); }
  /// The cheapest, which labels() has: the first line, no stalls.
  Scenario first_scenario() const { return {0, std::vector<int>(2 * request_.hops.size(), 0)}; }
  Scenario last_scenario() const;
  /// labels() is the whole truth.
  bool one_scenario() const { return first_scenario() == last_scenario(); }
  /// The problem charged by `least`, for labellings that take no steps beyond `most`.
  LabelProblem labels_in(const Scenario& least, const Scenario& most) const;
  /// The one that holds for a labelling.
  Scenario scenario_of(const Labelling& labelling) const;
  /// Adds a labelling up for the scenario that holds for it, which it returns.
  Scenario charge(Labelling& labelling) const;
  /// For fronts: a problem whose figures are other ones, those of `measures` and of the limits without stalls and waiting through phases, then what
  /// these depend on. Costs only rise with each.
  struct FrontLabels {
    LabelProblem labels;
    std::vector<std::size_t> figures;  ///< Of `measures`.
    std::vector<std::size_t> exactly;  ///< Time of ways with slow start, the radio's waiting.
  };
  FrontLabels front_labels(const std::vector<Measure>& measures) const;
  /// Where along an axis slow start's stalls stop being linear; nowhere without slow start.
  std::vector<double> stall_corners(const Axis& axis) const;
  /// "latency", "0.5 latency + 2 energy", "throughput".
  std::string minimized() const;
  /// Stops [0, last_device()] are the device.
  int last_device() const noexcept { return last_device_; }
  const std::vector<RouteValue>& values() const noexcept { return values_; }

 private:
  using Measures = std::array<double, kMeasures>;
  /// A choice before rounding, with what describe() reports of it.
  struct Priced {
    int id = 0;
    Measures measures{};
    std::array<double, 3> busy_ns{};
    Cost ns = kNothing, uj = kNothing;
    std::int64_t bytes = 0;
    bool error_known = true;
    /// Of the time that it takes: how much the device waits, and how much its radio.
    double idle_ns = 0.0, wait_ns = 0.0;
  };
  /// What using a hop costs, stalls and the radio's waiting aside.
  struct Start {
    double round_trip_ns = 0.0, wake_ns = 0.0, handshake_ns = 0.0, fixed_uj = 0.0;
    std::array<Stalls, 2> stalls;  ///< Outward, home.
  };
  /// The energies of a choice or a hop, rounded one by one so that parts add up to the figure.
  struct EnergyUnits {
    std::int64_t own = 0, idle = 0, wait = 0;
    std::int64_t sum() const noexcept { return own + idle + wait; }
  };

  void check() const;
  void check_radio_known(const RouteHop& hop, const Link& link) const;
  void read();
  void read_values();
  void mark_private();
  void shape();
  void build();
  void build_layers();
  void build_starts();
  void drop_waits();
  void build_crossings();
  void round_figures();
  void set_objective(Figures& figures) const;
  EnergyUnits energy_of(const Priced& priced, int wait_line) const;
  /// Of the device's radio, because the hop is used.
  double wait_ns_of_start(int hop, const Scenario& scenario) const;
  EnergyUnits energy_of_start(int hop, const Scenario& scenario) const;
  /// Round trip apart, since reports have it apart.
  std::pair<std::int64_t, std::int64_t> start_units(int hop, const Scenario& scenario) const;
  Figures start_figures(int hop, const Scenario& scenario) const;
  /// The most time that a way's bytes may take within a step; none: no limit.
  std::optional<std::int64_t> step_limit(std::size_t way, int step) const;
  std::int64_t device_memory(std::size_t layer) const;
  void set_limits();
  void add(const Priced& priced, std::size_t slot);
  std::vector<Priced> crossing_choices(const RouteValue& value, int hop, bool outward) const;
  bool is_network(int hop) const { return request_.hops[static_cast<std::size_t>(hop)].kind == RouteHop::Kind::network; }

  RouteRequest request_;
  int last_device_ = 0;
  double z_ = 0.0;
  std::vector<std::string> layers_;
  std::vector<std::vector<ProcessorCosts>> processors_;  ///< By stop.
  std::vector<RouteValue> values_;
  std::vector<std::pair<int, int>> pins_;                ///< By layer.

  std::vector<double> load_;                             ///< By stop.

  LabelProblem labels_;
  std::vector<Priced> priced_;                           ///< By choice.
  std::size_t layer_choices_ = 0;                        ///< The first so many are of layers, the rest of crossings.
  double most_bytes_ = 0.0;                              ///< At least what any request sends over a hop.
  std::vector<Start> starts_;                            ///< By hop, before rounding.
  std::vector<RadioShare> radios_;                       ///< By hop; all 0 for hops without a RadioModel.
  std::vector<RadioShare::Line> waits_;                  ///< Of the device's radio.
  std::array<double, kMeasures> weights_{};              ///< Of the objective.
  std::optional<std::size_t> only_weight_;               ///< The only measure with one; none when several have.
  Quantum combined_{0.0};                                ///< Of the objective, when several measures have a weight.
  std::array<Quantum, kMeasures> quanta_{Quantum(0.0), Quantum(0.0), Quantum(0.0), Quantum(0.0), Quantum(0.0), Quantum(0.0)};
  double objective_unit_ = 1.0;
};

}  // namespace dnntune::plan
