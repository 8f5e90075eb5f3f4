// SPDX-License-Identifier: Apache-2.0
#include "calibrate/energy_rounds.h"

#include <algorithm>
#include <utility>

#include "device/meters/meter.h"

namespace dnntune::probes {
namespace {

/// Of the budget, for energy.
constexpr double kMostShare = 1.0 / 3.0;
/// Networks are enough for two powers a number of threads, and for how much layers scatter about them.
constexpr double kMostRounds = 16.0;
/// A round: long enough for the windows of some twenty layers by a counter that is renewed each millisecond, or for
/// the idle machine and the run alone by a slow meter.
constexpr double kLeastRoundS = 2.0, kIntervals = 60.0;
/// Of a round, with the meter; the rest writes the network, packs its weights and takes its times.
constexpr double kMeterShare = 0.75;

}  // namespace

EnergyRounds::EnergyRounds(const CalibrateOptions& options, std::vector<int> threads) : root_(options.root), threads_(std::move(threads)) {
  if (options.meter == "model") return;
  meter_ = device::pick_meter(device::Tree(root_), options.meter).info;
  if (!measures()) return;
  const double share_s = kMostShare * options.budget_s;
  round_s_ = std::min(share_s, std::max(kLeastRoundS, kIntervals * meter_.interval_ms * 1e-3));
  reserve_s_ = std::min(share_s, kMostRounds * round_s_);
}

EnergyOptions EnergyRounds::options() const {
  EnergyOptions options;
  options.meter = meter_.name;
  options.max_total_s = kMeterShare * round_s_;
  options.root = root_;
  return options;
}

std::optional<SeenNetwork> EnergyRounds::next() {
  if (seen_.empty()) return std::nullopt;
  const int threads = threads_[turn_ % threads_.size()];
  const bool computing = turn_ / threads_.size() % 2 == 0;
  ++turn_;
  // Where no network of that number of threads is left, the longest of the others.
  const auto rank = [&](const SeenNetwork& network) {
    return std::pair(network.threads == threads, computing ? network.run.computing_ns : network.run.moving_ns);
  };
  const auto longest = std::max_element(seen_.begin(), seen_.end(), [&](const SeenNetwork& a, const SeenNetwork& b) { return rank(a) < rank(b); });
  const SeenNetwork network = *longest;
  seen_.erase(longest);
  return network;
}

}  // namespace dnntune::probes
