// SPDX-License-Identifier: Apache-2.0
// `axes` of reductions and of Squeeze and Unsqueeze: an input in the library's own form, an attribute of
// most reductions in the opset-17 files that a GraphBuilder's networks become.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "graph/ir.h"

namespace dnntune::onnx {

/// Takes the attribute away from a node that has an `axes` operand instead; nullopt when there is
/// nothing to move. Throws invalid_model when the node has both, or a list of another type.
std::optional<std::vector<std::int64_t>> take_axes_attribute(graph::Node& node);

/// Throws invalid_argument for a reduction with axes that no opset-17 file can hold: they are not constant.
void check_axes_can_be_written(const graph::Ir& ir, const graph::Node& node);

/// A node from a GraphBuilder as opset 17 writes it: most reductions name their axes in an attribute.
graph::Node written_form(const graph::Ir& ir, const graph::Node& node);

}  // namespace dnntune::onnx
