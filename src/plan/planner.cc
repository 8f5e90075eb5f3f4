// SPDX-License-Identifier: Apache-2.0
#include "dnntune/route.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "plan/enumerator.h"
#include "plan/route_problem.h"
#include "plan/scenarios.h"
#include "plan/sweep.h"

namespace dnntune {

const char* to_string(Measure measure) noexcept {
  switch (measure) {
    case Measure::latency: return "latency";
    case Measure::energy: return "energy";
    case Measure::bytes_up: return "bytes_up";
    case Measure::device_weights: return "device_weights";
    case Measure::money: return "money";
    case Measure::error: break;
  }
  return "error";
}

RouteHop RouteHop::memory(double bytes_per_s, double copy_s) {
  RouteHop hop;
  hop.kind = Kind::memory;
  hop.layers_return = Return::freely;
  hop.link.name = "memory";
  hop.link.bandwidth_up_bps = hop.link.bandwidth_down_bps = 8.0 * bytes_per_s;
  hop.copy_s = copy_s;
  return hop;
}

double RoutePlan::gap() const noexcept {
  if (proven || chosen.objective <= 0.0) return 0.0;
  return std::max(0.0, 1.0 - lower_bound / chosen.objective);
}

struct Planner::State {
  plan::RouteProblem problem;
};

Planner::Planner(RouteRequest request) : state_(new State{plan::RouteProblem(std::move(request))}) {}
Planner::~Planner() = default;
Planner::Planner(Planner&&) noexcept = default;
Planner& Planner::operator=(Planner&&) noexcept = default;

const RouteRequest& Planner::request() const noexcept { return state_->problem.request(); }

void Planner::set_link(int hop, const Link& link) { state_->problem.set_link(hop, link); }

RoutePlan Planner::plan() const {
  const plan::RouteProblem& problem = state_->problem;
  const RouteRequest& request = problem.request();
  const auto [answer, scenario] = plan::search_scenarios(problem, plan::Domain(problem.labels()), request.most_cuts);
  if (!answer.best)
    throw Error(ErrorCode::unsupported,
                answer.proven ? fmt::format("no placement of '{}' along this route can run within the limits", request.graph.name())
                              : fmt::format("no placement of '{}' within the limits was found in {} minimum cuts", request.graph.name(), answer.cuts));
  RoutePlan result;
  result.model = request.graph.name();
  result.model_hash = request.graph.hash();
  result.layers = problem.layers();
  for (const Stop& stop : request.stops) result.stops.push_back(stop.name);
  for (const RouteHop& hop : request.hops) result.hops.push_back(hop.kind);
  result.home = request.home;
  result.minimized = problem.minimized();
  result.chosen = problem.describe(*answer.best, scenario);
  result.proven = answer.proven;
  result.lower_bound = answer.proven ? result.chosen.objective : problem.objective(answer.lower_bound);
  result.cuts = answer.cuts;
  return result;
}

std::optional<Placement> Planner::evaluate(const std::vector<int>& stops) const {
  const plan::RouteProblem& problem = state_->problem;
  const plan::LabelProblem& labels = problem.labels();
  if (stops.size() != problem.layers().size())
    throw Error(ErrorCode::invalid_argument, fmt::format("{} stops were given, the graph has {} layers", stops.size(), problem.layers().size()));
  plan::Domain domain(labels);
  for (std::size_t i = 0; i < stops.size(); ++i) {
    if (stops[i] < 0 || stops[i] >= labels.stops)
      throw Error(ErrorCode::invalid_argument, fmt::format("layer '{}' is at stop {}, the route has {}", problem.layers()[i], stops[i], labels.stops));
    domain.low[i] = domain.high[i] = static_cast<std::uint8_t>(stops[i]);
  }
  const auto [answer, scenario] = plan::search_scenarios(problem, domain, problem.request().most_cuts);
  if (!answer.best) return std::nullopt;
  return problem.describe(*answer.best, scenario);
}

std::vector<Neighbour> Planner::neighbours(const Placement& placement) const {
  std::vector<Neighbour> found;
  std::vector<int> stops = placement.stops;
  const int last = state_->problem.labels().stops - 1;
  for (std::size_t i = 0; i < stops.size(); ++i) {
    const int from = stops[i];
    for (const int to : {from - 1, from + 1}) {
      if (to < 0 || to > last) continue;
      stops[i] = to;
      if (const std::optional<Placement> moved = evaluate(stops)) found.push_back({state_->problem.layers()[i], from, to, moved->objective});
    }
    stops[i] = from;
  }
  std::stable_sort(found.begin(), found.end(), [](const Neighbour& a, const Neighbour& b) { return a.objective < b.objective; });
  return found;
}

Front Planner::front(const FrontOptions& options) const {
  const plan::RouteProblem& problem = state_->problem;
  const plan::LabelProblem& labels = problem.labels();
  if (options.measures.empty()) throw Error(ErrorCode::invalid_argument, "a front needs at least one measure");
  for (const Measure measure : options.measures) plan::check_enumerator(measure, Measure::error, "a measure of the front");
  if (!(options.epsilon >= 0.0 && options.epsilon <= 1.0)) throw Error(ErrorCode::invalid_argument, fmt::format("epsilon is {}, it must be 0 to 1", options.epsilon));
  if (labels.bottleneck || labels.peak || !labels.busy_limits.empty())
    throw Error(ErrorCode::invalid_argument, "a front knows no throughput, max_busy_ns and max_device_memory_bytes");
  Front front;
  front.measures = options.measures;
  front.epsilon = options.epsilon;
  for (const auto& [labelling, scenario] : plan::front_of(problem, options.measures, options.epsilon, options.most_labels)) {
    front.placements.push_back(problem.describe(labelling, scenario));
    front.values.emplace_back();
    for (const Measure measure : options.measures) front.values.back().push_back(problem.value(measure, labelling.total[plan::figure_of(measure)]));
  }
  return front;
}

Sweep Planner::sweep(const Axis& axis) const { return plan::sweep(state_->problem, axis); }

DecisionMap Planner::decision_map(const Axis& across, const Axis& down, int rows) const {
  if (rows < 2) throw Error(ErrorCode::invalid_argument, fmt::format("a decision map has {} rows, it needs at least 2", rows));
  plan::check_axis(state_->problem, across);
  plan::check_axis(state_->problem, down);
  if (across.kind == down.kind && across.index == down.index) throw Error(ErrorCode::invalid_argument, "both axes of the decision map are the same");
  DecisionMap map{across, down, {}, {}};
  plan::RouteProblem moved = state_->problem;
  for (int row = 0; row < rows; ++row) {
    const double where = down.from + (down.to - down.from) * row / (rows - 1);
    plan::set_axis(moved, state_->problem, down, where);
    map.down_values.push_back(where);
    map.rows.push_back(plan::sweep(moved, across));
  }
  return map;
}

}  // namespace dnntune
