// SPDX-License-Identifier: Apache-2.0
// PowerModel: the energy of work where nothing can be measured, from a known power.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dnntune/device.h"
#include "dnntune/profile.h"

namespace dnntune::device {

/// The power above idle of a processor while all its threads compute, from a device file or from the caller, at the
/// frequency at which it ran where that and Processor::power_points are known.
class PowerModel {
 public:
  explicit PowerModel(const Processor& processor, std::optional<double> mhz = std::nullopt);

  bool known() const noexcept { return watt_ >= 0.0; }
  double watt() const noexcept { return watt_; }
  /// Where the power comes from, and for which frequency it was taken.
  const std::string& source() const noexcept { return source_; }
  /// Power times time; unknown when the power is. A figure from a data sheet stays one after it met a measured time.
  Cost energy(const Cost& latency_ns) const noexcept;

 private:
  double watt_;
  Provenance provenance_ = Provenance::published;
  std::string source_;
};

/// The power at a frequency, on straight lines between points in any order, of which there is at least one; that of the
/// last point beyond it.
double power_at(std::vector<PowerPoint> points, double mhz);

}  // namespace dnntune::device
