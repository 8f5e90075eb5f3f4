// SPDX-License-Identifier: Apache-2.0
// EnergyRounds: which networks a calibration measures the energy of, and how long.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cost/state_times.h"
#include "dnntune/calibrate.h"
#include "dnntune/meter.h"

namespace dnntune::probes {

/// A network that was measured for time, and can be written again.
struct SeenNetwork {
  std::uint64_t seed = 0;
  int threads = 1;
  cost::StateTimes run;  ///< Of one run.
};

/// A meter needs long windows, one a layer, so that few networks can be measured: the longest, of which a window holds few
/// runs. Numbers of threads take turns, and so do the network that computes longest and the one that moves data longest:
/// the two tell the powers of both states apart.
class EnergyRounds {
 public:
  /// Throws not_found and unsupported for a meter that CalibrateOptions names and that is not there or may not be used.
  EnergyRounds(const CalibrateOptions& options, std::vector<int> threads);

  bool measures() const noexcept { return meter_.usable; }
  const MeterInfo& meter() const noexcept { return meter_; }
  /// What is kept of the budget for all rounds: a third at most. 0 without a meter.
  double reserve_s() const noexcept { return reserve_s_; }
  /// One network, all in all.
  double round_s() const noexcept { return round_s_; }
  EnergyOptions options() const;

  void saw(SeenNetwork network) { seen_.push_back(network); }
  /// The next network, each once; empty when there are no more.
  std::optional<SeenNetwork> next();

 private:
  std::string root_;
  std::vector<int> threads_;
  MeterInfo meter_;
  double reserve_s_ = 0.0, round_s_ = 0.0;
  std::vector<SeenNetwork> seen_;
  std::size_t turn_ = 0;
};

}  // namespace dnntune::probes
