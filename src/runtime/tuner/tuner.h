// SPDX-License-Identifier: Apache-2.0
// The steps of `tune`: what is timed, how, and what follows.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "dnntune/tune.h"
#include "graph/ir.h"
#include "runtime/crew.h"
#include "runtime/prepared.h"
#include "runtime/tuner/cache.h"
#include "runtime/tuner/choose.h"
#include "runtime/tuner/trial.h"
#include "runtime/tuner/within.h"

namespace dnntune::runtime {

class Tuner {
 public:
  Tuner(const Graph& graph, const std::vector<Processor>& processors, const TuneOptions& options);
  Tuning run();

 private:
  /// A way to run a segment, as timed.
  struct Timed {
    int engine = 0;
    std::string asked;   ///< Duty::kernel.
    std::string kernel;  ///< That ran.
    Cost latency_ns;
  };
  /// Layers [first, last] of the lowered graph: one, or a row chain.
  struct Segment {
    std::size_t first = 0, last = 0;
    std::vector<int> engines;    ///< On which it is timed.
    std::vector<Timed> timed;    ///< Empty: a view, or time ran out.
    bool reached = false;
  };
  /// What a copy to or from a device's memory takes.
  struct CopyCost {
    double launch_ns = 0.0, ns_per_byte = 0.0;
    double of(std::int64_t bytes) const noexcept { return launch_ns + ns_per_byte * static_cast<double>(bytes); }
  };

  using StartKey = std::tuple<std::size_t, int, std::string>;  ///< Layer, engine, Duty::kernel.

  void find_segments();
  void time_segment(Segment& segment);
  std::string key_of(const graph::Ir& part, int engine) const;
  void measure_copies();
  void measure_changes();
  /// `starts` false: of the run alone, whatever decided which way is best.
  ChoiceProblem problem(bool starts = true) const;
  std::vector<ChoiceProblem::Value> values() const;
  /// The way to run a segment on an engine; null: none was timed.
  const Timed* best_way(const Segment& segment, int engine) const;
  /// The engine's own choice of kernel; likewise.
  static const Timed* own_way(const Segment& segment, int engine);
  /// What a layer costs by that way where preparing it counts.
  double weighed_ns(const Segment& segment, const Timed& timed) const;

  /// The best choice that adds no more than TuneOptions::start_ms to the making of a session.
  Choice choose_in_time(Tuning& tuning);
  /// Whether a session with all layers on that engine keeps within it.
  bool starts_in_time(int engine);
  /// What preparing layers by these ways takes longer than by the first engine's own choice, and opening the engines. `ways`: by
  /// layer; null: it is not counted.
  double added_start_ns(const std::vector<const Timed*>& ways);
  double opening_ns(int engine) const;
  double preparing_ns(std::size_t layer, const Timed& way);
  /// Whether it can take longer than the first engine's own choice. What devices take is not looked at.
  bool start_counts(const Timed& way) const;
  static StartKey start_key(std::size_t layer, const Timed& way) { return {layer, way.engine, way.asked}; }
  /// Weight of a nanosecond on an engine.
  double price(int engine) const { return prices_[static_cast<std::size_t>(engine)]; }

  Duties duties_of(const Choice& choice) const;
  Duties duties_on(int engine) const;
  Assignment assignment_of(const Duties& duties) const;
  /// Whole runs in turns; moves the fastest to the front of Tuning::runs and makes it the assignment.
  void compare_runs(const Choice& choice, Tuning& tuning);
  void describe_layers(const Prepared& network, Tuning& tuning) const;
  bool out_of_time() const;

  const Graph& graph_;
  const TuneOptions& options_;
  const std::int64_t start_ns_;
  Crew crew_;
  graph::Ir lowered_;
  Tensors inputs_;
  Arithmetic arithmetic_;
  TrialMemory memory_;
  TimingCache cache_;
  std::vector<double> prices_;                 ///< By engine.
  double start_weight_ = 0.0;                  ///< Of a nanosecond of making a session, against one of a run.
  std::map<StartKey, double> starts_;          ///< What preparing a layer takes, where that was measured, ns.
  std::vector<Segment> layers_, chains_;       ///< By layer; row chains.
  std::vector<CopyCost> uploads_, downloads_;  ///< By engine.
  std::vector<std::vector<double>> changes_;   ///< [from][to], ns.
};

}  // namespace dnntune::runtime
