// SPDX-License-Identifier: Apache-2.0
// Where a runtime has to bring values into another order of dimensions, told from the layers alone.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/ir.h"

namespace dnntune::cost {

/// Whether a layer's input 0 is an image whose channels lie innermost by then.
bool is_image(const graph::Ir& ir, const graph::Node& node);

/// By layer: bytes of its inputs that come in another order than it takes. Images are kept channels-last between layers
/// that take them so; a value that two layers want in another order is copied once, for the first.
std::vector<std::int64_t> conversion_bytes(const graph::Ir& ir);

}  // namespace dnntune::cost
