// SPDX-License-Identifier: Apache-2.0
// The intermediate representation. The same types hold the *source* graph (ONNX nodes, all in opset-17
// form) and the *lowered* graph (layers, after folding and fusion).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "dnntune/tensor.h"
#include "graph/attributes.h"
#include "graph/operators.h"
#include "graph/weights.h"

namespace dnntune::graph {

using ValueId = std::int32_t;
/// An optional input or output that is left out ("" in ONNX).
inline constexpr ValueId kAbsent = -1;

struct Value {
  std::string name;
  DataType type = DataType::undefined;
  /// Unset while the rank is unknown; -1 for a dimension that is not known.
  std::optional<Shape> shape;
  /// Symbol of each dimension or "", as the file states; empty when it states none.
  std::vector<std::string> dim_names;
  /// Set for weights and folded values, unless `weights` is.
  Tensor constant;
  /// Set for large float32 constants in its place.
  Weights weights;
  /// The TensorProto's bytes in the file, for lossless writing; empty when the value was made here.
  std::span<const std::byte> raw;

  bool is_constant() const noexcept { return constant.defined() || weights.defined(); }
  /// The constant as an array; undefined when there is none.
  Tensor whole_constant() const { return weights.defined() ? weights.whole() : constant; }
  /// Makes it a constant, with the constant's type and shape.
  void set_constant(Tensor tensor);
  void set_constant(Weights weights);
  /// Every dimension known.
  bool is_static() const noexcept;
  std::int64_t size_bytes() const;  ///< 0 when not static.
};

/// An activation applied to a layer's output before it is stored.
struct Activation {
  enum class Kind { none, relu, clip, leaky_relu, sigmoid, tanh, hard_sigmoid, hard_swish };
  Kind kind = Kind::none;
  float alpha = 0.0f;  ///< clip: lower bound; leaky_relu: slope; hard_sigmoid: alpha
  float beta = 0.0f;   ///< clip: upper bound; hard_sigmoid: beta
};

struct Ir;

/// A sub-graph of a control-flow node. What it reads of the graph around it are inputs too.
struct Subgraph {
  std::string name;              ///< Of the attribute that holds it: "then_branch", "else_branch", "body".
  /// Its inputs: its own, then the captured values under their outer names. Names of its values are used
  /// nowhere else in the model. Captured weights are constants of it and no inputs.
  std::shared_ptr<const Ir> ir;
  std::vector<int> captures;     ///< Which of the node's inputs each captured value is.
};

struct Node {
  Op op = Op::Unknown;
  std::string op_type;  ///< As in the file, also for Op::Unknown.
  std::string domain;   ///< "" for ONNX's own.
  std::string name;     ///< Unique in its graph: made from op and index when the file has none.
  Attributes attributes;
  std::vector<ValueId> inputs;  ///< Of control flow: its own, then what its sub-graphs capture.
  std::vector<ValueId> outputs;
  std::vector<Subgraph> subgraphs;
  /// Lowered graphs: indices of the source nodes this layer covers, in order.
  std::vector<int> covers;
  /// Lowered graphs: fused into Conv, ConvTranspose, Gemm, MatMul. A fused bias is input 2.
  Activation activation;
  /// Names of everything fused in, for display: {"Conv", "BatchNormalization", "Relu"}.
  std::vector<std::string> fused_ops;
  /// The NodeProto's bytes in the file, for lossless writing; empty when the node was made here.
  std::span<const std::byte> raw;
  /// Why this node cannot run here; empty when it can.
  std::string unsupported;
};

/// Nodes are kept in an order in which they can run.
struct Ir {
  std::string name;
  std::vector<Value> values;
  std::vector<Node> nodes;
  std::vector<ValueId> inputs;   ///< Without initialisers.
  std::vector<ValueId> outputs;

  ValueId add_value(Value value);
  const Value& value(ValueId id) const { return values[static_cast<std::size_t>(id)]; }
  Value& value(ValueId id) { return values[static_cast<std::size_t>(id)]; }
};

/// For each value: the node that writes it (-1: none) and the nodes that read it, once per use.
struct Uses {
  explicit Uses(const Ir& ir);
  std::vector<int> producer;
  std::vector<std::vector<int>> consumers;
  std::vector<bool> is_output;
};

/// What belongs to the file as a whole, kept for lossless writing.
struct ModelInfo {
  std::int64_t ir_version = 8;
  std::int64_t opset = 17;                        ///< Of the default domain.
  std::vector<std::pair<std::string, std::int64_t>> other_opsets;
  std::string producer_name;
  std::string producer_version;
  std::vector<std::pair<std::string, std::string>> metadata;
  /// Raw ModelProto fields that are copied as they are: functions, training info, doc string...
  std::vector<std::span<const std::byte>> raw_fields;
  /// Raw TensorAnnotation and similar GraphProto fields.
  std::vector<std::span<const std::byte>> raw_graph_fields;
};

}  // namespace dnntune::graph
