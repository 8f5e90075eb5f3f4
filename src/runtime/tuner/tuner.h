// SPDX-License-Identifier: Apache-2.0
// The steps of `tune`: what is timed, how, and what follows.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dnntune/tune.h"
#include "graph/ir.h"
#include "runtime/crew.h"
#include "runtime/prepared.h"
#include "runtime/tuner/cache.h"
#include "runtime/tuner/choose.h"
#include "runtime/tuner/trial.h"

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

  void find_segments();
  void time_segment(Segment& segment);
  std::string key_of(const graph::Ir& part, int engine) const;
  void measure_copies();
  void measure_changes();
  ChoiceProblem problem() const;
  std::vector<ChoiceProblem::Value> values() const;
  /// The way to run a segment on an engine; null: none was timed.
  static const Timed* best_way(const Segment& segment, int engine);
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
  std::vector<Segment> layers_, chains_;       ///< By layer; row chains.
  std::vector<CopyCost> uploads_, downloads_;  ///< By engine.
  std::vector<std::vector<double>> changes_;   ///< [from][to], ns.
};

}  // namespace dnntune::runtime
