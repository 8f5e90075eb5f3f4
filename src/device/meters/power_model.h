// SPDX-License-Identifier: Apache-2.0
// PowerModel: the energy of work where nothing can be measured, from a known power.
#pragma once

#include <string>

#include "dnntune/device.h"
#include "dnntune/profile.h"

namespace dnntune::device {

/// The power above idle of a processor while all its threads compute, from a device file or from the caller.
class PowerModel {
 public:
  explicit PowerModel(const Processor& processor);

  bool known() const noexcept { return watt_ >= 0.0; }
  double watt() const noexcept { return watt_; }
  const std::string& source() const noexcept { return source_; }
  /// Power times time; unknown when the power is. A figure from a data sheet stays one after it met a measured time.
  Cost energy(const Cost& latency_ns) const noexcept;

 private:
  double watt_;
  Provenance provenance_;
  std::string source_;
};

}  // namespace dnntune::device
