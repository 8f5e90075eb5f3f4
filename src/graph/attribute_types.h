// SPDX-License-Identifier: Apache-2.0
// Which attributes each operator takes, and of what type.
#pragma once

#include "graph/ir.h"

namespace dnntune::graph {

/// Throws invalid_model naming node and attribute when an attribute of a known name has another type
/// than the operator's, or a required one is missing. Attributes of other names are left alone: files
/// carry leftovers of older opsets and exporters' notes.
void check_attribute_types(const Node& node);

}  // namespace dnntune::graph
