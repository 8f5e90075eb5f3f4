// SPDX-License-Identifier: Apache-2.0
// Dynamic programming over the layers in order: for each way in which the values still needed can lie, the partial labellings
// that no other dominates. With epsilon, near-dominated ones are dropped too (Warburton, Operations Research 1987).
#include "plan/front.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "plan/at.h"

namespace dnntune::plan {
namespace {

std::uint8_t bit(int hop) noexcept { return static_cast<std::uint8_t>(1u << hop); }

/// What the rest of the network needs to know of a value: where it was made, over which hops it went already, and beyond which
/// `once` hops it or something before it was made. One bit a hop.
struct Live {
  std::uint8_t stop = 0, out = 0, home = 0, after = 0;
  auto operator<=>(const Live&) const = default;
};
struct State {
  std::vector<Live> live;  ///< Of the values still needed, in value order.
  int farthest = 0;        ///< Stop, at least home.
  auto operator<=>(const State&) const = default;
};
struct Label {
  Figures total{};
  std::int64_t step = -1;  ///< The last one.
};
/// Chains of these are placements.
struct Step {
  std::int64_t before = -1;
  int stop = 0;
  std::vector<std::pair<std::size_t, std::uint32_t>> used;
};
using States = std::map<State, std::vector<Label>>;

class Walk {
 public:
  Walk(const LabelProblem& problem, const std::vector<std::size_t>& figures, double epsilon, std::size_t most_labels, const std::vector<std::size_t>& exactly)
      : p_(problem), most_labels_(most_labels), reads_(at(problem.layer_count)), makes_(at(problem.layer_count)) {
    const double slack = std::pow(1.0 + epsilon, 1.0 / (problem.layer_count + 1));
    for (const std::size_t f : figures) figures_.emplace_back(f, slack);
    for (const std::size_t f : exactly) figures_.emplace_back(f, 1.0);
    for (const LabelProblem::Limit& limit : problem.limits) figures_.emplace_back(limit.figure, 1.0);
    for (std::size_t v = 0; v < p_.values.size(); ++v) {
      for (const int reader : p_.values[v].consumers) reads_[at(reader)].push_back(v);
      if (p_.values[v].producer >= 0) makes_[at(p_.values[v].producer)].push_back(v);
    }
  }

  std::vector<Label> run() {
    State start;
    start.farthest = p_.home;
    for (std::size_t v = 0; v < p_.values.size(); ++v) {
      if (p_.values[v].producer >= 0 || p_.values[v].consumers.empty()) continue;
      needed_.push_back(v);
      start.live.push_back({static_cast<std::uint8_t>(p_.home), 0, 0, 0});
    }
    States states;
    states[start].push_back({});
    for (int i = 0; i < p_.layer_count; ++i) {
      States next;
      for (const auto& [state, labels] : states)
        for (int stop = 0; stop < p_.stops; ++stop) place(i, stop, state, labels, next);
      states = std::move(next);
      std::erase_if(needed_, [&](std::size_t v) { return p_.values[v].consumers.back() <= i; });
      for (const std::size_t v : makes_[at(i)])
        if (!p_.values[v].consumers.empty()) needed_.push_back(v);
    }
    std::vector<Label> ends;
    for (const auto& [state, labels] : states)
      for (const Label& label : labels) insert(label, ends);
    return ends;
  }

  Labelling labelling_of(const Label& label) const {
    Labelling result;
    for (std::int64_t s = label.step; s >= 0; s = steps_[static_cast<std::size_t>(s)].before) {
      const Step& step = steps_[static_cast<std::size_t>(s)];
      result.stops.push_back(step.stop);
      result.used.insert(result.used.end(), step.used.begin(), step.used.end());
    }
    std::reverse(result.stops.begin(), result.stops.end());
    std::sort(result.used.begin(), result.used.end());
    add_up(p_, result);
    return result;
  }

 private:
  /// Moves a value to `stop`; adds the slots that this takes anew. False: it may not.
  bool send(Live& live, std::size_t value, int stop, std::vector<std::size_t>& slots) const {
    for (int k = live.stop; k < stop; ++k)
      if (!(live.out & bit(k))) {
        slots.push_back(p_.outward(value, k));
        live.out |= bit(k);
      }
    for (int k = stop; k < live.stop; ++k)
      if (!(live.home & bit(k))) {
        slots.push_back(p_.homeward(value, k));
        live.home |= bit(k);
      }
    return std::all_of(slots.begin(), slots.end(), [&](std::size_t slot) { return p_.slots[slot].count > 0; });
  }

  bool may_read(const Live& live, int stop) const {
    for (int k = 0; k < p_.hops(); ++k) {
      if (p_.returns[at(k)] == ReturnRule::never && live.stop > k && stop <= k) return false;
      if ((live.after & bit(k)) && live.stop <= k && stop > k) return false;  // out a second time
    }
    return true;
  }

  void place(int i, int stop, const State& state, const std::vector<Label>& labels, States& next) {
    std::vector<std::size_t> slots = {p_.place(i, stop)};
    State moved = state;
    Live fresh{static_cast<std::uint8_t>(stop), 0, 0, 0};
    for (int k = 0; k < stop; ++k)
      if (p_.returns[at(k)] == ReturnRule::once) fresh.after |= bit(k);
    for (const std::size_t v : reads_[at(i)]) {
      Live& live = moved.live[static_cast<std::size_t>(std::find(needed_.begin(), needed_.end(), v) - needed_.begin())];
      if (!may_read(live, stop) || !send(live, v, stop, slots)) return;
      fresh.after |= live.after;
    }
    State reached;
    reached.farthest = std::max(state.farthest, stop);
    for (std::size_t n = 0; n < needed_.size(); ++n)
      if (p_.values[needed_[n]].consumers.back() > i) reached.live.push_back(moved.live[n]);
    for (const std::size_t v : makes_[at(i)]) {
      Live made = fresh;
      if (p_.values[v].output && !send(made, v, p_.home, slots)) return;
      if (!p_.values[v].consumers.empty()) reached.live.push_back(made);
    }
    if (p_.slots[slots.front()].count == 0) return;
    Figures once{};
    for (int k = state.farthest; k < stop; ++k)
      for (std::size_t f = 0; f < kFigures; ++f) once[f] += p_.once[at(k)][f];
    std::vector<Label>& into = next[std::move(reached)];
    for (const Label& label : labels) {
      Label longer = label;
      for (std::size_t f = 0; f < kFigures; ++f) longer.total[f] += once[f];
      Step step{label.step, stop, {}};
      choose(slots, 0, longer, step, into);
    }
  }

  /// All choices in `slots`, one after the other.
  void choose(const std::vector<std::size_t>& slots, std::size_t next, const Label& so_far, Step& step, std::vector<Label>& into) {
    if (next == slots.size()) {
      Label done = so_far;
      done.step = static_cast<std::int64_t>(steps_.size());
      if (!insert(done, into)) return;
      steps_.push_back(step);
      if (steps_.size() > most_labels_)
        throw Error(ErrorCode::limit_exceeded, fmt::format("the front needs more than {} partial placements; give a larger epsilon", most_labels_));
      return;
    }
    const Choices& choices = p_.slots[slots[next]];
    for (std::uint32_t c = choices.first; c < choices.first + choices.count; ++c) {
      Label label = so_far;
      for (std::size_t f = 0; f < kFigures; ++f) label.total[f] += p_.choices[c].figures[f];
      step.used.emplace_back(slots[next], c);
      choose(slots, next + 1, label, step, into);
      step.used.pop_back();
    }
  }

  bool insert(const Label& label, std::vector<Label>& into) const {
    for (const LabelProblem::Limit& limit : p_.limits)
      if (label.total[limit.figure] > limit.at_most) return false;
    const auto covers = [&](const Label& a, const Label& b, bool exactly) {
      return std::all_of(figures_.begin(), figures_.end(), [&](const auto& figure) {
        const auto [f, slack] = figure;
        return a.total[f] <= b.total[f] || (!exactly && static_cast<double>(a.total[f]) <= static_cast<double>(b.total[f]) * slack);
      });
    };
    for (const Label& other : into)
      if (covers(other, label, false)) return false;
    std::erase_if(into, [&](const Label& other) { return covers(label, other, true); });
    into.push_back(label);
    return true;
  }

  const LabelProblem& p_;
  const std::size_t most_labels_;
  std::vector<std::pair<std::size_t, double>> figures_;  ///< With the factor by which one may miss another and still cover it.
  std::vector<std::vector<std::size_t>> reads_, makes_;  ///< Values, by layer.
  std::vector<std::size_t> needed_;                      ///< Values, in the order of State::live.
  std::vector<Step> steps_;
};

}  // namespace

std::vector<Labelling> pareto_front(const LabelProblem& problem, const std::vector<std::size_t>& figures, double epsilon, std::size_t most_labels,
                                   const std::vector<std::size_t>& exactly) {
  Walk walk(problem, figures, epsilon, most_labels, exactly);
  std::vector<Labelling> front;
  for (const Label& label : walk.run()) front.push_back(walk.labelling_of(label));
  const auto key = [&](const Labelling& l) {
    std::vector<std::int64_t> values;
    for (const auto* list : {&figures, &exactly})
      for (const std::size_t f : *list) values.push_back(l.total[f]);
    return values;
  };
  // Limits kept some apart that the figures alone do not.
  std::sort(front.begin(), front.end(), [&](const Labelling& a, const Labelling& b) { return key(a) < key(b); });
  std::vector<Labelling> result;
  for (Labelling& l : front) {
    const auto mine = key(l);
    const bool covered = std::any_of(result.begin(), result.end(), [&](const Labelling& other) {
      const auto theirs = key(other);
      return std::equal(theirs.begin(), theirs.end(), mine.begin(), [](std::int64_t a, std::int64_t b) { return a <= b; });
    });
    if (!covered) result.push_back(std::move(l));
  }
  return result;
}

}  // namespace dnntune::plan
