// SPDX-License-Identifier: Apache-2.0
// One layer, or layers that run in turns, by one processor and kernel: prepared, to be timed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backends/weight_store.h"
#include "base/aligned.h"
#include "graph/ir.h"
#include "runtime/crew.h"
#include "runtime/prepared.h"

namespace dnntune::runtime {

/// Memory that trials share; they run one after the other.
struct TrialMemory {
  backends::WeightStore store;  ///< Trials on more threads need the same forms.
  base::AlignedBuffer arena;
  /// Read before a sample of a layer with large weights, so that these come from where they would in a run of the whole
  /// network: as many bytes as all weights have, up to a bound.
  std::vector<std::int64_t> evicting;
};

class Trial {
 public:
  /// `segment`: see graph::part_of; it, `crew` and `memory` stay. `inputs`: of the segment. Throws what Prepared throws.
  Trial(const graph::Ir& segment, const Tensors& inputs, Crew& crew, Duty duty, const Arithmetic& arithmetic, TrialMemory& memory);

  /// Whether the duty's own backend runs all of it.
  bool taken() const noexcept { return taken_; }
  /// Nothing is computed or copied: a view.
  bool empty() const noexcept { return own_.empty(); }
  /// The kernel that runs; of several layers, the first one's.
  std::string kernel() const;
  std::vector<std::string> kernels() const;
  /// Nanoseconds of one run, conversions and copies between memories left out.
  double sample();
  /// What it costs that a layer runs on another engine than the one before it: nanoseconds a change, from runs of two
  /// trials in turns against runs of each alone.
  static double change_ns(Trial& a, Trial& b);

 private:
  /// Operands are in place, and what comes before the layers themselves has run.
  void begin(Shift& shift);
  void run_own_steps(Shift& shift) {
    for (std::size_t s = own_.front(); s <= own_.back(); ++s) network_->run_step(s, shift);
  }
  void end(Shift& shift);
  double time_own_steps(Shift& shift, int repeats);

  Crew& crew_;
  Duty duty_;
  Arithmetic arithmetic_;
  TrialMemory& memory_;
  const Tensors& inputs_;
  std::unique_ptr<Prepared> network_;
  std::vector<std::size_t> own_;  ///< Steps that are the layers themselves.
  bool taken_ = true;
  bool large_weights_ = false;
  int repeats_ = 0;
};

}  // namespace dnntune::runtime
