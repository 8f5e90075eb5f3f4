// SPDX-License-Identifier: Apache-2.0
// How warm and how fast the processor is now.
#pragma once

#include <vector>

#include "device/meters/tree.h"
#include "dnntune/profile.h"

namespace dnntune::device {

/// The warmest of the sensors that belong to the processor (all plausible ones where no name says so), and the mean
/// frequency of `cores`, or of all where it is empty. What the system does not tell is left empty. Never throws.
Conditions read_conditions(const Tree& tree, const std::vector<int>& cores);

}  // namespace dnntune::device
