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

/// By Arm's main id register: implementer, part and variant ("CPU implementer", "CPU part", "CPU variant" of
/// /proc/cpuinfo); the variant counts where makers gave two kinds one part. One that the table lacks is named by its numbers.
CoreKind core_kind(int implementer, int part, int variant);

}  // namespace dnntune::device
