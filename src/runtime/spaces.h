// SPDX-License-Identifier: Apache-2.0
// Values in more than one memory: steps that copy them between the host's and that of devices with a queue.
#pragma once

#include <span>
#include <vector>

#include "dnntune/tensor.h"
#include "runtime/layout.h"

namespace dnntune::runtime {

/// How a value of `type` is stored in the memory of a device: float32 as `storage`, others as they are.
inline DataType stored_type(DataType type, DataType storage) noexcept { return type == DataType::float32 ? storage : type; }

/// A graph whose steps find their operands in the memory where they work.
struct SpacedGraph {
  PhysicalGraph graph;
  std::vector<int> origin;  ///< By step: its index before; -1 for a copy between memories.
};

/// `spaces`: by step, 0 for the host's memory, else the number of another. Graph inputs and outputs are in the host's;
/// constants are everywhere. A value is copied to a memory when a step there first wants it, and once; between two
/// devices through the host's memory. A copy belongs to the layer that first wants it.
SpacedGraph add_transfers(const PhysicalGraph& graph, std::span<const int> spaces, DataType storage);

}  // namespace dnntune::runtime
