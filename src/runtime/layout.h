// SPDX-License-Identifier: Apache-2.0
// The layout pass: lowered layers -> steps on *physical* values, each with its order of dimensions in
// memory.
//
// Rules. Graph inputs and outputs are in ONNX's order. What an operator computes in depends on the layer
// alone wherever its bits could depend on it: Layout::channels_last operators take and give N, spatial...,
// C; Softmax over axis 1 and reductions over exactly the spatial axes do too; Layout::plain operators use
// ONNX's order. Only operators whose result is the same bits in any order (element by element, or pure
// copies) follow their inputs. Hence a network cut in two computes the same bits as the whole, although
// the conversions fall in other places.
//
// Views (Reshape, Transpose and friends) relabel memory where they can and cost nothing then. Conversions
// are Transpose steps, made when a layer first wants an order that a value is not yet available in, and
// shared by later layers.
#pragma once

#include <vector>

#include "graph/ir.h"
#include "runtime/order.h"

namespace dnntune::runtime {

/// A value in memory. Operands of the steps are indices of these, -1 for an absent one.
struct PhysicalValue {
  std::string name;         ///< Of the value it holds, for messages.
  DataType type = DataType::undefined;
  Order order;
  Shape shape;              ///< In `order`.
  Tensor constant;          ///< In `order`; defined for weights and folded values, unless `weights` are.
  int storage_of = -1;      ///< A view: the value whose bytes these are; -1 for one with its own.
  graph::Weights weights = {};  ///< Large constants in the order of the file.
  int space = 0;            ///< The memory it is in: 0 the host's, else that of engine space - 1. See spaces.h.

  bool is_constant() const noexcept { return constant.defined() || weights.defined(); }
};

/// One call of a kernel.
struct Step {
  graph::Node node;         ///< Attributes and operands fit the physical orders.
  int layer = -1;           ///< Index of the lowered node it belongs to; -1: lays out a graph output.
  bool conversion = false;  ///< Made by this pass: a copy into another order; or a transfer.
  bool transfer = false;    ///< A copy into another memory.
  int engine = 0;           ///< Of the crew, given by Prepared; likewise:
  bool in_turns = true;     ///< See Duty.
};

struct PhysicalGraph {
  std::vector<PhysicalValue> values;
  std::vector<Step> steps;  ///< In an order in which they can run.
  std::vector<int> inputs;  ///< As ir.inputs; -1 for one that nothing reads.
  std::vector<int> outputs; ///< As ir.outputs, in ONNX's order.

  const PhysicalValue& value(int id) const { return values[static_cast<std::size_t>(id)]; }
  /// The value that owns the bytes of `id`.
  int storage(int id) const;
};

/// Throws unsupported naming the value whose shape is not known, or the node that cannot run here.
PhysicalGraph assign_layout(const graph::Ir& lowered);

}  // namespace dnntune::runtime
