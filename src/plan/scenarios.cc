// SPDX-License-Identifier: Apache-2.0
#include "plan/scenarios.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "plan/front.h"

namespace dnntune::plan {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Node {
  Scenario least, most;
  double bound = 0.0;
};

class ScenarioSearch {
 public:
  ScenarioSearch(const RouteProblem& problem, const Domain& domain, int most_cuts) : problem_(problem), domain_(domain), most_cuts_(most_cuts) {}

  ScenarioAnswer run() {
    std::vector<Node> open;  // few: a scan finds the least bound
    for (int line = 0; line < (problem_.wants(Measure::energy) ? problem_.wait_lines() : 1); ++line) {
      Node node{problem_.first_scenario(), problem_.last_scenario()};
      node.least.wait_line = node.most.wait_line = line;
      open.push_back(std::move(node));
    }
    double unexplored = kInfinity;
    while (!open.empty()) {
      const auto next = std::min_element(open.begin(), open.end(), [](const Node& a, const Node& b) { return a.bound < b.bound; });
      Node node = std::move(*next);
      open.erase(next);
      if (node.bound >= best_value_) continue;
      if (cuts_ >= most_cuts_) {
        unexplored = std::min(unexplored, node.bound);
        continue;
      }
      const SearchAnswer found = search(problem_.labels_in(node.least, node.most), domain_, most_cuts_ - cuts_);
      cuts_ += found.cuts;
      node.bound = std::max(node.bound, found.lower_bound);
      if (!found.best) {
        if (!found.proven) unexplored = std::min(unexplored, node.bound);
        continue;
      }
      const Scenario actual = consider(*found.best);
      std::size_t way = 0;
      while (way < actual.steps.size() && actual.steps[way] <= node.least.steps[way]) ++way;
      if (way == actual.steps.size()) {  // charged no less than it costs
        if (!found.proven) unexplored = std::min(unexplored, node.bound);
        continue;
      }
      Node below = node, above = std::move(node);
      below.most.steps[way] = actual.steps[way] - 1;
      above.least.steps[way] = actual.steps[way];
      open.push_back(std::move(below));
      open.push_back(std::move(above));
    }
    result_.answer.cuts = cuts_;
    result_.answer.lower_bound = std::min(best_value_, unexplored);
    result_.answer.proven = unexplored >= best_value_;
    return std::move(result_);
  }

 private:
  /// Charges a labelling what it costs; the best so far, if it keeps the limits then. Returns the scenario that holds for it.
  Scenario consider(const Labelling& labelling) {
    constexpr int kEnough = 64;  // for one labelling
    const Scenario actual = problem_.scenario_of(labelling);
    const LabelProblem charged = problem_.labels_in(actual, problem_.last_scenario());
    Domain alone(charged);
    for (std::size_t i = 0; i < labelling.stops.size(); ++i) alone.low[i] = alone.high[i] = static_cast<std::uint8_t>(labelling.stops[i]);
    for (const auto& [slot, choice] : labelling.used) alone.open[slot] = 1u << (choice - charged.slots[slot].first);
    SearchAnswer found = search(charged, alone, kEnough);
    cuts_ += found.cuts;
    if (!found.best) return actual;
    const auto value = static_cast<double>(charged.bottleneck ? found.best->longest_busy() : found.best->total[kObjective]);
    if (value < best_value_) {
      best_value_ = value;
      result_.answer.best = std::move(found.best);
      result_.scenario = actual;
    }
    return actual;
  }

  const RouteProblem& problem_;
  const Domain& domain_;
  const int most_cuts_;
  ScenarioAnswer result_;
  double best_value_ = kInfinity;
  int cuts_ = 0;
};

}  // namespace

ScenarioAnswer search_scenarios(const RouteProblem& problem, const Domain& domain, int most_cuts) {
  if (problem.one_scenario()) return {search(problem.labels(), domain, most_cuts), problem.first_scenario()};
  return ScenarioSearch(problem, domain, most_cuts).run();
}

std::vector<std::pair<Labelling, Scenario>> front_of(const RouteProblem& problem, const std::vector<Measure>& measures, double epsilon, std::size_t most_labels) {
  const RouteProblem::FrontLabels front = problem.front_labels(measures);
  std::vector<std::pair<Labelling, Scenario>> found, kept;
  for (Labelling& labelling : pareto_front(front.labels, front.figures, epsilon, most_labels, front.exactly)) {
    Scenario scenario = problem.charge(labelling);
    const auto breaks = [&](const LabelProblem::Limit& limit) { return labelling.total[limit.figure] > limit.at_most; };
    if (std::none_of(problem.labels().limits.begin(), problem.labels().limits.end(), breaks)) found.emplace_back(std::move(labelling), std::move(scenario));
  }
  const auto key = [&](const Labelling& labelling) {
    std::vector<std::int64_t> values;
    for (const Measure measure : measures) values.push_back(labelling.total[figure_of(measure)]);
    return values;
  };
  std::sort(found.begin(), found.end(), [&](const auto& a, const auto& b) { return key(a.first) < key(b.first); });
  for (auto& [labelling, scenario] : found) {
    const auto mine = key(labelling);
    const bool covered = std::any_of(kept.begin(), kept.end(), [&](const auto& other) {
      const auto theirs = key(other.first);
      return std::equal(theirs.begin(), theirs.end(), mine.begin(), [](std::int64_t a, std::int64_t b) { return a <= b; });
    });
    if (!covered) kept.emplace_back(std::move(labelling), std::move(scenario));
  }
  return kept;
}

}  // namespace dnntune::plan
