// SPDX-License-Identifier: Apache-2.0
#include "graph/extract.h"

#include <algorithm>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "graph/open_shapes.h"

namespace dnntune::graph {
namespace {

[[noreturn]] void fail_cut(const std::string& message) { throw Error(ErrorCode::invalid_argument, message); }

std::size_t index(ValueId id) { return static_cast<std::size_t>(id); }

class Extraction {
 public:
  Extraction(const GraphImpl& whole, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs)
      : whole_(whole), source_(whole.source), is_input_(source_.values.size()), pure_(source_.values.size()),
        available_(source_.values.size()), wanted_(source_.values.size()), keep_(source_.nodes.size()) {
    for (const std::string& name : inputs) inputs_.push_back(find(name, "input"));
    for (const std::string& name : outputs) outputs_.push_back(find(name, "output"));
    for (const ValueId id : inputs_) {
      if (source_.value(id).is_constant()) fail_cut(fmt::format("'{}' is a weight and cannot be an input", source_.value(id).name));
      if (is_input_[index(id)]) fail_cut(fmt::format("input '{}' is listed twice", source_.value(id).name));
      is_input_[index(id)] = true;
    }
  }

  std::shared_ptr<const GraphImpl> run() {
    find_available();
    find_wanted();
    find_open_shapes();
    Ir part;
    part.name = source_.name;
    std::vector<ValueId> renumbered(source_.values.size(), kAbsent);
    const auto move = [&](ValueId id) {
      if (id == kAbsent) return kAbsent;
      ValueId& to = renumbered[index(id)];
      if (to == kAbsent) to = part.add_value(value_in_part(id));
      return to;
    };
    for (const ValueId id : inputs_) part.inputs.push_back(move(id));
    for (std::size_t i = 0; i < source_.nodes.size(); ++i) {
      if (!keep_[i]) continue;
      Node node = source_.nodes[i];
      for (ValueId& id : node.inputs) id = move(id);
      for (ValueId& id : node.outputs) id = move(id);
      part.nodes.push_back(std::move(node));
    }
    for (const ValueId id : outputs_) part.outputs.push_back(move(id));
    return make_graph_impl(std::move(part), whole_.model, bindings(), whole_.evaluator, whole_.storage, true);
  }

 private:
  ValueId find(const std::string& name, const char* what) const {
    const auto it = whole_.source_ids.find(name);
    if (it == whole_.source_ids.end()) fail_cut(fmt::format("{} '{}' is no value of the graph", what, name));
    return it->second;
  }

  const Value* folded(ValueId id) const {
    const auto it = whole_.lowered.folded.find(source_.value(id).name);
    return it == whole_.lowered.folded.end() ? nullptr : &it->second;
  }

  void find_available() {
    for (std::size_t i = 0; i < source_.values.size(); ++i) {
      pure_[i] = is_input_[i] || source_.values[i].is_constant();
      available_[i] = pure_[i] || folded(static_cast<ValueId>(i)) != nullptr;
    }
    for (const Node& node : source_.nodes) {
      const auto all = [&](const std::vector<bool>& property) {
        return std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) { return id == kAbsent || property[index(id)]; });
      };
      const bool pure = all(pure_), available = all(available_);
      for (const ValueId id : node.outputs) {
        if (id == kAbsent) continue;
        if (pure) pure_[index(id)] = true;
        if (available) available_[index(id)] = true;
      }
    }
  }

  /// Constant in the whole, but the part could not compute it.
  bool becomes_weight(ValueId id) const { return !pure_[index(id)] && folded(id) != nullptr; }

  void want(ValueId id) {
    wanted_[index(id)] = true;
    if (!available_[index(id)]) fail_missing(id);
    if (becomes_weight(id)) is_bound_to_sizes_ = true;
  }

  /// Walks back from the outputs to the inputs, weights and folded values.
  void find_wanted() {
    for (const ValueId id : outputs_) want(id);
    for (std::size_t i = source_.nodes.size(); i-- > 0;) {
      const Node& node = source_.nodes[i];
      keep_[i] = std::any_of(node.outputs.begin(), node.outputs.end(), [&](ValueId id) {
        return id != kAbsent && wanted_[index(id)] && !is_input_[index(id)] && !becomes_weight(id);
      });
      if (!keep_[i]) continue;
      for (const ValueId id : node.inputs)
        if (id != kAbsent) want(id);
      for (const ValueId id : node.outputs)
        if (id != kAbsent && is_input_[index(id)])
          fail_cut(fmt::format("'{}' is listed as an input, but node '{}', which is needed, makes it", source_.value(id).name, node.name));
    }
  }

  /// Names the graph input that `id` depends on and that was not given.
  [[noreturn]] void fail_missing(ValueId id) const {
    const Uses uses(source_);
    ValueId at = id;
    while (uses.producer[index(at)] >= 0) {
      const Node& node = source_.nodes[static_cast<std::size_t>(uses.producer[index(at)])];
      at = *std::find_if(node.inputs.begin(), node.inputs.end(), [&](ValueId from) { return from != kAbsent && !available_[index(from)]; });
    }
    fail_cut(fmt::format("'{}' cannot be computed from the inputs given: '{}' is missing", source_.value(id).name, source_.value(at).name));
  }

  /// Only a graph with open dimensions needs a second inference, and only a part that works for all sizes.
  void find_open_shapes() {
    const bool is_open = !is_bound_to_sizes_ && std::any_of(source_.inputs.begin(), source_.inputs.end(), [&](ValueId id) { return !source_.value(id).is_static(); });
    if (is_open) open_ = infer_open_shapes(source_, whole_.lowered);
  }

  Value value_in_part(ValueId id) const {
    Value value = source_.value(id);
    if (is_input_[index(id)]) {
      become_input(value, whole_.lowered.inferred[index(id)], open_.empty() ? std::nullopt : open_[index(id)].shape);
    } else if (becomes_weight(id)) {
      const Value& constant = *folded(id);
      constant.weights.defined() ? value.set_constant(constant.weights) : value.set_constant(constant.constant);
      value.dim_names.clear();
    } else if (value.type == DataType::undefined) {
      value.type = whole_.lowered.inferred[index(id)].type;  // an output's type must be stated in a file
    }
    return value;
  }

  /// An input of the part has its default shape. A dimension stays open where it depends on an open one of
  /// the whole, as far as whoever loads the part alone will find the same defaults: open dimensions become 1.
  static void become_input(Value& value, const InferredType& at_default, const std::optional<Shape>& open) {
    value.type = at_default.type;
    if (!at_default.shape) return;  // then what the file states is all there is
    Shape shape = *at_default.shape;
    value.dim_names.resize(shape.size());
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (shape[i] == 1 && open && open->size() == shape.size() && (*open)[i] < 0)
        shape[i] = -1;
      else
        value.dim_names[i].clear();
    }
    value.shape = std::move(shape);
  }

  /// Default shapes of the part: those that the values have in the whole.
  Bindings bindings() const {
    Bindings result;
    for (const ValueId id : inputs_) {
      const InferredType& inferred = whole_.lowered.inferred[index(id)];
      const bool is_static = inferred.shape && std::all_of(inferred.shape->begin(), inferred.shape->end(), [](auto dim) { return dim >= 0; });
      const std::string& name = source_.value(id).name;
      if (is_static) result.input_shapes[name] = *inferred.shape;
      const auto constant = whole_.bindings.input_values.find(name);
      if (constant != whole_.bindings.input_values.end()) result.input_values.insert(*constant);
    }
    return result;
  }

  const GraphImpl& whole_;
  const Ir& source_;
  std::vector<ValueId> inputs_, outputs_;
  std::vector<bool> is_input_;
  std::vector<bool> pure_;       ///< Follows from inputs and weights.
  std::vector<bool> available_;  ///< Follows from inputs, weights and folded values.
  std::vector<bool> wanted_;  ///< Needed for an output.
  std::vector<bool> keep_;    ///< Nodes of the part.
  bool is_bound_to_sizes_ = false;  ///< A constant that depends on the default shapes became a weight.
  std::vector<InferredType> open_;  ///< Empty when the whole has no open dimensions.
};

}  // namespace

std::shared_ptr<const GraphImpl> extract(const GraphImpl& whole, const std::vector<std::string>& inputs,
                                         const std::vector<std::string>& outputs) {
  return Extraction(whole, inputs, outputs).run();
}

}  // namespace dnntune::graph
