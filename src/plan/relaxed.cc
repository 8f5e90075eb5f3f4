// SPDX-License-Identifier: Apache-2.0
// One weighted problem of a search: the best choice in every slot, then one minimum cut.
#include <algorithm>
#include <bit>
#include <cmath>

#include "plan/at.h"
#include "plan/label_problem.h"

namespace dnntune::plan {
namespace {

/// Weighted costs add up to at most 2^52 units: below LineProblem's bound, and finer than the figures by 2^10.
constexpr double kRoom = 0x1p52;
constexpr std::uint32_t kNoChoice = ~std::uint32_t{0};

/// The costs of all choices in one unit.
class Weighing {
 public:
  Weighing(const std::array<double, kFigures>& weights, const std::vector<double>& busy_weights)
      : weights_(weights), busy_(busy_weights) {
    double total = 0.0;
    for (const double w : weights) total += w * 0x1p42;
    double heaviest = 0.0;
    for (const double w : busy_weights) heaviest = std::max(heaviest, w);
    total += 3.0 * heaviest * 0x1p42;
    // A power of two scales without rounding: plain figures stay whole numbers.
    scale_ = total > 0.0 ? std::exp2(std::floor(std::log2(kRoom / total))) : 1.0;
  }
  double scale() const noexcept { return scale_; }
  std::int64_t of(const Figures& figures) const noexcept { return floored(sum(figures)); }
  std::int64_t of(const Choice& choice, int a, int b, int c) const noexcept {
    double cost = sum(choice.figures);
    if (!busy_.empty()) {
      const std::array<int, 3> resources = {a, b, c};
      for (std::size_t r = 0; r < 3; ++r)
        if (resources[r] >= 0) cost += busy_[at(resources[r])] * static_cast<double>(choice.busy[r]);
    }
    return floored(cost);
  }

 private:
  double sum(const Figures& figures) const noexcept {
    double cost = 0.0;
    for (std::size_t f = 0; f < kFigures; ++f)
      if (weights_[f] != 0.0) cost += weights_[f] * static_cast<double>(figures[f]);
    return cost;
  }
  /// Rounding down keeps the sum a lower bound; costs are not negative.
  std::int64_t floored(double cost) const noexcept { return static_cast<std::int64_t>(cost * scale_); }

  const std::array<double, kFigures>& weights_;
  const std::vector<double>& busy_;
  double scale_ = 1.0;
};

}  // namespace

Domain::Domain(const LabelProblem& problem)
    : low(at(problem.layer_count), 0), high(at(problem.layer_count), static_cast<std::uint8_t>(problem.stops - 1)) {
  for (const Choices& slot : problem.slots) open.push_back(slot.count >= 32 ? ~0u : (1u << slot.count) - 1u);
}

std::int64_t Labelling::longest_busy() const noexcept { return busy.empty() ? 0 : *std::max_element(busy.begin(), busy.end()); }

void add_up(const LabelProblem& problem, Labelling& labelling) {
  labelling.total = {};
  labelling.busy.assign(at(problem.resources()), 0);
  labelling.peak = 0;
  std::size_t next = 0;
  for_each_used_slot(problem, labelling.stops, [&](std::size_t, int a, int b, int c) {
    const Choice& choice = problem.choices[labelling.used[next++].second];
    for (std::size_t f = 0; f < kFigures; ++f) labelling.total[f] += choice.figures[f];
    labelling.busy[at(a)] += choice.busy[0];
    if (b >= 0) labelling.busy[at(b)] += choice.busy[1];
    if (c >= 0) labelling.busy[at(c)] += choice.busy[2];
  });
  int farthest = 0;
  for (const int stop : labelling.stops) farthest = std::max(farthest, stop);
  for (int k = problem.home; k < farthest; ++k)
    for (std::size_t f = 0; f < kFigures; ++f) labelling.total[f] += problem.once[at(k)][f];
  if (!problem.peak) return;
  for (std::size_t i = 0; i < labelling.stops.size(); ++i)
    if (labelling.stops[i] <= problem.peak->last_stop) labelling.peak = std::max(labelling.peak, problem.peak->peak[i]);
}

std::optional<Relaxed> relaxed(const LabelProblem& problem, const Domain& domain, const std::array<double, kFigures>& weights,
                               const std::vector<double>& busy_weights) {
  const Weighing weighing(weights, busy_weights);
  std::vector<std::uint32_t> chosen(problem.slots.size(), kNoChoice);
  const auto price = [&](std::size_t slot, int a, int b, int c) {
    std::int64_t best = LineProblem::kImpossible;
    for (std::uint32_t open = domain.open[slot]; open != 0; open &= open - 1) {
      const std::uint32_t index = problem.slots[slot].first + static_cast<std::uint32_t>(std::countr_zero(open));
      const std::int64_t cost = weighing.of(problem.choices[index], a, b, c);
      if (best != LineProblem::kImpossible && cost >= best) continue;
      best = cost;
      chosen[slot] = index;
    }
    return best;
  };
  LineProblem line;
  line.stops = problem.stops;
  line.home = problem.home;
  line.values = problem.values;
  line.layers.reserve(at(problem.layer_count * problem.stops));
  for (int i = 0; i < problem.layer_count; ++i)
    for (int s = 0; s < problem.stops; ++s)
      line.layers.push_back(s < domain.low[at(i)] || s > domain.high[at(i)] ? LineProblem::kImpossible
                                                                            : price(problem.place(i, s), s, -1, -1));
  for (std::size_t v = 0; v < problem.values.size(); ++v) {
    for (int k = 0; k < problem.hops(); ++k) {
      line.outward.push_back(price(problem.outward(v, k), k, problem.out_of(k), k + 1));
      line.homeward.push_back(price(problem.homeward(v, k), k + 1, problem.home_over(k), k));
    }
  }
  for (int k = 0; k < problem.hops(); ++k) {
    line.may_return.push_back(problem.returns[at(k)] != ReturnRule::never);
    line.once.push_back(weighing.of(problem.once[at(k)]));
  }
  std::optional<LinePlacement> placed = problem.elimination ? problem.elimination->solve(line) : cheapest(line);
  if (!placed) return std::nullopt;
  Relaxed result;
  result.labelling.stops = std::move(placed->stops);
  for_each_used_slot(problem, result.labelling.stops,
                     [&](std::size_t slot, int, int, int) { result.labelling.used.emplace_back(slot, chosen[slot]); });
  add_up(problem, result.labelling);
  result.bound = static_cast<double>(placed->cost) / weighing.scale();
  return result;
}

}  // namespace dnntune::plan
