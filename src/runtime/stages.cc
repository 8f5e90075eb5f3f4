// SPDX-License-Identifier: Apache-2.0
#include "runtime/stages.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/clock.h"
#include "dnntune/error.h"
#include "graph/part.h"

namespace dnntune::runtime {
namespace {

using graph::Ir;
using graph::kAbsent;
using graph::Node;
using graph::ValueId;

std::size_t index(ValueId id) { return static_cast<std::size_t>(id); }

/// How many times the values it needs have gone through a layer that no plan holds: layers of one level, but for
/// those, make up one part.
class Levels {
 public:
  explicit Levels(const Ir& ir) : ir_(ir), of_value_(ir.values.size(), 0), folds_at_(ir.values.size(), kNowhere) {
    for (const Node& node : ir.nodes) add(node);
  }

  struct Place {
    int level = 0;
    bool apart = false;
  };
  std::vector<Place> places;  ///< By node.

 private:
  static constexpr int kNowhere = -1;

  void add(const Node& node) {
    Place place;
    for (const ValueId id : node.inputs)
      if (id != kAbsent) place.level = std::max(place.level, of_value_[index(id)]);
    place.apart = graph::runs_apart(node.op) || waits(node, place.level);
    // Shapes are known when a part is prepared; what follows from them alone folds there.
    const bool folds = !place.apart && (node.op == graph::Op::Shape || node.op == graph::Op::Size ||
                                        std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) { return known(id, place.level); }));
    for (const ValueId id : node.outputs) {
      if (id == kAbsent) continue;
      of_value_[index(id)] = place.level + (place.apart ? 1 : 0);
      if (folds) folds_at_[index(id)] = place.level;
    }
    places.push_back(place);
  }

  bool known(ValueId id, int level) const { return id == kAbsent || ir_.value(id).is_constant() || folds_at_[index(id)] == level; }

  bool waits(const Node& node, int level) const {
    const graph::OpInfo* info = graph::find_operator(node.op);
    for (std::size_t i = 0; info != nullptr && i < node.inputs.size() && i < 32; ++i)
      if ((info->plan_operands >> i & 1u) != 0 && !known(node.inputs[i], level)) return true;
    return false;
  }

  const Ir& ir_;
  std::vector<int> of_value_, folds_at_;
};

/// Names of the operands whose contents the layer's preparation needs.
std::vector<std::string> bound_operands(const Ir& ir, const Node& node) {
  const graph::OpInfo* info = graph::find_operator(node.op);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < node.inputs.size() && i < 32; ++i)
    if ((info->plan_operands >> i & 1u) != 0 && node.inputs[i] != kAbsent && !ir.value(node.inputs[i]).is_constant())
      names.push_back(ir.value(node.inputs[i]).name);
  return names;
}

}  // namespace

bool needs_stages(const Ir& lowered) {
  return std::any_of(lowered.nodes.begin(), lowered.nodes.end(), [&](const Node& node) { return graph::waits_for_contents(lowered, node); });
}

Stages::Stages(const Ir& lowered, Workshop& workshop) : workshop_(workshop), inputs_(lowered.inputs), outputs_(lowered.outputs) {
  constants_.resize(lowered.values.size());
  for (const graph::Value& value : lowered.values) {
    names_.push_back(value.name);
  }
  const std::vector<Levels::Place> places = Levels(lowered).places;
  std::map<std::pair<int, bool>, std::vector<int>> order;
  for (std::size_t n = 0; n < places.size(); ++n) order[{places[n].level, places[n].apart}].push_back(static_cast<int>(n));
  for (const auto& [place, nodes] : order) {
    if (!place.second) {
      add_part(lowered, nodes);
      continue;
    }
    for (const int n : nodes) add_apart(lowered, n);
  }
  for (const ValueId id : outputs_) constants_[index(id)] = lowered.value(id).whole_constant();
  find_last_uses();
}

/// The nodes as a graph of their own. Its inputs have no shapes: a run brings them.
void Stages::add_part(const Ir& lowered, const std::vector<int>& nodes) {
  graph::Part part = graph::part_of(lowered, nodes);
  for (const ValueId id : part.ir.inputs) part.ir.value(id).shape.reset();
  Stage stage;
  stage.inputs = std::move(part.inputs);
  stage.outputs = std::move(part.outputs);
  std::vector<std::string> bound;
  if (nodes.size() == 1) bound = bound_operands(lowered, lowered.nodes[static_cast<std::size_t>(nodes[0])]);
  stage.part = std::make_unique<Network>(std::move(part.ir), Network::Form::lowered, std::move(bound), workshop_);
  stages_.push_back(std::move(stage));
}

void Stages::add_apart(const Ir& lowered, int n) {
  const Node& node = lowered.nodes[static_cast<std::size_t>(n)];
  if (!graph::runs_apart(node.op)) return add_part(lowered, {n});
  Stage stage;
  stage.inputs = node.inputs;
  stage.outputs = node.outputs;
  // What sub-graphs capture of constants they have already; what a node has before that, they are given.
  std::size_t read = node.inputs.size();
  if (!node.subgraphs.empty()) read = std::min(read, node.subgraphs[0].ir->inputs.size() - node.subgraphs[0].captures.size() + 1);
  for (std::size_t i = 0; i < read; ++i)
    if (node.inputs[i] != kAbsent && lowered.value(node.inputs[i]).is_constant())
      constants_[index(node.inputs[i])] = lowered.value(node.inputs[i]).whole_constant();
  if (graph::is_control_flow(node.op)) stage.control = std::make_unique<ControlFlow>(lowered, node, workshop_);
  stage.apart = node;
  stages_.push_back(std::move(stage));
}

void Stages::find_last_uses() {
  std::vector<int> last(constants_.size(), -1);
  for (std::size_t s = 0; s < stages_.size(); ++s)
    for (const auto* ids : {&stages_[s].inputs, &stages_[s].outputs})
      for (const ValueId id : *ids)
        if (id != kAbsent) last[index(id)] = static_cast<int>(s);
  for (const ValueId id : outputs_) last[index(id)] = -1;
  for (std::size_t v = 0; v < last.size(); ++v)
    if (last[v] >= 0) stages_[static_cast<std::size_t>(last[v])].last_uses.push_back(static_cast<ValueId>(v));
}

std::vector<Tensor> Stages::run_stage(Stage& stage, std::vector<Tensor> operands, RunRecord* record) {
  if (stage.part) return stage.part->run(operands, record);
  const std::int64_t start = base::now_ns();
  std::vector<Tensor> results;
  if (stage.control)
    results = stage.control->run(operands);
  else
    workshop_.evaluator->evaluate(stage.apart, operands, {}, results);
  if (record != nullptr) {
    record->ns[stage.apart.covers.front()] += base::now_ns() - start;
    record->kernels[stage.apart.covers.front()] = stage.control ? "sub-graph" : "reference.apart";
    if (!stage.control) record->runners[stage.apart.covers.front()] = {0, workshop_.crew.engine(0).queue() != nullptr};
  }
  return results;
}

std::vector<Tensor> Stages::run(std::span<const Tensor> inputs, RunRecord* record) {
  std::vector<Tensor> values = constants_;
  for (std::size_t i = 0; record != nullptr && i < inputs.size(); ++i)
    record->value_bytes[names_[index(inputs_[i])]] = static_cast<std::int64_t>(inputs[i].size_bytes());
  for (std::size_t i = 0; i < inputs_.size(); ++i)
    if (!values[index(inputs_[i])].defined()) values[index(inputs_[i])] = inputs[i];
  for (Stage& stage : stages_) {
    std::vector<Tensor> operands;
    for (const ValueId id : stage.inputs) operands.push_back(id == kAbsent ? Tensor() : values[index(id)]);
    std::vector<Tensor> results = run_stage(stage, std::move(operands), record);
    for (std::size_t i = 0; i < stage.outputs.size(); ++i)
      if (stage.outputs[i] != kAbsent) values[index(stage.outputs[i])] = std::move(results[i]);
    for (std::size_t i = 0; record != nullptr && i < stage.outputs.size(); ++i)
      if (stage.outputs[i] != kAbsent)
        record->value_bytes[names_[index(stage.outputs[i])]] = static_cast<std::int64_t>(values[index(stage.outputs[i])].size_bytes());
    for (const ValueId id : stage.last_uses) values[index(id)] = {};
  }
  std::vector<Tensor> outputs;
  std::vector<const void*> taken;
  for (const Tensor& input : inputs) taken.push_back(input.data());
  for (const Tensor& constant : constants_)
    if (constant.defined()) taken.push_back(constant.data());
  for (const ValueId id : outputs_) {
    const Tensor& value = values[index(id)];
    const bool is_shared = std::find(taken.begin(), taken.end(), value.data()) != taken.end();
    outputs.push_back(is_shared ? value.clone() : value);
    taken.push_back(outputs.back().data());
  }
  return outputs;
}

std::int64_t Stages::own_weight_bytes() const {
  std::int64_t bytes = 0;
  for (const Stage& stage : stages_) bytes += stage.part ? stage.part->own_weight_bytes() : stage.control ? stage.control->own_weight_bytes() : 0;
  return bytes;
}

}  // namespace dnntune::runtime
