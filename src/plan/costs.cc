// SPDX-License-Identifier: Apache-2.0
#include "plan/costs.h"

#include <cmath>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "graph/graph_impl.h"

namespace dnntune::plan {
namespace {

[[noreturn]] void refuse(const std::string& message) { throw Error(ErrorCode::invalid_argument, message); }

void check_belongs(const Profile& profile, const Graph& graph, const std::string& who) {
  if (profile.model_hash != graph.hash())
    refuse(fmt::format("{} is of model '{}' with hash {}, the graph is '{}' with hash {}", who, profile.model, profile.model_hash,
                       graph.name(), graph.hash()));
  if (profile.layers.size() != graph.layers().size())
    refuse(fmt::format("{} has {} layers, the graph (hash {}) has {}", who, profile.layers.size(), graph.hash(),
                       graph.layers().size()));
  for (std::size_t i = 0; i < profile.layers.size(); ++i) {
    const LayerProfile& profiled = profile.layers[i];
    const LayerInfo& layer = graph.layers()[i];
    if (profiled.name != layer.name)
      refuse(fmt::format("{}: layer {} is '{}', in the graph (hash {}) it is '{}'", who, i, profiled.name, graph.hash(), layer.name));
    // The hash is of the file: it does not tell one batch from another. Sizes of 0 are not known.
    if (profiled.output_bytes > 0 && layer.output_bytes > 0 && profiled.output_bytes != layer.output_bytes)
      refuse(fmt::format("{} was taken at other input shapes: layer '{}' wrote {} bytes, here it writes {}", who, layer.name,
                         profiled.output_bytes, layer.output_bytes));
  }
}

Cost checked(const Cost& cost, const char* field, const std::string& who, const std::string& layer) {
  if (!std::isfinite(cost.value) || cost.value < 0.0 || !std::isfinite(cost.spread) || cost.spread < 0.0)
    refuse(fmt::format("{}: {} of layer '{}' is {} with spread {}, both must be finite and not negative", who, field, layer,
                       cost.value, cost.spread));
  return cost;
}

}  // namespace

ProcessorCosts read_profile(const Graph& graph, const Profile& profile, bool on_device, bool wants_energy, const std::string& who) {
  check_belongs(profile, graph, who);
  const std::vector<graph::Node>& nodes = graph.impl().lowered.ir.nodes;
  ProcessorCosts costs;
  costs.name = profile.processor;
  for (std::size_t i = 0; i < profile.layers.size(); ++i) {
    const LayerProfile& layer = profile.layers[i];
    if (on_device && (layer.kernel.ends_with("_fp16") || layer.kernel.ends_with("_bf16")))
      refuse(fmt::format("{}: layer '{}' was measured in 16 bits ({}), which a SplitSession does not use", who, layer.name,
                         layer.kernel));
    std::string why;
    if (on_device && i < nodes.size() && !nodes[i].unsupported.empty()) {
      why = fmt::format("layer '{}' cannot run on the device: {}", layer.name, nodes[i].unsupported);
    } else if (layer.latency_ns.provenance == Provenance::unknown) {
      if (!layer.kernel.empty()) refuse(fmt::format("{}: the latency of layer '{}' is unknown", who, layer.name));
      why = fmt::format("layer '{}' has no kernel on '{}'", layer.name, profile.processor);
    }
    Cost ns, uj;  // of unknown provenance: what an infeasible layer costs
    if (why.empty()) {
      ns = checked(layer.latency_ns, "latency_ns", who, layer.name);
      if (!on_device) {
        uj = kNothing;
      } else if (layer.energy_uj.provenance != Provenance::unknown) {
        uj = checked(layer.energy_uj, "energy_uj", who, layer.name);
      } else if (wants_energy) {
        refuse(fmt::format("{}: the energy of layer '{}' is unknown; give the processor's active power to plan for energy", who,
                           layer.name));
      }
    }
    costs.layer_ns.push_back(ns);
    costs.layer_uj.push_back(uj);
    costs.infeasible.push_back(std::move(why));
  }
  return costs;
}

std::vector<ValueCosts> read_values(const Graph& graph) {
  std::vector<ValueCosts> values;
  std::unordered_map<std::string_view, std::size_t> index;  // of the graph's own strings
  values.reserve(graph.inputs().size() + graph.layers().size());
  index.reserve(graph.inputs().size() + graph.layers().size());
  const auto add = [&](const std::string& name, int producer) {
    if (!index.emplace(name, values.size()).second) return;
    values.emplace_back();
    values.back().name = name;
    values.back().producer = producer;
  };
  for (const TensorInfo& input : graph.inputs()) add(input.name, -1);
  for (std::size_t i = 0; i < graph.layers().size(); ++i)
    for (const std::string& output : graph.layers()[i].outputs) add(output, static_cast<int>(i));
  for (std::size_t i = 0; i < graph.layers().size(); ++i) {
    for (const std::string& input : graph.layers()[i].inputs) {
      const auto it = index.find(input);
      if (it == index.end())
        throw Error(ErrorCode::internal, fmt::format("layer '{}' reads '{}', which no layer makes", graph.layers()[i].name, input));
      std::vector<int>& consumers = values[it->second].consumers;
      if (consumers.empty() || consumers.back() != static_cast<int>(i)) consumers.push_back(static_cast<int>(i));
    }
  }
  for (const TensorInfo& output : graph.outputs())
    if (const auto it = index.find(output.name); it != index.end()) values[it->second].is_output = true;
  return values;
}

Cost radio_uj(const Link& link, double power_w, double seconds) {
  if (link.radio.name.empty()) return Cost{};
  return Cost{power_w * seconds * 1e6, 0.0, Provenance::published};
}

std::unordered_set<std::string_view> sized_values(const Graph& graph) {
  std::unordered_set<std::string_view> names;
  names.reserve(graph.impl().lowered.ir.values.size());
  for (const graph::Value& value : graph.impl().lowered.ir.values)
    if (value.is_static() && size_of(value.type) > 0) names.insert(value.name);
  return names;
}

void add_profiled_bytes(const std::vector<Profile>& profiles, std::unordered_map<std::string_view, std::int64_t>& bytes) {
  for (const Profile& profile : profiles)
    for (const LayerProfile& layer : profile.layers)
      if (layer.outputs.size() == 1 && layer.output_bytes > 0) bytes.emplace(layer.outputs[0], layer.output_bytes);
}

}  // namespace dnntune::plan
