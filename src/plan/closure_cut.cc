// SPDX-License-Identifier: Apache-2.0
#include "plan/closure_cut.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace dnntune::plan {
namespace {

constexpr int kNone = -1;

struct Assignment {
  std::vector<Tier> tiers;
  std::int64_t cost = 0;

  bool mixed() const { return std::adjacent_find(tiers.begin(), tiers.end(), std::not_equal_to<>()) != tiers.end(); }
};

/// The cheapest cut that holds one layer on the device and another in the cloud; kNone leaves them free.
std::optional<Assignment> cheapest(const ClosureProblem& problem, int on_device, int in_cloud) {
  LineProblem line;
  line.values = problem.values;
  line.may_return = {false};
  line.once = {0};
  for (int i = 0; i < static_cast<int>(problem.device.size()); ++i) {
    const auto k = static_cast<std::size_t>(i);
    line.layers.push_back(i == in_cloud ? LineProblem::kImpossible : problem.device[k]);
    line.layers.push_back(i == on_device ? LineProblem::kImpossible : problem.cloud[k]);
  }
  line.outward = problem.upload;
  line.homeward.assign(problem.values.size(), 0);  // downloads are in the cloud's costs
  const std::optional<LinePlacement> placed = problem.elimination != nullptr ? problem.elimination->solve(line) : cheapest(line);
  if (!placed) return std::nullopt;
  Assignment result;
  result.cost = placed->cost;
  for (const int stop : placed->stops) result.tiers.push_back(stop == 0 ? Tier::device : Tier::cloud);
  return result;
}

/// Layers that no layer feeds (first) and layers that feed none (second).
std::pair<std::vector<int>, std::vector<int>> ends(const ClosureProblem& problem) {
  std::vector<bool> is_fed(problem.device.size(), false), feeds(problem.device.size(), false);
  for (const LineValue& value : problem.values) {
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

LineShape closure_shape(const ClosureProblem& problem) { return {2, static_cast<int>(problem.device.size()), problem.values, {false}}; }

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
