// SPDX-License-Identifier: Apache-2.0
// Folding y = scale * x + shift, one pair an output channel, into the weights of the layer that makes x.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "graph/ir.h"

namespace dnntune::graph::lowering {

/// In double, so that a chain of foldings rounds to float once a step and no more.
struct Affine {
  std::vector<double> scale;  ///< Empty: all 1.
  std::vector<double> shift;  ///< Empty: all 0.
};

/// The axis of a layer's output that its bias runs along, and its length. Unset when the layer has no
/// fixed number of output channels.
struct Channels {
  std::size_t axis = 0;
  std::int64_t count = 0;
};
std::optional<Channels> output_channels(const Ir& ir, const Node& layer);

/// What `node` does to the output `x` of a layer with those channels, if it is BatchNormalization, or
/// Add, Sub or Mul with a constant that varies along the channels at most.
std::optional<Affine> affine_of(const Ir& ir, const Node& node, ValueId x, const Channels& channels);

/// New constants for a layer: weights (undefined: unchanged), computed as they are read, and bias.
struct FoldedWeights {
  Weights weights;
  Tensor bias;
};

/// Unset when weights or bias are not constant float32 in a form that can be folded.
std::optional<FoldedWeights> fold_affine(const Ir& ir, const Node& layer, const Affine& affine, const Channels& channels);

}  // namespace dnntune::graph::lowering
