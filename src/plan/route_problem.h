// SPDX-License-Identifier: Apache-2.0
// A checked RouteRequest: what layers and values cost, and the LabelProblem made of it for the links of the moment.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "dnntune/route.h"
#include "plan/costs.h"
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

class RouteProblem {
 public:
  explicit RouteProblem(RouteRequest request);

  void set_link(int hop, const Link& link);
  /// All times of a stop by a factor.
  void set_load(int stop, double factor);
  const RouteRequest& request() const noexcept { return request_; }
  const LabelProblem& labels() const noexcept { return labels_; }
  const std::vector<std::string>& layers() const noexcept { return layers_; }
  /// Of objective units, as the caller counts it.
  double objective(double units) const noexcept { return units * objective_unit_; }
  /// Of a figure's units, as its measure counts.
  double value(Measure measure, std::int64_t units) const noexcept { return quanta_[static_cast<std::size_t>(measure)].value(units); }
  Placement describe(const Labelling& labelling) const;
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
  };

  void check() const;
  void read();
  void read_values();
  void mark_private();
  void shape();
  void build();
  void build_layers();
  void build_crossings();
  void round_figures();
  void set_limits();
  void add(const Priced& priced, std::size_t slot);
  std::vector<Priced> crossing_choices(const RouteValue& value, int hop, bool outward) const;
  bool wants(Measure measure) const;
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
  std::vector<Measures> once_;                           ///< By hop, before rounding.
  std::array<Quantum, kMeasures> quanta_{Quantum(0.0), Quantum(0.0), Quantum(0.0), Quantum(0.0), Quantum(0.0), Quantum(0.0)};
  double objective_unit_ = 1.0;
};

}  // namespace dnntune::plan
