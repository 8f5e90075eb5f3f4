// SPDX-License-Identifier: Apache-2.0
// Runs a test once for each instruction set that our kernels are built for and this machine has.
#pragma once

#include <functional>
#include <string>

#include "kernels/simd/targets.h"  // first
#include <hwy/highway.h>

namespace dnntune::test {

/// Calls `body(name)` with Highway told to use that instruction set.
inline void for_each_target(const std::function<void(const std::string&)>& body) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    body(hwy::TargetName(target));
  }
  hwy::SetSupportedTargetsForTest(0);
}

}  // namespace dnntune::test
