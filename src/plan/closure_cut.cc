// SPDX-License-Identifier: Apache-2.0
#include "plan/closure_cut.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "plan/max_flow.h"

namespace dnntune::plan {
namespace {

constexpr int kDevice = 0, kCloud = 1, kFirstLayer = 2;  // nodes of the flow network
constexpr int kNone = -1;

struct Assignment {
  std::vector<Tier> tiers;
  std::int64_t cost = 0;

  bool mixed() const { return std::adjacent_find(tiers.begin(), tiers.end(), std::not_equal_to<>()) != tiers.end(); }
};

/// The source of the flow is the device, the sink the cloud. A layer in the cloud cuts device -> layer,
/// a layer on the device cuts layer -> cloud. A value gets a node of its own, producer -> value (upload)
/// and value -> consumers (unlimited), so that several consumers in the cloud cut one edge. Unlimited
/// edges consumer -> producer forbid the way back (Hu et al., "Dynamic adaptive DNN surgery", INFOCOM
/// 2019, with the closure of Picard, Management Science 1976).
std::optional<Assignment> cheapest(const ClosureProblem& problem, int on_device, int in_cloud) {
  const auto limit = [](std::int64_t cost) { return cost == ClosureProblem::kImpossible ? MaxFlow::kUnlimited : cost; };
  const int layers = static_cast<int>(problem.device.size());
  MaxFlow flow(kFirstLayer + layers + static_cast<int>(problem.values.size()));
  for (int i = 0; i < layers; ++i) {
    const auto k = static_cast<std::size_t>(i);
    flow.add_edge(kDevice, kFirstLayer + i, i == on_device ? MaxFlow::kUnlimited : limit(problem.cloud[k]));
    flow.add_edge(kFirstLayer + i, kCloud, i == in_cloud ? MaxFlow::kUnlimited : limit(problem.device[k]));
  }
  int value_node = kFirstLayer + layers;
  for (const ClosureProblem::Value& value : problem.values) {
    const int producer = value.producer < 0 ? kDevice : kFirstLayer + value.producer;
    const std::int64_t forbid_return = value.producer < 0 ? 0 : MaxFlow::kUnlimited;
    if (value.consumers.size() == 1) {  // needs no node
      flow.add_edge(producer, kFirstLayer + value.consumers.front(), limit(value.upload), forbid_return);
    } else if (!value.consumers.empty()) {
      flow.add_edge(producer, value_node, limit(value.upload));
      for (const int consumer : value.consumers) {
        flow.add_edge(value_node, kFirstLayer + consumer, MaxFlow::kUnlimited);
        if (forbid_return > 0) flow.add_edge(kFirstLayer + consumer, producer, forbid_return);
      }
    }
    ++value_node;
  }
  Assignment result;
  result.cost = flow.solve(kDevice, kCloud);
  if (result.cost >= MaxFlow::kUnlimited) return std::nullopt;
  const std::vector<bool> cloud_side = flow.sink_side(kCloud);
  for (int i = 0; i < layers; ++i)
    result.tiers.push_back(cloud_side[static_cast<std::size_t>(kFirstLayer + i)] ? Tier::cloud : Tier::device);
  return result;
}

/// Layers that no layer feeds (first) and layers that feed none (second).
std::pair<std::vector<int>, std::vector<int>> ends(const ClosureProblem& problem) {
  std::vector<bool> is_fed(problem.device.size(), false), feeds(problem.device.size(), false);
  for (const ClosureProblem::Value& value : problem.values) {
    if (value.producer < 0) continue;
    if (!value.consumers.empty()) feeds[static_cast<std::size_t>(value.producer)] = true;
    for (const int consumer : value.consumers) is_fed[static_cast<std::size_t>(consumer)] = true;
  }
  std::pair<std::vector<int>, std::vector<int>> result;
  for (std::size_t i = 0; i < is_fed.size(); ++i) {
    if (!is_fed[i]) result.first.push_back(static_cast<int>(i));
    if (!feeds[i]) result.second.push_back(static_cast<int>(i));
  }
  return result;
}

}  // namespace

/// A division with both sides non-empty has a first layer on the device (go from any device layer to
/// what feeds it) and a last layer in the cloud. So the answer is the minimum over all pairs (first,
/// last) of the cheapest cut that holds this pair apart. Most of the pairs need no cut of their own:
/// a cut that leaves one end free bounds all pairs it covers, and answers them when it comes out mixed.
std::optional<std::vector<Tier>> best_split(const ClosureProblem& problem) {
  const std::optional<Assignment> free = cheapest(problem, kNone, kNone);
  if (!free) return std::nullopt;
  if (free->mixed()) return free->tiers;

  const auto [firsts, lasts] = ends(problem);
  const bool all_on_device = free->tiers.front() == Tier::device;
  std::optional<Assignment> best;
  // Returns whether the pairs that (outer, inner) stands for are settled.
  const auto consider = [&](int outer, int inner) {
    std::optional<Assignment> found = all_on_device ? cheapest(problem, inner, outer) : cheapest(problem, outer, inner);
    if (!found || (best && found->cost >= best->cost)) return true;
    if (!found->mixed()) return false;
    best = std::move(found);
    return true;
  };
  // Fill the side that the free optimum leaves empty; hold the other side too where that empties it.
  for (const int outer : all_on_device ? lasts : firsts) {
    if (consider(outer, kNone)) continue;
    for (const int inner : all_on_device ? firsts : lasts)
      if (inner != outer) consider(outer, inner);
  }
  if (!best) return std::nullopt;
  return best->tiers;
}

}  // namespace dnntune::plan
