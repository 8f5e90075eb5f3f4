// SPDX-License-Identifier: Apache-2.0
// The energy of a profile: measured by a meter of this machine, or from a known power.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "device/meters/gauge.h"
#include "device/meters/meter.h"
#include "device/meters/power_model.h"
#include "dnntune/device.h"
#include "dnntune/profile.h"
#include "dnntune/session.h"
#include "runtime/sampler.h"

namespace dnntune::runtime {

/// Steps whose energy is measured one by one.
struct SteppedWork {
  const Subject& subject;
  const Samples& samples;
  std::vector<int> layer_of_step;  ///< Index in Profile::layers; -1 for a step that is no layer's.
};

class EnergyMeter {
 public:
  /// `awake_ns`: how long worker threads stay awake after a run; the machine is idle only then. Throws invalid_argument
  /// for options out of range, and what pick_meter throws.
  EnergyMeter(const EnergyOptions& options, const Processor& processor, std::int64_t awake_ns);
  /// With a gauge of the caller's instead of a meter's: `info` describes it.
  EnergyMeter(const EnergyOptions& options, const Processor& processor, MeterInfo info, std::unique_ptr<device::Gauge> gauge);

  /// Whether there is something to measure with.
  bool measures() const noexcept { return gauge_ != nullptr; }
  /// Fills the energy of the run and of the layers, whose latencies are known, and adds notes. `processors`: what computed each
  /// layer, for the power model. `stepped` is null for a network whose layers cannot run alone. `progress` goes from 0 to 1. A
  /// meter that fails meanwhile leaves the power model's figures and a note.
  void fill(Profile& profile, const std::vector<Processor>& processors, const std::function<void()>& plain_run, const SteppedWork* stepped,
            const std::function<void(double)>& progress);

 private:
  void measure(Profile& profile, const std::vector<Processor>& processors, const std::function<void()>& plain_run, const SteppedWork* stepped,
               const std::function<void(double)>& progress);
  void use_model(Profile& profile, const std::vector<Processor>& processors, const std::string& why) const;
  device::PowerModel model_of(const Processor& processor, const Profile& profile) const;

  EnergyOptions options_;
  Processor processor_;
  std::int64_t awake_ns_ = 0;
  MeterInfo info_;
  std::unique_ptr<device::Gauge> gauge_;
};

}  // namespace dnntune::runtime
