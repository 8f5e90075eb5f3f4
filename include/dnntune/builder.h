// SPDX-License-Identifier: Apache-2.0
// GraphBuilder: a network from code, in ONNX's vocabulary (opset 17).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "dnntune/export.h"
#include "dnntune/graph.h"

namespace dnntune {

/// The value of a node attribute.
using AttributeValue =
    std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>, std::vector<float>, std::vector<std::string>, Tensor>;
using NodeAttributes = std::vector<std::pair<std::string, AttributeValue>>;

/// Collects nodes in an order in which they can run, then makes a Graph of them. Values are names.
/// Not thread-safe; one builder makes one graph.
class DNNTUNE_API GraphBuilder {
 public:
  explicit GraphBuilder(std::string name);
  ~GraphBuilder();
  GraphBuilder(GraphBuilder&&) noexcept;
  GraphBuilder& operator=(GraphBuilder&&) noexcept;

  /// Declares a graph input and returns its name.
  std::string input(const std::string& name, DataType type, Shape shape);
  /// Adds a weight and returns its name, made unique with a suffix when taken.
  std::string constant(const std::string& name, Tensor value);
  /// Adds a node with one output and returns the output's name. `name` becomes the node's and the
  /// output's name, made unique with a suffix when taken. "" in `inputs` leaves an optional one out.
  /// `axes` of Reduce..., Squeeze and Unsqueeze may be an attribute or a constant input.
  std::string node(const std::string& op, const std::vector<std::string>& inputs, const NodeAttributes& attributes = {},
                   const std::string& name = "");
  /// The same with `outputs` outputs; "" in the result never occurs.
  std::vector<std::string> node_multi(const std::string& op, const std::vector<std::string>& inputs, int outputs,
                                      const NodeAttributes& attributes = {}, const std::string& name = "");
  /// Declares `value` a graph output.
  void output(const std::string& value);
  /// A line of the file's metadata, such as {"seed", "42"}.
  void metadata(const std::string& key, const std::string& value);

  /// The shape inferred for a value so far; throws invalid_argument when it is not known.
  Shape shape_of(const std::string& value) const;

  /// Checks, infers shapes and optimises, as load_onnx does. The builder is empty afterwards.
  Graph build();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dnntune
