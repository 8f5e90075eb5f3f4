// SPDX-License-Identifier: Apache-2.0
#include "plan/trace_candidates.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "dnntune/error.h"
#include "plan/front.h"

namespace dnntune::plan {
namespace {

/// Places among LabelProblem's figures.
constexpr std::size_t kDeviceNs = 1, kCloudNs = 2, kBytesUp = 3, kBytesDown = 4, kDeviceUj = 5;

/// One processor a side; never back.
LabelProblem labels_of(const Problem& problem, const ProcessorCosts& device, const ProcessorCosts* cloud) {
  LabelProblem labels;
  labels.layer_count = static_cast<int>(problem.layers.size());
  labels.returns = {ReturnRule::never};
  labels.once = {Figures{}};
  for (const ValueCosts& value : problem.values) labels.values.push_back({value.producer, value.consumers, value.is_output});
  labels.slots.assign(labels.slot_count(), Choices{});
  const auto offer = [&](std::size_t slot, const Figures& figures) {
    labels.slots[slot] = {static_cast<std::uint32_t>(labels.choices.size()), 1};
    labels.choices.push_back({figures, {}, 0});
  };
  for (int i = 0; i < labels.layer_count; ++i) {
    const auto n = static_cast<std::size_t>(i);
    Figures here{}, there{};
    here[kDeviceNs] = problem.ns.units(device.layer_ns[n].value);
    here[kDeviceUj] = problem.uj.units(device.layer_uj[n].value);
    if (device.infeasible[n].empty()) offer(labels.place(i, 0), here);
    if (cloud == nullptr || !cloud->infeasible[n].empty() || problem.pinned[n]) continue;
    there[kCloudNs] = problem.ns.units(cloud->layer_ns[n].value);
    offer(labels.place(i, 1), there);
  }
  for (std::size_t v = 0; v < problem.values.size(); ++v) {
    Figures up{}, down{};
    up[kBytesUp] = problem.values[v].crossing.bytes;
    down[kBytesDown] = problem.values[v].bytes_down;
    if (problem.values[v].sized) offer(labels.outward(v, 0), up);
    offer(labels.homeward(v, 0), down);
  }
  return labels;
}

std::vector<std::vector<Tier>> front_of(const LabelProblem& labels, bool energy, std::size_t most_labels) {
  std::vector<std::size_t> figures = {kDeviceNs, kCloudNs, kBytesUp, kBytesDown};
  if (energy) figures.push_back(kDeviceUj);
  std::vector<std::vector<Tier>> found;
  for (const Labelling& labelling : pareto_front(labels, figures, 0.0, most_labels)) {
    found.emplace_back();
    for (const int stop : labelling.stops) found.back().push_back(stop == 0 ? Tier::device : Tier::cloud);
  }
  return found;
}

std::vector<std::vector<Tier>> splits_by_bandwidth(const PlanRequest& request, double slowest, double fastest) {
  constexpr int kSteps = 32;
  std::vector<std::vector<Tier>> found;
  PlanRequest moved = request;
  for (int i = 0; i <= kSteps; ++i) {
    const double factor = slowest * std::pow(fastest / slowest, static_cast<double>(i) / kSteps);
    moved.link.bandwidth_up_bps = request.link.bandwidth_up_bps * factor;
    moved.link.bandwidth_down_bps = request.link.bandwidth_down_bps * factor;
    if (Deployment split = make_plan(moved).best_split; split.feasible) found.push_back(std::move(split.tiers));
  }
  return found;
}

}  // namespace

Candidates trace_candidates(const PlanRequest& request, const Problem& problem, double slowest, double fastest, std::size_t most_labels) {
  std::set<std::vector<Tier>> all;
  bool complete = true;
  const auto add = [&](const ProcessorCosts& device, const ProcessorCosts* cloud) {
    for (std::vector<Tier>& tiers : front_of(labels_of(problem, device, cloud), problem.objective == Objective::Kind::energy, most_labels)) all.insert(std::move(tiers));
  };
  try {
    for (const ProcessorCosts& device : problem.device) {
      add(device, nullptr);
      for (const ProcessorCosts& cloud : problem.cloud) add(device, &cloud);
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::limit_exceeded) throw;
    complete = false;
    for (std::vector<Tier>& tiers : splits_by_bandwidth(request, slowest, fastest)) all.insert(std::move(tiers));
  }
  return {{all.begin(), all.end()}, complete};
}

}  // namespace dnntune::plan
