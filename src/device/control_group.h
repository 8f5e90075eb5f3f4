// SPDX-License-Identifier: Apache-2.0
// What the control groups that the process is in let it use.
#pragma once

#include <cstdint>
#include <string_view>

namespace dnntune::device {

class SystemFiles;

struct ControlGroup {
  double cores = 0.0;             ///< Processor time, in cores; 0: no limit.
  std::int64_t memory_bytes = 0;  ///< 0: no limit.
};

/// The least limits of the process's groups and those above them, version 2 or 1. In a container its own group
/// appears as the root.
ControlGroup read_control_group(SystemFiles& files);

/// Processor time in cores: "150000 100000" of cpu.max is 1.5; 0 for "max 100000" and for other texts.
double quota_in_cores(std::string_view cpu_max);

}  // namespace dnntune::device
