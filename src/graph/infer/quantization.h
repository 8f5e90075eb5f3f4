// SPDX-License-Identifier: Apache-2.0
// Scales and zero points: checks that several rules share.
#pragma once

#include "graph/infer/infer.h"

namespace dnntune::graph::infer {

/// An operand that the node does not have.
inline constexpr std::size_t kNone = 99;

/// Where a node has the scale and zero point of one of its tensors.
struct Quantization {
  std::size_t scale = kNone, zero_point = kNone;
  std::int64_t channels = 1;  ///< Entries that a list may have; 1: one number only, -1: not known.
};

/// Fails unless both are single numbers or lists of `channels`, and as many.
void check_quantization(const Context& context, const Quantization& quantization);

}  // namespace dnntune::graph::infer
