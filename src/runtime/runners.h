// SPDX-License-Identifier: Apache-2.0
// Who computed the layers of a profile: names for its rows, powers for its energy.
#pragma once

#include <string>
#include <vector>

#include "dnntune/device.h"
#include "runtime/crew.h"

namespace dnntune::runtime {

/// Of one layer.
struct Runner {
  int engine = 0;
  bool left_to_cpu = false;  ///< The engine's backend has no kernel for it.
};

/// LayerProfile::processor: "" for the session's own.
std::string processor_name(const Crew& crew, Runner runner);
/// What computes: of a layer that a device with memory of its own leaves to the host, the CPU, whose power is known when an
/// engine of the crew is that CPU.
Processor processor_of(const Crew& crew, Runner runner);

}  // namespace dnntune::runtime
