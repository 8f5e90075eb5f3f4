// SPDX-License-Identifier: Apache-2.0
#include "runtime/spaces.h"

#include <map>
#include <utility>

#include <fmt/format.h>

namespace dnntune::runtime {
namespace {

class TransferPass {
 public:
  TransferPass(const PhysicalGraph& graph, std::span<const int> spaces, DataType storage) : storage_(storage) {
    result_.graph = graph;
    result_.graph.steps.clear();
    place_values(graph, spaces);
    for (std::size_t s = 0; s < graph.steps.size(); ++s) {
      Step step = graph.steps[s];
      layer_ = step.layer;
      for (int& value : step.node.inputs) value = in_space(value, spaces[s]);
      add(std::move(step), static_cast<int>(s));
    }
    layer_ = -1;
    for (int& value : result_.graph.outputs) value = in_space(value, 0);
  }

  SpacedGraph take() { return std::move(result_); }

 private:
  PhysicalValue& value(int id) { return result_.graph.values[static_cast<std::size_t>(id)]; }

  void place_values(const PhysicalGraph& graph, std::span<const int> spaces) {
    for (std::size_t s = 0; s < graph.steps.size(); ++s)
      for (const int id : graph.steps[s].node.outputs)
        if (id >= 0) value(id).space = spaces[s];
    for (std::size_t v = 0; v < graph.values.size(); ++v) {
      PhysicalValue& view = value(static_cast<int>(v));
      host_types_.push_back(view.type);
      view.space = value(graph.storage(static_cast<int>(v))).space;
      if (view.space != 0) view.type = stored_type(view.type, storage_);
    }
  }

  void add(Step step, int origin) {
    result_.graph.steps.push_back(std::move(step));
    result_.origin.push_back(origin);
  }

  int in_space(int id, int space) {
    if (id < 0 || value(id).is_constant() || value(id).space == space) return id;
    const auto key = std::pair(id, space);
    if (const auto found = copies_.find(key); found != copies_.end()) return found->second;
    const int owner = result_.graph.storage(id);
    PhysicalValue copy = value(id);
    copy.space = space;
    const DataType host_type = host_types_[static_cast<std::size_t>(id)];
    copy.type = space != 0 ? stored_type(host_type, storage_) : host_type;
    copy.storage_of = owner != id ? in_space(owner, space) : -1;
    const auto made = static_cast<int>(result_.graph.values.size());
    result_.graph.values.push_back(std::move(copy));
    host_types_.push_back(host_type);
    copies_[key] = made;
    if (owner == id) transfer(value(id).space != 0 && space != 0 ? in_space(id, 0) : id, made);
    return made;
  }

  void transfer(int from, int to) {
    Step step;
    step.node.name = value(from).name;
    step.node.op_type = "Transfer";
    step.node.inputs = {from};
    step.node.outputs = {to};
    step.layer = layer_;
    step.conversion = true;
    step.transfer = true;
    add(std::move(step), -1);
  }

  const DataType storage_;
  SpacedGraph result_;
  std::vector<DataType> host_types_;  ///< By value: as the network has it.
  std::map<std::pair<int, int>, int> copies_;
  int layer_ = -1;
};

}  // namespace

SpacedGraph add_transfers(const PhysicalGraph& graph, std::span<const int> spaces, DataType storage) {
  return TransferPass(graph, spaces, storage).take();
}

}  // namespace dnntune::runtime
