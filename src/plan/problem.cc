// SPDX-License-Identifier: Apache-2.0
#include "plan/problem.h"

#include <cmath>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "plan/enumerator.h"
#include "plan/link_json.h"
#include "plan/wire_size.h"

namespace dnntune::plan {
namespace {

[[noreturn]] void refuse_plan(const std::string& message) { throw Error(ErrorCode::invalid_argument, message); }

/// "device profile 1 ('cpu:big', model 'net')", for messages.
std::string describe(const Profile& profile, std::string_view side, std::size_t index) {
  return fmt::format("{} profile {} ('{}')", side, index + 1, profile.processor);
}

/// `raw_bytes`: of a value whose shape is not known; 0 when nothing tells.
void price(ValueCosts& value, const PlanRequest& request, bool has_shape, std::int64_t raw_bytes) {
  const TensorInfo& info = request.graph.value(value.name);
  const Link& link = request.link;
  value.sized = has_shape || raw_bytes > 0;
  value.crossing = {value.name, info.type == DataType::float32 ? request.encoding : WireEncoding::raw, 0};
  if (!value.sized) {
    value.download_ns = value.download_uj = Cost{};
    return;
  }
  value.crossing.bytes = has_shape ? wire_bytes(info, value.crossing.encoding) : coded_bytes(raw_bytes, 1, value.crossing.encoding);
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
  visit(problem.wait_ns, problem.ns);
}

/// A queue that only grows is no place for a layer.
void take_wait(const WaitingTime& wait, Problem& problem) {
  problem.wait_ns = kNothing;
  if (wait.saturated) {
    for (ProcessorCosts& processor : problem.cloud) processor.infeasible.assign(problem.layers.size(), fmt::format("the cloud is {}", wait.why));
    return;
  }
  if (!std::isfinite(wait.mean_ns.value) || wait.mean_ns.value < 0.0 || !std::isfinite(wait.mean_ns.spread) || wait.mean_ns.spread < 0.0)
    refuse_plan(fmt::format("cloud_wait is {} ns with spread {}, both must be finite and not negative", wait.mean_ns.value, wait.mean_ns.spread));
  problem.wait_ns = wait.mean_ns;
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
  check_enumerator(request.encoding, WireEncoding::int4, "the encoding");
  if (graph.layers().empty()) refuse_plan(fmt::format("graph '{}' has no layers to place", graph.name()));
  if (request.device.empty() && request.cloud.empty()) refuse_plan("the request has no profile, neither of the device nor of the cloud");
  if (request.minimize.kind() == Objective::Kind::energy && !request.cloud.empty() && request.link.radio.name.empty())
    refuse_plan(fmt::format("link '{}' has no radio: the energy of sending is unknown", request.link.name));

  Problem problem;
  problem.objective = request.minimize.kind();
  for (const LayerInfo& layer : graph.layers()) problem.layers.push_back(layer.name);
  problem.pinned.assign(problem.layers.size(), false);
  for (const std::string& name : request.pin_to_device) problem.pinned[static_cast<std::size_t>(graph.layer_index(name))] = true;
  for (std::size_t i = 0; i < request.device.size(); ++i)
    problem.device.push_back(read_profile(graph, request.device[i], true, problem.objective == Objective::Kind::energy,
                                          describe(request.device[i], "device", i)));
  for (std::size_t i = 0; i < request.cloud.size(); ++i)
    problem.cloud.push_back(read_profile(graph, request.cloud[i], false, false, describe(request.cloud[i], "cloud", i)));
  take_wait(request.cloud_wait, problem);
  problem.values = read_values(graph);
  const std::unordered_set<std::string_view> sized = sized_values(graph);
  std::unordered_map<std::string_view, std::int64_t> profiled;
  add_profiled_bytes(request.device, profiled);
  add_profiled_bytes(request.cloud, profiled);
  for (ValueCosts& value : problem.values) {
    const auto found = profiled.find(value.name);
    price(value, request, sized.contains(value.name), found == profiled.end() ? 0 : found->second);
  }
  problem.round_trip_ns = {request.link.round_trip_s * 1e9, 0.0, Provenance::published};
  round_costs(problem);
  return problem;
}

}  // namespace dnntune::plan
