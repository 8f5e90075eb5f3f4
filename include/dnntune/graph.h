// SPDX-License-Identifier: Apache-2.0
// Graph: an immutable network of layers, values and weights.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dnntune/export.h"
#include "dnntune/tensor.h"

namespace dnntune {

namespace graph {
struct GraphImpl;
}

/// A value between layers: name, element type and shape.
struct TensorInfo {
  std::string name;
  DataType type = DataType::undefined;
  /// At the graph's default input shapes. -1 for a dimension that nobody knows before a run: behind layers that
  /// cannot run here, control flow, and layers whose output's shape follows from what a value contains (NonZero, a
  /// Reshape to computed dimensions). [-1] when not even the rank is known. A profile has the bytes of its run.
  Shape shape;
  /// One a dimension: its symbol ("batch", or "?" for one without a name) where the model leaves the
  /// dimension open, else "".
  std::vector<std::string> dim_names;
};

/// One layer: a node of the optimised graph, that is, after constant folding and fusion. Profiles,
/// predictions and plans speak of layers, by index and name.
struct LayerInfo {
  std::string name;                  ///< Unique. The name of the first ONNX node it covers.
  std::string op;                    ///< "Conv", or with what was fused in, "Conv+BatchNormalization+Relu".
  std::vector<std::string> nodes;    ///< The ONNX nodes it covers, in file order; of control flow, the node itself.
  std::vector<std::string> inputs;   ///< Values read, without weights and other constants.
  std::vector<std::string> outputs;  ///< Values written.
  std::int64_t macs = 0;             ///< Multiply-accumulates of convolution, dense and recurrent layers.
  std::int64_t parameters = 0;       ///< Weight elements.
  std::int64_t weight_bytes = 0;     ///< Their bytes as stored in the model.
  /// Bytes of the values read, at the graph's default shapes; values of unknown shape count 0.
  std::int64_t input_bytes = 0;
  std::int64_t output_bytes = 0;     ///< Bytes of the values written.
};

/// A place where the network can be cut in two: layers [0, position) before, the rest after.
struct CutPoint {
  int position = 0;                 ///< How many layers lie before the cut.
  /// What crosses, each once, in graph order; never weights. A graph output made before the cut belongs to
  /// the first half and is listed only if the second half reads it.
  std::vector<std::string> values;
  std::int64_t bytes = 0;           ///< Bytes that cross as stored (FP32 for a float network).
};

/// An immutable network. Copies are cheap and share everything; all members may be called from any
/// number of threads at once.
///
/// Shapes here are for the *default input shapes*: what the model states, with every open dimension
/// taken as 1 or as LoadOptions says. A Session may run other shapes of the same graph.
class DNNTUNE_API Graph {
 public:
  explicit Graph(std::shared_ptr<const graph::GraphImpl> impl);
  Graph(const Graph&);
  Graph& operator=(const Graph&);
  Graph(Graph&&) noexcept;
  Graph& operator=(Graph&&) noexcept;
  ~Graph();

  const std::string& name() const noexcept;
  /// 32 hexadecimal digits over nodes, attributes, weights, inputs and outputs: the model's identity.
  const std::string& hash() const;
  /// The opset of ONNX's default domain that the model was written for.
  int opset() const noexcept;

  const std::vector<TensorInfo>& inputs() const noexcept;
  const std::vector<TensorInfo>& outputs() const noexcept;
  /// In an order in which they can run.
  const std::vector<LayerInfo>& layers() const noexcept;
  /// Index of the layer called `name`; throws not_found.
  int layer_index(const std::string& name) const;
  /// Type and default shape of any value that exists between layers; throws not_found.
  const TensorInfo& value(const std::string& name) const;

  /// The cuts along layer order, from "everything after" (position 0) to "everything before". Where they have more than
  /// 4,194,304 values together, the widest are left out.
  const std::vector<CutPoint>& cut_points() const noexcept;

  std::int64_t mac_count() const noexcept;
  std::int64_t parameter_count() const noexcept;
  /// How many ONNX nodes the graph has before folding and fusion: calls of the model's own functions, and Ifs on
  /// a constant, count as the nodes that take their place.
  std::size_t node_count() const noexcept;

  /// Nodes that this build can place in the cloud but not run itself, one line each: name, operator,
  /// opset and reason. Empty for a runnable graph.
  const std::vector<std::string>& unsupported() const noexcept;

  /// The sub-network that computes `outputs` from `inputs`: original nodes and weights, untouched.
  /// Throws invalid_argument naming the value that is missing from `inputs`.
  Graph extract(const std::vector<std::string>& inputs, const std::vector<std::string>& outputs) const;

  const graph::GraphImpl& impl() const noexcept { return *impl_; }

 private:
  std::shared_ptr<const graph::GraphImpl> impl_;
};

}  // namespace dnntune
