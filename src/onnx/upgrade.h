// SPDX-License-Identifier: Apache-2.0
// Brings nodes of older and newer opsets to their opset-17 form.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "graph/ir.h"
#include "onnx/unique_names.h"

namespace dnntune::onnx {

/// The graph around the node that is upgraded. It infers types and shapes alongside, as far as they
/// follow from the file alone. Nodes must be upgraded in the order in which they run.
class UpgradeContext {
 public:
  UpgradeContext(graph::Ir& ir, UniqueNames& value_names);

  /// A value with its declared or inferred type and shape.
  const graph::Value& value(graph::ValueId id) const { return inferred_.value(id); }
  /// Contents of an initialiser or of a Constant node's output; null when they are not known at load time, or
  /// when they are large weights.
  const Tensor* known(graph::ValueId id) const;
  /// A constant that is in no file: nodes that have `raw` bytes are written from those, without it.
  graph::ValueId add_constant(const graph::Node& node, std::string_view role, Tensor contents);
  /// To be called with each node that has its final form.
  void infer(const graph::Node& node);
  /// All values with what was inferred.
  std::vector<graph::Value> take() { return std::move(inferred_.values); }

 private:
  graph::Ir& ir_;
  UniqueNames& value_names_;
  graph::Ir inferred_;  ///< The values of `ir_` under the same ids, with what inference found; no nodes.
};

/// One step: applies to nodes called `op` in files of opset `first` to `last`. Steps run in table order,
/// and a later step sees what an earlier one made of the node. A step that finds no opset-17 form for
/// the node sets `node.unsupported`.
struct UpgradeStep {
  std::string_view op;
  int first, last;
  void (*apply)(graph::Node& node, UpgradeContext& context, std::int64_t opset);
};

std::span<const UpgradeStep> upgrade_steps() noexcept;

/// Runs all steps that apply. Afterwards `op_type` may differ from the file's.
void upgrade_node(graph::Node& node, UpgradeContext& context, std::int64_t opset);

}  // namespace dnntune::onnx
