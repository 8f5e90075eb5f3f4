// SPDX-License-Identifier: Apache-2.0
#include "plan/problem.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "graph/graph_impl.h"
#include "plan/link_json.h"

namespace dnntune::plan {
namespace {

[[noreturn]] void refuse(const std::string& message) { throw Error(ErrorCode::invalid_argument, message); }

/// "device profile 1 ('cpu:big', model 'net')", for messages.
std::string describe(const Profile& profile, std::string_view side, std::size_t index) {
  return fmt::format("{} profile {} ('{}')", side, index + 1, profile.processor);
}

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

/// Whether this library can run a layer is asked of the device only: the cloud may be another engine.
ProcessorCosts read_profile(const PlanRequest& request, const Profile& profile, bool on_device, std::size_t index) {
  const std::string who = describe(profile, on_device ? "device" : "cloud", index);
  check_belongs(profile, request.graph, who);
  const std::vector<graph::Node>& nodes = request.graph.impl().lowered.ir.nodes;
  const bool wants_energy = on_device && request.minimize.kind() == Objective::Kind::energy;
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

/// Values with their producers and consumers, not yet priced.
std::vector<ValueCosts> read_values(const Graph& graph) {
  std::vector<ValueCosts> values;
  std::unordered_map<std::string, std::size_t> index;
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

/// Radio energy in microjoule; unknown without a radio.
Cost radio_uj(const Link& link, double power_w, double seconds) {
  if (link.radio.name.empty()) return Cost{};
  return Cost{power_w * seconds * 1e6, 0.0, Provenance::published};
}

/// Names of the values whose size is known. TensorInfo does not tell: a value of unknown rank looks like
/// a scalar there.
std::unordered_set<std::string> sized_values(const Graph& graph) {
  std::unordered_set<std::string> names;
  for (const graph::Value& value : graph.impl().lowered.ir.values)
    if (value.is_static() && size_of(value.type) > 0) names.insert(value.name);
  return names;
}

/// Bytes of values that shapes do not tell, as a profile has them: of the only output of a layer that was measured.
std::unordered_map<std::string, std::int64_t> profiled_bytes(const PlanRequest& request) {
  std::unordered_map<std::string, std::int64_t> bytes;
  for (const auto* profiles : {&request.device, &request.cloud})
    for (const Profile& profile : *profiles)
      for (const LayerProfile& layer : profile.layers)
        if (layer.outputs.size() == 1 && layer.output_bytes > 0) bytes.emplace(layer.outputs[0], layer.output_bytes);
  return bytes;
}

/// `raw_bytes`: of a value whose shape is not known; 0 when nothing tells.
void price(ValueCosts& value, const PlanRequest& request, bool has_shape, std::int64_t raw_bytes) {
  const TensorInfo& info = request.graph.value(value.name);
  const Link& link = request.link;
  value.sized = has_shape || raw_bytes > 0;
  const bool halves = request.encoding == WireEncoding::fp16 && info.type == DataType::float32;
  value.crossing = {value.name, halves ? WireEncoding::fp16 : WireEncoding::raw, 0};
  if (!value.sized) {
    value.download_ns = value.download_uj = Cost{};
    return;
  }
  value.crossing.bytes = has_shape ? wire_bytes(info, value.crossing.encoding) : halves ? raw_bytes / 2 : raw_bytes;
  value.bytes_down = has_shape ? wire_bytes(info, WireEncoding::raw) : raw_bytes;
  const double up_s = link.up_s(static_cast<double>(value.crossing.bytes));
  const double down_s = link.down_s(static_cast<double>(value.bytes_down));
  value.upload_ns = {up_s * 1e9, 0.0, Provenance::published};
  value.download_ns = {down_s * 1e9, 0.0, Provenance::published};
  value.upload_uj = radio_uj(link, link.radio.up_power_w(link.bandwidth_up_bps), up_s);
  value.download_uj = radio_uj(link, link.radio.down_power_w(link.bandwidth_down_bps), down_s);
}

/// Calls `visit` with every latency, then every energy, of the problem.
template <typename Visit>
void for_each_cost(Problem& problem, Visit visit) {
  for (auto* side : {&problem.device, &problem.cloud}) {
    for (ProcessorCosts& processor : *side) {
      for (Cost& cost : processor.layer_ns) visit(cost, problem.ns);
      for (Cost& cost : processor.layer_uj) visit(cost, problem.uj);
    }
  }
  for (ValueCosts& value : problem.values) {
    for (Cost* cost : {&value.upload_ns, &value.download_ns}) visit(*cost, problem.ns);
    for (Cost* cost : {&value.upload_uj, &value.download_uj}) visit(*cost, problem.uj);
  }
  visit(problem.round_trip_ns, problem.ns);
}

void round_costs(Problem& problem) {
  double total_ns = 0.0, total_uj = 0.0;
  for_each_cost(problem, [&](Cost& cost, Quantum& unit) { (&unit == &problem.ns ? total_ns : total_uj) += cost.value; });
  if (!std::isfinite(total_ns) || !std::isfinite(total_uj))
    throw Error(ErrorCode::limit_exceeded, "the costs of this request add up to more than a double holds");
  problem.ns = Quantum(total_ns);
  problem.uj = Quantum(total_uj);
  for_each_cost(problem, [](Cost& cost, const Quantum& unit) { cost.value = unit.round(cost.value); });
}

}  // namespace

Problem make_problem(const PlanRequest& request) {
  const Graph& graph = request.graph;
  check_link(request.link);
  if (graph.layers().empty()) refuse(fmt::format("graph '{}' has no layers to place", graph.name()));
  if (request.device.empty() && request.cloud.empty()) refuse("the request has no profile, neither of the device nor of the cloud");
  if (request.minimize.kind() == Objective::Kind::energy && !request.cloud.empty() && request.link.radio.name.empty())
    refuse(fmt::format("link '{}' has no radio: the energy of sending is unknown", request.link.name));

  Problem problem;
  problem.objective = request.minimize.kind();
  for (const LayerInfo& layer : graph.layers()) problem.layers.push_back(layer.name);
  problem.pinned.assign(problem.layers.size(), false);
  for (const std::string& name : request.pin_to_device) problem.pinned[static_cast<std::size_t>(graph.layer_index(name))] = true;
  for (std::size_t i = 0; i < request.device.size(); ++i)
    problem.device.push_back(read_profile(request, request.device[i], true, i));
  for (std::size_t i = 0; i < request.cloud.size(); ++i)
    problem.cloud.push_back(read_profile(request, request.cloud[i], false, i));
  problem.values = read_values(graph);
  const std::unordered_set<std::string> sized = sized_values(graph);
  const std::unordered_map<std::string, std::int64_t> profiled = profiled_bytes(request);
  for (ValueCosts& value : problem.values) {
    const auto found = profiled.find(value.name);
    price(value, request, sized.contains(value.name), found == profiled.end() ? 0 : found->second);
  }
  problem.round_trip_ns = {request.link.round_trip_s * 1e9, 0.0, Provenance::published};
  round_costs(problem);
  return problem;
}

}  // namespace dnntune::plan
