// SPDX-License-Identifier: Apache-2.0
// What kind of core a number of the processor stands for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace dnntune::device {

struct CoreKind {
  std::string name;          ///< "Cortex-A53"; "" when unknown.
  bool efficiency = false;   ///< Built for low power: about half the work a clock of its big partner.
  bool operator==(const CoreKind&) const = default;
};

/// By Arm's main id register: implementer and part ("CPU implementer", "CPU part" of /proc/cpuinfo). One that
/// the table lacks is named by its numbers.
CoreKind core_kind(int implementer, int part);

}  // namespace dnntune::device
