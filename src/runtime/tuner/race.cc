// SPDX-License-Identifier: Apache-2.0
#include "runtime/tuner/race.h"

#include <algorithm>
#include <cmath>

#include "runtime/statistics.h"

namespace dnntune::runtime {
namespace {

struct Lane {
  std::vector<double> samples;
  bool in = true;
  double median = 0.0, half_width = 0.0;

  void update() {
    const Cost cost = measured_cost(samples);
    median = cost.value;
    half_width = 2.0 * relative_error_of_median(samples) * median;
  }
};

}  // namespace

std::vector<Standing> race(std::span<const std::function<double()>> contenders, const RaceOptions& options, const std::function<bool()>& out_of_time) {
  std::vector<Lane> lanes(contenders.size());
  for (int round = 0; round < options.warmup_rounds && contenders.size() > 1 && !out_of_time(); ++round)
    for (const auto& contender : contenders) contender();
  const auto left = [&] { return std::count_if(lanes.begin(), lanes.end(), [](const Lane& lane) { return lane.in; }); };
  for (int round = 0; round < options.max_rounds; ++round) {
    if (round > 0 && (left() < 2 || out_of_time())) break;
    for (std::size_t i = 0; i < lanes.size(); ++i)
      if (lanes[i].in) lanes[i].samples.push_back(contenders[i]());
    if (round + 1 < options.min_rounds) continue;
    for (Lane& lane : lanes)
      if (lane.in) lane.update();
    const auto leader = std::min_element(lanes.begin(), lanes.end(), [](const Lane& a, const Lane& b) { return a.in != b.in ? a.in : a.median < b.median; });
    bool all_close = true;
    for (Lane& lane : lanes) {
      if (!lane.in || &lane == &*leader) continue;
      if (lane.median - lane.half_width > leader->median + leader->half_width) lane.in = false;
      const double most_apart = lane.median + lane.half_width - (leader->median - leader->half_width);
      if (lane.in && most_apart > options.close * leader->median) all_close = false;
    }
    if (all_close) break;
  }
  std::vector<Standing> standings;
  for (const Lane& lane : lanes) {
    const Cost cost = measured_cost(lane.samples);
    standings.push_back({cost.value, cost.spread, static_cast<int>(lane.samples.size())});
  }
  return standings;
}

}  // namespace dnntune::runtime
