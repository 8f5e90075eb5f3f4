// SPDX-License-Identifier: Apache-2.0
#include "graph/extract.h"

#include <algorithm>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune::graph {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::invalid_argument, message); }

std::size_t index(ValueId id) { return static_cast<std::size_t>(id); }

class Extraction {
 public:
  Extraction(const GraphImpl& whole, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs)
      : whole_(whole), source_(whole.source), is_input_(source_.values.size()), known_(source_.values.size()),
        wanted_(source_.values.size()), keep_(source_.nodes.size()) {
    for (const std::string& name : inputs) inputs_.push_back(find(name, "input"));
    for (const std::string& name : outputs) outputs_.push_back(find(name, "output"));
    for (const ValueId id : inputs_) {
      if (source_.value(id).is_constant()) fail(fmt::format("'{}' is a weight and cannot be an input", source_.value(id).name));
      if (is_input_[index(id)]) fail(fmt::format("input '{}' is listed twice", source_.value(id).name));
      is_input_[index(id)] = true;
    }
  }

  std::shared_ptr<const GraphImpl> run() {
    find_known();
    find_wanted();
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
    if (it == whole_.source_ids.end()) fail(fmt::format("{} '{}' is no value of the graph", what, name));
    return it->second;
  }

  const Tensor* folded(ValueId id) const {
    const auto it = whole_.lowered.folded.find(source_.value(id).name);
    return it == whole_.lowered.folded.end() ? nullptr : &it->second;
  }

  /// What follows from the inputs and from weights alone.
  void find_known() {
    for (std::size_t i = 0; i < source_.values.size(); ++i) known_[i] = is_input_[i] || source_.values[i].is_constant();
    for (const Node& node : source_.nodes) {
      const bool all = std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) { return id == kAbsent || known_[index(id)]; });
      if (!all) continue;
      for (const ValueId id : node.outputs)
        if (id != kAbsent) known_[index(id)] = true;
    }
  }

  void want(ValueId id) {
    wanted_[index(id)] = true;
    if (!known_[index(id)] && folded(id) == nullptr) fail_missing(id);
  }

  /// Walks back from the outputs to the inputs, weights and folded values.
  void find_wanted() {
    for (const ValueId id : outputs_) want(id);
    for (std::size_t i = source_.nodes.size(); i-- > 0;) {
      const Node& node = source_.nodes[i];
      keep_[i] = std::any_of(node.outputs.begin(), node.outputs.end(), [&](ValueId id) {
        return id != kAbsent && wanted_[index(id)] && known_[index(id)] && !is_input_[index(id)];
      });
      if (!keep_[i]) continue;
      for (const ValueId id : node.inputs)
        if (id != kAbsent) want(id);
      for (const ValueId id : node.outputs)
        if (id != kAbsent && is_input_[index(id)])
          fail(fmt::format("'{}' is listed as an input, but node '{}', which is needed, makes it", source_.value(id).name, node.name));
    }
  }

  /// Names the graph input that `id` depends on and that was not given.
  [[noreturn]] void fail_missing(ValueId id) const {
    const Uses uses(source_);
    ValueId at = id;
    while (uses.producer[index(at)] >= 0) {
      const Node& node = source_.nodes[static_cast<std::size_t>(uses.producer[index(at)])];
      at = *std::find_if(node.inputs.begin(), node.inputs.end(), [&](ValueId from) { return from != kAbsent && !known_[index(from)]; });
    }
    fail(fmt::format("'{}' cannot be computed from the inputs given: '{}' is missing", source_.value(id).name, source_.value(at).name));
  }

  Value value_in_part(ValueId id) const {
    Value value = source_.value(id);
    if (is_input_[index(id)]) {
      const InferredType& inferred = whole_.lowered.inferred[index(id)];
      if (value.type == DataType::undefined) value.type = inferred.type;
      // A value inside the network has the shape that inference found. Where the file names a dimension,
      // it stays open.
      if (!value.shape || value.shape->size() != (inferred.shape ? inferred.shape->size() : 0)) value.shape = inferred.shape;
      if (!value.shape) value.dim_names.clear();
    } else if (!known_[index(id)] && !value.is_constant()) {
      value.constant = *folded(id);
      value.type = value.constant.type();
      value.shape = value.constant.shape();
      value.dim_names.clear();
    }
    return value;
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
  std::vector<bool> known_;   ///< Follows from inputs and weights.
  std::vector<bool> wanted_;  ///< Needed for an output.
  std::vector<bool> keep_;    ///< Nodes of the part.
};

}  // namespace

std::shared_ptr<const GraphImpl> extract(const GraphImpl& whole, const std::vector<std::string>& inputs,
                                         const std::vector<std::string>& outputs) {
  return Extraction(whole, inputs, outputs).run();
}

}  // namespace dnntune::graph
