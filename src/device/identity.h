// SPDX-License-Identifier: Apache-2.0
// What tells this machine from others. Device::local knows more, and reads the files of every core for it.
#pragma once

#include <string>

namespace dnntune::device {

struct Identity {
  std::string name;  ///< Processor or board; else the architecture.
  std::string os;    ///< System, release and architecture; "" when the system does not tell.
  std::string simd;  ///< As Device::simd.
};

/// This machine's. `board` is its name where cpuinfo has none; "": the files below "/" are asked then.
Identity identify(std::string board = {});

}  // namespace dnntune::device
