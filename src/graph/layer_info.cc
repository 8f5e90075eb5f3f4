// SPDX-License-Identifier: Apache-2.0
#include "graph/layer_info.h"

#include <unordered_set>

#include <fmt/ranges.h>

#include "base/checked.h"

namespace dnntune::graph {
namespace {

/// Weights of a layer: constants it computes with, not those that merely say what to do.
std::vector<ValueId> weights_of(const Ir& ir, const Node& layer) {
  const OpInfo* info = find_operator(layer.op);
  std::vector<ValueId> weights;
  std::unordered_set<ValueId> seen;
  for (std::size_t i = 0; i < layer.inputs.size(); ++i) {
    const ValueId id = layer.inputs[i];
    if (id == kAbsent || !ir.value(id).is_constant()) continue;
    const bool is_setting = info != nullptr && i < 32 && (info->plan_operands >> i & 1u) != 0;
    if (!is_setting && seen.insert(id).second) weights.push_back(id);
  }
  return weights;
}

std::int64_t elements(const Value& constant) { return base::element_count(*constant.shape, constant.name); }

/// Appends the names of activations, each once, and returns their bytes.
std::int64_t list_activations(const Ir& ir, const std::vector<ValueId>& ids, std::vector<std::string>& names) {
  std::int64_t bytes = 0;
  std::unordered_set<ValueId> seen;
  for (const ValueId id : ids) {
    if (id == kAbsent || ir.value(id).is_constant() || !seen.insert(id).second) continue;
    names.push_back(ir.value(id).name);
    bytes = base::checked_add(bytes, ir.value(id).size_bytes(), "bytes of a layer");
  }
  return bytes;
}

}  // namespace

std::vector<LayerInfo> describe_layers(const Ir& source, const Lowered& lowered) {
  const Ir& ir = lowered.ir;
  std::vector<LayerInfo> layers;
  layers.reserve(ir.nodes.size());
  for (const Node& layer : ir.nodes) {
    LayerInfo info;
    info.name = layer.name;
    info.op = fmt::format("{}", fmt::join(layer.fused_ops, "+"));
    for (const int index : layer.covers) info.nodes.push_back(source.nodes[static_cast<std::size_t>(index)].name);
    info.input_bytes = list_activations(ir, layer.inputs, info.inputs);
    info.output_bytes = list_activations(ir, layer.outputs, info.outputs);
    info.macs = count_macs(ir, layer);
    for (const ValueId id : weights_of(ir, layer)) {
      info.parameters += elements(ir.value(id));
      info.weight_bytes += ir.value(id).size_bytes();
    }
    layers.push_back(std::move(info));
  }
  return layers;
}

std::int64_t count_parameters(const Ir& lowered) {
  std::vector<bool> counted(lowered.values.size(), false);
  std::int64_t total = 0;
  for (const Node& layer : lowered.nodes)
    for (const ValueId id : weights_of(lowered, layer)) {
      if (counted[static_cast<std::size_t>(id)]) continue;
      counted[static_cast<std::size_t>(id)] = true;
      total += elements(lowered.value(id));
    }
  return total;
}

}  // namespace dnntune::graph
