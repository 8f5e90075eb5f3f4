// SPDX-License-Identifier: Apache-2.0
// Lagrange multipliers give bounds and candidates; branching closes the gap (Geoffrion, "Lagrangean relaxation for integer
// programming", 1974). Best bound first.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <queue>

#include "plan/at.h"
#include "plan/label_problem.h"

namespace dnntune::plan {
namespace {

constexpr double kNoBound = std::numeric_limits<double>::infinity();
using Weights = std::array<double, kFigures>;

/// A limit on a figure or on a resource, in one form.
struct Bar {
  bool busy = false;
  std::size_t index = 0;
  double at_most = 0.0;
  bool with_peak = false;  ///< The figure of PeakLimit.
};

struct SearchNode {
  Domain domain;
  double bound = 0.0;
  std::int64_t order = 0;
};
/// Least bound first; among equals the newest, so that the search goes deep and finds candidates.
struct Later {
  bool operator()(const SearchNode& a, const SearchNode& b) const { return a.bound != b.bound ? a.bound > b.bound : a.order < b.order; }
};

/// What the multipliers leave of a node: nothing, or two answers that a branching must tell apart.
struct Outcome {
  double bound = 0.0;
  bool closed = false;
  std::optional<Labelling> near, far;  ///< `near` breaks a limit (or the rule `once`), `far` may keep all.
};

class Search {
 public:
  Search(const LabelProblem& problem, int most_cuts) : problem_(problem), most_cuts_(most_cuts) {
    for (const LabelProblem::Limit& limit : problem.limits) bars_.push_back({false, limit.figure, static_cast<double>(limit.at_most), false});
    for (const LabelProblem::BusyLimit& limit : problem.busy_limits) bars_.push_back({true, at(limit.resource), static_cast<double>(limit.at_most), false});
    if (problem.peak) bars_.push_back({false, problem.peak->figure, static_cast<double>(problem.peak->at_most), true});
  }

  SearchAnswer run(const Domain& domain) {
    std::priority_queue<SearchNode, std::vector<SearchNode>, Later> open;
    open.push({domain, 0.0, 0});
    double unexplored = kNoBound;
    while (!open.empty()) {
      SearchNode node = open.top();
      open.pop();
      if (node.bound >= value_of_best()) continue;
      if (answer_.cuts >= most_cuts_) {
        unexplored = std::min(unexplored, node.bound);
        continue;
      }
      if (!propagate(node.domain)) continue;
      const Outcome outcome = bound(node.domain);
      node.bound = std::max(node.bound, outcome.bound);
      if (outcome.closed || node.bound >= value_of_best()) continue;
      for (Domain& child : branch(node.domain, outcome)) open.push({std::move(child), node.bound, ++order_});
    }
    answer_.lower_bound = std::min(value_of_best(), unexplored);
    answer_.proven = unexplored >= value_of_best();
    return std::move(answer_);
  }

 private:
  double value_of(const Labelling& labelling) const {
    return static_cast<double>(problem_.bottleneck ? labelling.longest_busy() : labelling.total[kObjective]);
  }
  double value_of_best() const { return answer_.best ? value_of(*answer_.best) : kNoBound; }
  /// Values are whole numbers, and a bound that is a rounding error above one means that one.
  static double whole(double bound) { return std::ceil(bound - 1e-9 * std::max(1.0, std::fabs(bound))); }

  double amount(const Labelling& labelling, const Bar& bar) const {
    return static_cast<double>(bar.busy ? labelling.busy[bar.index] : labelling.total[bar.index]);
  }
  bool keeps(const Labelling& labelling, const Bar& bar) const {
    return amount(labelling, bar) + (bar.with_peak ? static_cast<double>(labelling.peak) : 0.0) <= bar.at_most;
  }
  bool keeps_limits(const Labelling& labelling) const {
    return std::all_of(bars_.begin(), bars_.end(), [&](const Bar& bar) { return keeps(labelling, bar); });
  }

  /// A layer before a `once` hop that comes after one beyond it and before another beyond it; and the hop. -1: none.
  std::pair<int, int> second_trip(const std::vector<int>& stops) const {
    for (int k = 0; k < problem_.hops(); ++k) {
      if (problem_.returns[at(k)] != ReturnRule::once) continue;
      std::vector<bool> after(stops.size(), false);  // something beyond comes before it
      for (std::size_t v = 0; v < problem_.values.size(); ++v) {
        const LineValue& value = problem_.values[v];
        if (value.producer < 0) continue;
        const auto maker = at(value.producer);
        const bool beyond = stops[maker] > k;
        if (!beyond && !after[maker]) continue;
        for (const int reader : value.consumers) {
          if (!beyond && stops[at(reader)] > k) return {value.producer, k};
          after[at(reader)] = true;
        }
      }
    }
    return {-1, -1};
  }

  /// Of values in producers' order, layers in running order: one pass each way. False: nothing is left.
  bool propagate(Domain& domain) const {
    std::vector<int> pass_low(at(problem_.stops)), pass_high(at(problem_.stops));
    for (int s = 0; s < problem_.stops; ++s) {  // how far a bound at s holds for readers, and for makers
      int k = s - 1;
      while (k >= 0 && problem_.returns[at(k)] != ReturnRule::never) --k;
      pass_low[at(s)] = k + 1;
      int j = s;
      while (j < problem_.hops() && problem_.returns[at(j)] != ReturnRule::never) ++j;
      pass_high[at(s)] = j;
    }
    for (const LineValue& value : problem_.values) {
      const int low = pass_low[at(value.producer < 0 ? problem_.home : domain.low[at(value.producer)])];
      for (const int reader : value.consumers) domain.low[at(reader)] = static_cast<std::uint8_t>(std::max<int>(domain.low[at(reader)], low));
    }
    for (std::size_t v = problem_.values.size(); v-- > 0;) {
      const LineValue& value = problem_.values[v];
      if (value.producer < 0) continue;
      for (const int reader : value.consumers) {
        const int high = pass_high[domain.high[at(reader)]];
        domain.high[at(value.producer)] = static_cast<std::uint8_t>(std::min<int>(domain.high[at(value.producer)], high));
      }
    }
    for (std::size_t i = 0; i < domain.low.size(); ++i)
      if (domain.low[i] > domain.high[i]) return false;
    return true;
  }

  /// Layers that must count towards the peak take their share of its limit from the start.
  double forced_peak(const Domain& domain) const {
    std::int64_t peak = 0;
    if (problem_.peak)
      for (std::size_t i = 0; i < domain.high.size(); ++i)
        if (domain.high[i] <= problem_.peak->last_stop) peak = std::max(peak, problem_.peak->peak[i]);
    return static_cast<double>(peak);
  }

  std::optional<Relaxed> cut(const Domain& domain, const Weights& weights, const std::vector<double>& busy) {
    ++answer_.cuts;
    std::optional<Relaxed> found = relaxed(problem_, domain, weights, busy);
    if (found && keeps_limits(found->labelling) && second_trip(found->labelling.stops).first < 0 && value_of(found->labelling) < value_of_best())
      answer_.best = found->labelling;
    return found;
  }

  Outcome bound(const Domain& domain) { return problem_.bottleneck ? bound_bottleneck(domain) : bound_sum(domain); }

  /// Whether some limit alone cannot be kept; fills `extremes` with the labellings that come nearest to keeping each.
  bool hopeless(const Domain& domain, const std::vector<double>& at_most, std::vector<Labelling>& extremes) {
    for (std::size_t b = 0; b < bars_.size(); ++b) {
      Weights weights{};
      std::vector<double> busy;
      if (bars_[b].busy) {
        busy.assign(at(problem_.resources()), 0.0);
        busy[bars_[b].index] = 1.0;
      } else {
        weights[bars_[b].index] = 1.0;
      }
      std::optional<Relaxed> found = cut(domain, weights, busy);
      if (!found || amount(found->labelling, bars_[b]) > at_most[b]) return true;
      extremes.push_back(std::move(found->labelling));
    }
    return false;
  }

  Outcome bound_sum(const Domain& domain) {
    Outcome outcome;
    outcome.closed = true;
    Weights weights{};
    weights[kObjective] = 1.0;
    std::vector<double> busy;
    std::optional<Relaxed> free = cut(domain, weights, busy);
    if (!free) return outcome;
    outcome.bound = static_cast<double>(free->labelling.total[kObjective]);
    const bool one_trip = second_trip(free->labelling.stops).first < 0;
    if (one_trip && keeps_limits(free->labelling)) return outcome;
    outcome.closed = false;
    outcome.near = free->labelling;
    if (!one_trip || bars_.empty()) return outcome;

    const double peak = forced_peak(domain);
    std::vector<double> at_most;
    for (const Bar& bar : bars_) at_most.push_back(bar.at_most - (bar.with_peak ? peak : 0.0));
    std::vector<Labelling> extremes;
    if (hopeless(domain, at_most, extremes)) {
      outcome.closed = true;
      return outcome;
    }
    // Coordinate ascent: for one multiplier at a time the exact maximum of the concave dual, by Newton's steps between the
    // best labelling that keeps this limit and the best that does not.
    std::vector<double> multipliers(bars_.size(), 0.0);
    const auto weigh = [&] {
      weights = {};
      weights[kObjective] = 1.0;
      busy.clear();
      for (std::size_t b = 0; b < bars_.size(); ++b) {
        if (multipliers[b] == 0.0) continue;
        if (bars_[b].busy) {
          busy.resize(at(problem_.resources()), 0.0);
          busy[bars_[b].index] += multipliers[b];
        } else {
          weights[bars_[b].index] += multipliers[b];
        }
      }
    };
    const auto lagrangian = [&](const Labelling& l, std::size_t except) {
      double cost = static_cast<double>(l.total[kObjective]);
      for (std::size_t b = 0; b < bars_.size(); ++b)
        if (b != except) cost += multipliers[b] * (amount(l, bars_[b]) - at_most[b]);
      return cost;
    };
    const int rounds = bars_.size() == 1 ? 1 : 3;
    for (int round = 0; round < rounds; ++round) {
      for (std::size_t b = 0; b < bars_.size(); ++b) {
        multipliers[b] = 0.0;
        weigh();
        std::optional<Relaxed> low = cut(domain, weights, busy);
        if (!low || amount(low->labelling, bars_[b]) <= at_most[b]) continue;
        Labelling breaks = low->labelling, keeps = extremes[b];
        for (int step = 0; step < 30; ++step) {
          const double run = amount(breaks, bars_[b]) - amount(keeps, bars_[b]);
          const double rise = lagrangian(keeps, b) - lagrangian(breaks, b);
          if (run <= 0.0 || rise < 0.0) break;
          multipliers[b] = rise / run;
          weigh();
          std::optional<Relaxed> found = cut(domain, weights, busy);
          if (!found) break;
          double offset = 0.0;
          for (std::size_t c = 0; c < bars_.size(); ++c) offset += multipliers[c] * at_most[c];
          outcome.bound = std::max(outcome.bound, whole(found->bound - offset));
          const double here = lagrangian(found->labelling, b) + multipliers[b] * amount(found->labelling, bars_[b]);
          const double line = lagrangian(keeps, b) + multipliers[b] * amount(keeps, bars_[b]);
          if (here >= line - 1e-9 * std::max(1.0, std::fabs(line))) break;
          (amount(found->labelling, bars_[b]) > at_most[b] ? breaks : keeps) = std::move(found->labelling);
        }
        outcome.near = std::move(breaks);
        outcome.far = std::move(keeps);
      }
      if (outcome.bound >= value_of_best()) break;
    }
    return outcome;
  }

  /// No labelling's longest busy time is below a weighted mean of its busy times; weights move to where it is longest.
  Outcome bound_bottleneck(const Domain& domain) {
    constexpr int kSteps = 16;
    Outcome outcome;
    std::vector<Labelling> extremes;
    std::vector<double> at_most;
    const double peak = forced_peak(domain);
    for (const Bar& bar : bars_) at_most.push_back(bar.at_most - (bar.with_peak ? peak : 0.0));
    if (hopeless(domain, at_most, extremes)) {
      outcome.closed = true;
      return outcome;
    }
    std::vector<double> share(at(problem_.resources()), 1.0 / problem_.resources());
    for (int step = 0; step < kSteps; ++step) {
      const std::optional<Relaxed> found = cut(domain, Weights{}, share);
      if (!found) {
        outcome.closed = true;
        return outcome;
      }
      outcome.bound = std::max(outcome.bound, whole(found->bound));
      if (outcome.bound >= value_of_best()) return outcome;
      if (step == 0 || found->labelling.stops != outcome.near->stops) outcome.far = std::move(outcome.near);
      outcome.near = found->labelling;
      const double longest = std::max(1.0, value_of(found->labelling));
      double sum = 0.0;
      for (std::size_t r = 0; r < share.size(); ++r) {
        share[r] *= std::exp(2.0 / std::sqrt(step + 1.0) * static_cast<double>(found->labelling.busy[r]) / longest);
        sum += share[r];
      }
      for (double& s : share) s /= sum;
    }
    return outcome;
  }

  // ---- Branching: children cover the domain and each is smaller.

  /// What every path into (or out of) `layer` starts (or ends) with.
  std::vector<bool> kin(int layer, bool forwards) const {
    std::vector<bool> in(at(problem_.layer_count), false);
    in[at(layer)] = true;
    const auto visit = [&](const LineValue& value) {
      if (value.producer < 0) return;
      for (const int reader : value.consumers) {
        if (forwards && in[at(value.producer)]) in[at(reader)] = true;
        if (!forwards && in[at(reader)]) in[at(value.producer)] = true;
      }
    };
    if (forwards) for (const LineValue& value : problem_.values) visit(value);
    else for (std::size_t v = problem_.values.size(); v-- > 0;) visit(problem_.values[v]);
    return in;
  }

  std::vector<Domain> branch(const Domain& domain, const Outcome& outcome) const {
    if (outcome.near)
      if (const auto [layer, hop] = second_trip(outcome.near->stops); layer >= 0) return branch_trip(domain, layer, hop);
    if (outcome.near && outcome.far) {
      for (std::size_t i = 0; i < domain.low.size(); ++i)
        if (outcome.near->stops[i] != outcome.far->stops[i]) return branch_layer(domain, differing(*outcome.near, *outcome.far));
      for (std::size_t u = 0; u < outcome.near->used.size(); ++u)
        if (outcome.near->used[u] != outcome.far->used[u]) return branch_choice(domain, outcome.near->used[u]);
    }
    // A layer whose peak is in the way, else the one in the middle of those still free, else a choice still open.
    const Labelling* near = outcome.near ? &*outcome.near : nullptr;
    std::vector<std::size_t> free;
    for (std::size_t i = 0; i < domain.low.size(); ++i) {
      if (domain.low[i] == domain.high[i]) continue;
      free.push_back(i);
      if (near && problem_.peak && near->stops[i] <= problem_.peak->last_stop && domain.high[i] > problem_.peak->last_stop &&
          problem_.peak->peak[i] == near->peak && keeps_all_but_peak(*near))
        return branch_at(domain, i, problem_.peak->last_stop);
    }
    if (!free.empty()) {
      const std::size_t i = free[free.size() / 2];
      return branch_at(domain, i, (domain.low[i] + domain.high[i]) / 2);
    }
    if (near)
      for (const auto& used : near->used)
        if (std::popcount(domain.open[used.first]) > 1) return branch_choice(domain, used);
    return {};  // one labelling was left, and it was considered
  }

  bool keeps_all_but_peak(const Labelling& labelling) const {
    return std::all_of(bars_.begin(), bars_.end(), [&](const Bar& bar) { return amount(labelling, bar) <= bar.at_most; });
  }

  /// The middle one of the layers that two labellings place differently, and where to part them.
  std::pair<std::size_t, int> differing(const Labelling& a, const Labelling& b) const {
    std::vector<std::size_t> layers;
    for (std::size_t i = 0; i < a.stops.size(); ++i)
      if (a.stops[i] != b.stops[i]) layers.push_back(i);
    const std::size_t i = layers[layers.size() / 2];
    return {i, std::min(a.stops[i], b.stops[i])};
  }
  std::vector<Domain> branch_layer(const Domain& domain, std::pair<std::size_t, int> where) const { return branch_at(domain, where.first, where.second); }

  std::vector<Domain> branch_at(const Domain& domain, std::size_t layer, int stop) const {
    std::vector<Domain> children(2, domain);
    children[0].high[layer] = static_cast<std::uint8_t>(stop);
    children[1].low[layer] = static_cast<std::uint8_t>(stop + 1);
    return children;
  }

  std::vector<Domain> branch_choice(const Domain& domain, std::pair<std::size_t, std::uint32_t> used) const {
    const std::uint32_t bit = 1u << (used.second - problem_.slots[used.first].first);
    std::vector<Domain> children(2, domain);
    children[0].open[used.first] = bit;
    children[1].open[used.first] &= ~bit;
    return children;
  }

  /// A layer before the hop is either moved beyond, or nothing beyond comes before it, or nothing beyond comes after it.
  std::vector<Domain> branch_trip(const Domain& domain, int layer, int hop) const {
    std::vector<Domain> children(3, domain);
    children[0].low[at(layer)] = std::max(children[0].low[at(layer)], static_cast<std::uint8_t>(hop + 1));
    for (const bool forwards : {false, true}) {
      const std::vector<bool> in = kin(layer, forwards);
      Domain& child = children[forwards ? 2 : 1];
      for (std::size_t i = 0; i < in.size(); ++i)
        if (in[i]) child.high[i] = std::min(child.high[i], static_cast<std::uint8_t>(hop));
    }
    return children;
  }

  const LabelProblem& problem_;
  const int most_cuts_;
  std::vector<Bar> bars_;
  SearchAnswer answer_;
  std::int64_t order_ = 0;
};

}  // namespace

SearchAnswer search(const LabelProblem& problem, const Domain& domain, int most_cuts) { return Search(problem, most_cuts).run(domain); }

}  // namespace dnntune::plan
