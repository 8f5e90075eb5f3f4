// SPDX-License-Identifier: Apache-2.0
// The state of the layout pass, shared by its driver (layout.cc) and the rules of the operators
// (layout_rules.cc). Private to the two.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "graph/ir.h"
#include "runtime/layout.h"

namespace dnntune::runtime {

class LayoutPass {
 public:
  explicit LayoutPass(const graph::Ir& ir);
  PhysicalGraph run();

  /// An index of the table of logical values: those of the lowered graph, then those extended by
  /// leading dimensions of 1 for broadcasting.
  using LogicalId = int;

  const Shape& shape(LogicalId id) const { return logical(id).shape; }
  /// Undefined when it is not constant, and of large weights.
  const Tensor& constant(LogicalId id) const { return logical(id).constant; }
  bool is_constant(LogicalId id) const { return logical(id).is_constant(); }
  /// What `id` is available in so far; the first one is what its layer wrote.
  const std::vector<int>& forms(LogicalId id) const { return logical(id).forms; }
  const Order& order_of(int physical) const { return graph_.value(physical).order; }
  /// True when the layers that read it, directly or through others that follow, want it channels-last.
  bool wanted_channels_last(LogicalId id) const { return channels_last_wanted_[static_cast<std::size_t>(id)]; }

  /// `id` in `order`, converted if it must be.
  int want(LogicalId id, const Order& order);
  int want_plain(LogicalId id) { return want(id, plain_order(shape(id).size())); }
  /// An operand that is broadcast to the rank of `order`.
  int want_broadcast(LogicalId id, const Order& order);
  /// What `want_broadcast` would have to copy, in bytes.
  std::int64_t conversion_bytes(LogicalId id, const Order& order);

  /// A new value of the current layer's output `id`; -1 when it is absent.
  int write(graph::ValueId id, const Order& order);
  /// `id` as other dimensions of the memory of `physical`.
  void relabel(graph::ValueId id, int physical, const Order& order);
  /// A one-dimensional integer operand of type int32 or int64.
  int integers(const std::string& name, DataType type, const std::vector<std::int64_t>& values);
  /// A constant operand made by a rule.
  int add_constant(const std::string& name, Tensor tensor);
  /// Adds the current layer's step: the node with its operands replaced by physical ones.
  void emit(graph::Node node, std::vector<int> inputs, std::vector<int> outputs);
  /// Conversions made in this scope count as the layer's own work.
  void convert_as_own_work(LogicalId id, const Order& order);

 private:
  struct Logical {
    std::string name;
    DataType type = DataType::undefined;
    Shape shape;
    Tensor constant;
    graph::Weights weights;  ///< See graph::Value.
    std::vector<int> forms;

    bool is_constant() const noexcept { return constant.defined() || weights.defined(); }
  };

  Logical& logical(LogicalId id) { return logicals_[static_cast<std::size_t>(id)]; }
  const Logical& logical(LogicalId id) const { return logicals_[static_cast<std::size_t>(id)]; }
  void add_logical(graph::ValueId id);
  /// `id` with leading dimensions of 1 up to `rank`.
  LogicalId extended(LogicalId id, std::size_t rank);
  int add_form(LogicalId id, const Order& order, int storage_of);
  int convert(LogicalId id, int from, const Order& order);
  void find_preferences();

  const graph::Ir& ir_;
  PhysicalGraph graph_;
  std::vector<Logical> logicals_;
  std::map<std::pair<LogicalId, std::size_t>, LogicalId> extended_;
  std::vector<bool> channels_last_wanted_;
  int layer_ = -1;
  bool own_work_ = false;
};

/// Places one layer: picks the order it runs in, gets its operands in that order, rewrites what names
/// dimensions, and adds its step, or only relabels memory.
void place_layer(LayoutPass& pass, const graph::Node& node);

}  // namespace dnntune::runtime
