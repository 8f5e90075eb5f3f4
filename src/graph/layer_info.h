// SPDX-License-Identifier: Apache-2.0
// The public description of layers and of the places between them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dnntune/graph.h"
#include "graph/lower.h"

namespace dnntune::graph {

/// Multiply-accumulates of a convolution, dense or recurrent layer at the shapes of `ir`, taps that fall
/// on padding included as is usual; 0 for all else and for shapes that are not known.
std::int64_t count_macs(const Ir& ir, const Node& layer);

/// One entry a layer of `lowered`.
std::vector<LayerInfo> describe_layers(const Ir& source, const Lowered& lowered);

/// Weight elements of all layers, each weight counted once.
std::int64_t count_parameters(const Ir& lowered);

/// One entry a position from 0 to the number of layers. A value crosses position p when it is a graph
/// input or written before p, and read at p or later. Graph outputs written before p are not among them
/// unless they are read as well: they are outputs of the first half. At the last position nothing
/// crosses. Throws limit_exceeded when the lists would have more than 2^22 entries in all.
std::vector<CutPoint> find_cut_points(const Ir& lowered);

}  // namespace dnntune::graph
