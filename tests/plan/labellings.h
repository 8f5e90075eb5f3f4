// SPDX-License-Identifier: Apache-2.0
// Random label problems, and all their labellings one by one.
#pragma once

#include <functional>
#include <vector>

#include "plan/label_problem.h"
#include "plan/small_nets.h"

namespace dnntune::test {

using namespace dnntune::plan;

inline LabelProblem random_problem(Random& random) {
  LabelProblem problem;
  problem.stops = static_cast<int>(pick(random, 1, 3));
  problem.home = static_cast<int>(pick(random, 0, problem.stops - 1));
  problem.layer_count = static_cast<int>(pick(random, 1, 5));
  for (std::int64_t i = pick(random, 1, 2); i > 0; --i) problem.values.push_back({-1, {}, false});
  for (int i = 0; i < problem.layer_count; ++i) {
    for (LineValue& value : problem.values)
      if (pick(random, 0, 2) == 0) value.consumers.push_back(i);
    problem.values.push_back({i, {}, pick(random, 0, 3) == 0});
  }
  for (std::size_t s = 0; s < problem.slot_count(); ++s) {
    const bool layer = s < problem.place(problem.layer_count, 0);
    const std::int64_t count = pick(random, 0, 24) == 0 ? 0 : pick(random, 0, 3) == 0 ? 2 : 1;
    problem.slots.push_back({static_cast<std::uint32_t>(problem.choices.size()), static_cast<std::uint32_t>(count)});
    for (std::int64_t c = 0; c < count; ++c) {
      Choice choice;
      for (std::size_t f = 0; f < 3; ++f) choice.figures[f] = pick(random, 0, layer ? 30 : 12);
      for (std::size_t r = 0; r < (layer ? 1u : 3u); ++r) choice.busy[r] = pick(random, 0, 20);
      problem.choices.push_back(choice);
    }
  }
  for (int k = 0; k < problem.hops(); ++k) {
    problem.returns.push_back(static_cast<ReturnRule>(pick(random, 0, 2)));
    problem.once.push_back({});
    if (k >= problem.home) problem.once.back()[0] = pick(random, 0, 20);
  }
  return problem;
}

/// A path that leaves, comes back and leaves again over hop `k`.
inline bool second_trip(const LabelProblem& problem, const std::vector<int>& stops, int k) {
  const auto n = static_cast<std::size_t>(problem.layer_count);
  std::vector<std::vector<bool>> reaches(n, std::vector<bool>(n, false));
  for (const LineValue& value : problem.values)
    if (value.producer >= 0)
      for (const int reader : value.consumers) reaches[static_cast<std::size_t>(value.producer)][static_cast<std::size_t>(reader)] = true;
  for (std::size_t m = 0; m < n; ++m)
    for (std::size_t a = 0; a < n; ++a)
      for (std::size_t b = 0; b < n; ++b)
        if (reaches[a][m] && reaches[m][b]) reaches[a][b] = true;
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t m = 0; m < n; ++m)
      for (std::size_t b = 0; b < n; ++b)
        if (reaches[a][m] && reaches[m][b] && stops[a] > k && stops[m] <= k && stops[b] > k) return true;
  return false;
}

inline bool allowed(const LabelProblem& problem, const std::vector<int>& stops) {
  for (int k = 0; k < problem.hops(); ++k) {
    const ReturnRule rule = problem.returns[static_cast<std::size_t>(k)];
    if (rule == ReturnRule::once && second_trip(problem, stops, k)) return false;
    if (rule != ReturnRule::never) continue;
    for (const LineValue& value : problem.values)
      for (const int reader : value.consumers) {
        const int made = value.producer < 0 ? problem.home : stops[static_cast<std::size_t>(value.producer)];
        if (made > k && stops[static_cast<std::size_t>(reader)] <= k) return false;
      }
  }
  return true;
}

/// Every labelling that is allowed, limits aside.
inline void for_each_labelling(const LabelProblem& problem, const std::function<void(const Labelling&)>& visit) {
  Labelling labelling;
  labelling.stops.assign(static_cast<std::size_t>(problem.layer_count), 0);
  for (bool more = true; more;) {
    if (allowed(problem, labelling.stops)) {
      labelling.used.clear();
      for_each_used_slot(problem, labelling.stops, [&](std::size_t slot, int, int, int) { labelling.used.emplace_back(slot, 0); });
      const std::function<void(std::size_t)> choose = [&](std::size_t u) {
        if (u == labelling.used.size()) {
          add_up(problem, labelling);
          visit(labelling);
          return;
        }
        const Choices& slot = problem.slots[labelling.used[u].first];
        for (std::uint32_t c = 0; c < slot.count; ++c) {
          labelling.used[u].second = slot.first + c;
          choose(u + 1);
        }
      };
      choose(0);
    }
    std::size_t i = 0;
    while (i < labelling.stops.size() && ++labelling.stops[i] == problem.stops) labelling.stops[i++] = 0;
    more = i < labelling.stops.size();
  }
}

}  // namespace dnntune::test
