// SPDX-License-Identifier: Apache-2.0
#include "runtime/views.h"

#include <algorithm>

#include "base/checked.h"

namespace dnntune::runtime {

using backends::PartCopies;
using backends::PreparedLayer;

/// What is looked up again and again while parts are found; by value, of the owners of memory.
struct Views::Facts {
  Facts(const PhysicalGraph& graph, std::span<const PreparedLayer* const> layers, std::span<const ChainedSteps> chains)
      : readers(graph.values.size()), names(graph.values.size()), writer(graph.values.size(), -1), writes_pitch(graph.values.size(), false),
        outside(graph.values.size(), false), first(layers.size()) {
    std::vector<std::size_t> last(layers.size());
    for (std::size_t s = 0; s < layers.size(); ++s) first[s] = last[s] = s;
    for (const ChainedSteps& chain : chains)
      for (std::size_t s = chain.first; s <= chain.last; ++s) {
        first[s] = chain.first;
        last[s] = chain.last;
      }
    const auto at = [&](int value) { return static_cast<std::size_t>(graph.storage(value)); };
    for (std::size_t v = 0; v < graph.values.size(); ++v) names[at(static_cast<int>(v))].push_back(static_cast<int>(v));
    for (std::size_t s = 0; s < layers.size(); ++s) {
      const graph::Node& node = graph.steps[s].node;
      for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        if (node.inputs[i] < 0) continue;
        const bool alone = first[s] == last[s];
        const bool takes = i < layers[s]->pitched_inputs() && (alone || (i == 0 && s == first[s]));
        readers[at(node.inputs[i])].push_back({{s, i}, takes});
      }
      for (std::size_t i = 0; i < node.outputs.size(); ++i) {
        if (node.outputs[i] < 0) continue;
        writer[at(node.outputs[i])] = static_cast<int>(s);
        writes_pitch[at(node.outputs[i])] = i == 0 && s == last[s] && layers[s]->pitched_output();
      }
    }
    for (const int value : graph.inputs)
      if (value >= 0) outside[at(value)] = true;
    for (const int value : graph.outputs) outside[at(value)] = true;
    for (std::size_t v = 0; v < graph.values.size(); ++v)
      if (graph.values[v].is_constant()) outside[at(static_cast<int>(v))] = true;
  }

  struct Use {
    Reader reader;
    bool takes_pitch;
  };
  std::vector<std::vector<Use>> readers;
  std::vector<std::vector<int>> names;  ///< All values in its memory, itself too.
  std::vector<int> writer;              ///< The step; -1: none.
  std::vector<bool> writes_pitch;
  std::vector<bool> outside;            ///< A graph input, a graph output or a constant.
  std::vector<std::size_t> first;       ///< By step: the first of its chain, or itself.
};

Views::Views(const PhysicalGraph& graph) : graph_(&graph), parts_(graph.values.size()), written_(graph.values.size(), -1), copies_(graph.steps.size(), nullptr) {}

Views::Views(const PhysicalGraph& graph, std::span<const PreparedLayer* const> layers, std::span<const ChainedSteps> chains) : Views(graph) {
  const Facts facts(graph, layers, chains);
  for (std::size_t s = 0; s < layers.size(); ++s) copies_[s] = layers[s]->part_copies();
  for (std::size_t v = 0; v < written_.size(); ++v)
    if (facts.writer[v] >= 0) written_[v] = static_cast<int>(facts.first[static_cast<std::size_t>(facts.writer[v])]);
  for (std::size_t s = 0; s < layers.size(); ++s)
    if (copies_[s] != nullptr) copies_[s]->joins ? join(s, facts) : cut(s, facts);
}

Location Views::location(int value) const {
  const int own = graph_->storage(value);
  const Part& mine = part(own);
  if (mine.whole < 0) return {own, 0, 0};
  const Location whole = location(mine.whole);
  Location result = {whole.owner, whole.offset + mine.offset, 0};
  if (mine.pitch != 0) result.pitch = whole.pitch != 0 ? whole.pitch : mine.pitch;
  return result;
}

/// Everyone who writes or reads it, under whatever name, can do so at a pitch; and so for its own parts.
bool Views::can_have_pitch(int value, const Facts& facts) const {
  const auto own = static_cast<std::size_t>(value);
  const Shape& shape = graph_->value(value).shape;
  if (shape.empty()) return false;
  const auto same_rows = [&](int name) {
    const Shape& other = graph_->value(name).shape;
    return !other.empty() && other.back() == shape.back();
  };
  if (!std::all_of(facts.names[own].begin(), facts.names[own].end(), same_rows)) return false;
  if (!std::all_of(facts.readers[own].begin(), facts.readers[own].end(), [](const Facts::Use& use) { return use.takes_pitch; })) return false;
  return std::none_of(parts_.begin(), parts_.end(), [&](const Part& other) { return other.whole == value && other.pitch != shape.back(); });
}

void Views::join(std::size_t step, const Facts& facts) {
  const PartCopies& copies = *copies_[step];
  const graph::Node& node = graph_->steps[step].node;
  const int whole = node.outputs[0];
  if (graph_->storage(whole) != whole) return;
  for (std::size_t k = 0; k < copies.parts.size(); ++k) {
    const int own = graph_->storage(node.inputs[copies.parts[k].operand]);
    const auto index = static_cast<std::size_t>(own);
    if (facts.outside[index] || facts.writer[index] < 0) continue;
    if (part(own).whole >= 0) {
      if (location(own).owner != whole) adopt(step, k, facts);
      continue;
    }
    const bool pitched = copies.rows > 1;
    if (pitched && !(copies.innermost && facts.writes_pitch[index] && can_have_pitch(own, facts))) continue;
    part(own) = {whole, copies.parts[k].offset, pitched ? copies.row_elements : 0};
  }
}

/// Operand `first` is part of what an earlier step joined: if that step's operands are all here too, one after the
/// other, its result becomes a part.
bool Views::adopt(std::size_t step, std::size_t first, const Facts& facts) {
  const PartCopies& copies = *copies_[step];
  const graph::Node& node = graph_->steps[step].node;
  int inner = part(graph_->storage(node.inputs[copies.parts[first].operand])).whole;
  while (part(inner).whole >= 0) inner = part(inner).whole;
  const auto index = static_cast<std::size_t>(inner);
  if (facts.outside[index] || facts.writer[index] < 0) return false;
  const PartCopies* const earlier = copies_[static_cast<std::size_t>(facts.writer[index])];
  if (earlier == nullptr || !earlier->joins || earlier->rows != copies.rows || earlier->innermost != copies.innermost) return false;
  const graph::Node& inner_node = graph_->steps[static_cast<std::size_t>(facts.writer[index])].node;
  for (std::size_t k = 0; k < earlier->parts.size(); ++k) {
    if (first + k >= copies.parts.size()) return false;
    const PartCopies::Part &mine = copies.parts[first + k], &theirs = earlier->parts[k];
    if (graph_->storage(node.inputs[mine.operand]) != graph_->storage(inner_node.inputs[theirs.operand]) || mine.elements != theirs.elements)
      return false;
  }
  const bool pitched = copies.rows > 1;
  if (pitched && !(copies.innermost && facts.writes_pitch[index] && can_have_pitch(inner, facts))) return false;
  part(inner) = {node.outputs[0], copies.parts[first].offset, pitched ? copies.row_elements : 0};
  return true;
}

void Views::cut(std::size_t step, const Facts& facts) {
  const PartCopies& copies = *copies_[step];
  const graph::Node& node = graph_->steps[step].node;
  const int whole = graph_->storage(node.inputs[0]);
  const bool pitched = copies.rows > 1;
  if (graph_->value(whole).is_constant()) return;
  // Its rows must be those of the whole, unless that is dense.
  if (location(whole).pitch != 0 && graph_->value(whole).shape.back() != copies.row_elements) return;
  if (pitched ? !copies.innermost : location(whole).pitch != 0) return;
  for (const PartCopies::Part& piece : copies.parts) {
    const int own = node.outputs[piece.operand];
    if (facts.outside[static_cast<std::size_t>(own)] || (pitched && !can_have_pitch(own, facts))) continue;
    part(own) = {whole, piece.offset, pitched ? copies.row_elements : 0};
  }
}

bool Views::nothing_to_do(std::size_t step) const {
  const PartCopies* const copies = copies_[step];
  if (copies == nullptr) return false;
  const graph::Node& node = graph_->steps[step].node;
  const Location whole = location(copies->joins ? node.outputs[0] : node.inputs[0]);
  return std::all_of(copies->parts.begin(), copies->parts.end(), [&](const PartCopies::Part& piece) {
    const Location at = location((copies->joins ? node.inputs : node.outputs)[piece.operand]);
    return at.owner == whole.owner && at.offset == whole.offset + piece.offset;
  });
}

std::vector<int> Views::wholes() const {
  std::vector<int> result;
  for (const Part& each : parts_)
    if (each.whole >= 0 && part(each.whole).whole < 0) result.push_back(each.whole);
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

/// By itself or one of its parts.
int Views::first_write(int value) const {
  int first = written_[static_cast<std::size_t>(value)];
  for (std::size_t v = 0; v < parts_.size(); ++v)
    if (parts_[v].whole == value) first = std::min(first, first_write(static_cast<int>(v)));
  return first;
}

void Views::drop(int whole, int step) {
  const bool incomplete = step < written_[static_cast<std::size_t>(whole)] && first_write(whole) <= step;
  std::vector<int> dropped;
  for (std::size_t v = 0; v < parts_.size(); ++v)
    if (parts_[v].whole == whole && (!incomplete || first_write(static_cast<int>(v)) <= step)) dropped.push_back(static_cast<int>(v));
  for (const int value : dropped) part(value) = {};
}

}  // namespace dnntune::runtime
