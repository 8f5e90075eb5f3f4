// SPDX-License-Identifier: Apache-2.0
// make_plan against all assignments of thousands of random small networks: exact equality of cost.
#include <limits>
#include <map>
#include <optional>
#include <set>

#include <doctest/doctest.h>

#include "dnntune/error.h"
#include "plan/problem.h"
#include "plan/small_nets.h"

using namespace dnntune;
using test::pick;

namespace {

std::vector<Tier> tiers_of(unsigned in_cloud, std::size_t layers) {
  std::vector<Tier> tiers(layers, Tier::device);
  for (std::size_t i = 0; i < layers; ++i)
    if ((in_cloud >> i) & 1u) tiers[i] = Tier::cloud;
  return tiers;
}

/// The cost model once more, written down as plainly as possible, in whole numbers, for test::byte_link.
class PlainModel {
 public:
  PlainModel(const Graph& graph, std::int64_t round_trip) : graph_(graph), round_trip_(round_trip) {
    for (std::size_t i = 0; i < graph.layers().size(); ++i)
      for (const std::string& output : graph.layers()[i].outputs) producer_[output] = i;
  }
  bool closed(unsigned in_cloud) const {
    for (std::size_t i = 0; i < graph_.layers().size(); ++i)
      for (const std::string& input : graph_.layers()[i].inputs)
        if (made_in_cloud(input, in_cloud) && !((in_cloud >> i) & 1u)) return false;
    return true;
  }
  std::int64_t latency(unsigned in_cloud, const std::vector<double>& device, const std::vector<double>& cloud) const {
    std::int64_t total = bytes_up(in_cloud) + bytes_down(in_cloud) + (in_cloud ? round_trip_ : 0);
    for (std::size_t i = 0; i < device.size(); ++i) total += static_cast<std::int64_t>((in_cloud >> i) & 1u ? cloud[i] : device[i]);
    return total;
  }
  std::int64_t energy(unsigned in_cloud, const std::vector<double>& device) const {
    std::int64_t total = bytes_up(in_cloud) + bytes_down(in_cloud);
    for (std::size_t i = 0; i < device.size(); ++i) total += (in_cloud >> i) & 1u ? 0 : static_cast<std::int64_t>(device[i]);
    return total;
  }
  std::int64_t bytes_up(unsigned in_cloud) const {
    std::set<std::string> sent;
    for (std::size_t i = 0; i < graph_.layers().size(); ++i)
      if ((in_cloud >> i) & 1u)
        for (const std::string& input : graph_.layers()[i].inputs)
          if (!made_in_cloud(input, in_cloud)) sent.insert(input);
    return bytes(sent);
  }
  std::int64_t bytes_down(unsigned in_cloud) const {
    std::set<std::string> sent;
    for (const TensorInfo& output : graph_.outputs())
      if (made_in_cloud(output.name, in_cloud)) sent.insert(output.name);
    return bytes(sent);
  }

 private:
  bool made_in_cloud(const std::string& value, unsigned in_cloud) const {
    const auto it = producer_.find(value);
    return it != producer_.end() && ((in_cloud >> it->second) & 1u);
  }
  std::int64_t bytes(const std::set<std::string>& values) const {
    std::int64_t total = 0;
    for (const std::string& value : values) {
      const TensorInfo& info = graph_.value(value);
      std::int64_t count = static_cast<std::int64_t>(size_of(info.type));
      for (const std::int64_t d : info.shape) count *= d;
      total += count;
    }
    return total;
  }

  const Graph& graph_;
  std::int64_t round_trip_;
  std::map<std::string, std::size_t> producer_;
};

void check_same(const PlanCost& a, const PlanCost& b) {
  CHECK(a.latency_ns().value == b.latency_ns().value);
  CHECK(a.energy_uj().value == b.energy_uj().value);
  CHECK(a.bytes_up == b.bytes_up);
  CHECK(a.bytes_down == b.bytes_down);
}

}  // namespace

TEST_CASE("make_plan finds the cheapest of all assignments: whole-number costs, a model of its own") {
  test::Random random(2);
  int splits_chosen = 0, mobile_chosen = 0, cloud_chosen = 0;
  for (int round = 0; round < 3000; ++round) {
    CAPTURE(round);
    const Graph graph = test::random_dag(random, static_cast<int>(round % 100 == 0 ? 12 : pick(random, 1, 9)));
    const std::size_t n = graph.layers().size();
    const std::int64_t round_trip = pick(random, 0, 3) * 500;
    const PlainModel model(graph, round_trip);
    const std::int64_t scale = pick(random, 1, 4);
    const std::vector<double> device_ns = test::random_costs(random, n, 1000 * scale), cloud_ns = test::random_costs(random, n, 300);
    const std::vector<double> device_uj = test::random_costs(random, n, 500 * scale);
    for (const bool energy : {false, true}) {
      CAPTURE(energy);
      const PlanRequest request{.graph = graph,
                                .device = {test::profile_of(graph, "here", device_ns, device_uj)},
                                .cloud = {test::profile_of(graph, "there", cloud_ns)},
                                .link = test::byte_link(static_cast<double>(round_trip)),
                                .minimize = energy ? Objective::energy() : Objective::latency()};
      const Plan plan = make_plan(request);
      std::int64_t best = std::numeric_limits<std::int64_t>::max();
      std::int64_t best_mixed = best;
      const unsigned all = (1u << n) - 1u;
      const auto cost = [&](unsigned set) { return energy ? model.energy(set, device_uj) : model.latency(set, device_ns, cloud_ns); };
      const auto value = [&](const Deployment& d) { return energy ? d.cost.energy_uj().value : d.cost.latency_ns().value; };
      for (unsigned set = 0; set <= all; ++set) {
        if (!model.closed(set)) continue;
        best = std::min(best, cost(set));
        if (set != 0 && set != all) best_mixed = std::min(best_mixed, cost(set));
      }
      CHECK(value(plan.chosen) == static_cast<double>(best));
      CHECK(value(plan.mobile_only) == static_cast<double>(cost(0)));
      CHECK(value(plan.cloud_only) == static_cast<double>(cost(all)));
      CHECK(plan.cloud_only.cost.bytes_up == model.bytes_up(all));
      CHECK(plan.cloud_only.cost.bytes_down == model.bytes_down(all));
      REQUIRE(plan.best_split.feasible == (best_mixed != std::numeric_limits<std::int64_t>::max()));
      if (plan.best_split.feasible) {
        CHECK(value(plan.best_split) == static_cast<double>(best_mixed));
        check_same(plan.best_split.cost, evaluate(request, plan.best_split.tiers).cost);
        splits_chosen += plan.chosen.name == "split" ? 1 : 0;
      }
      check_same(plan.chosen.cost, evaluate(request, plan.chosen.tiers).cost);
      mobile_chosen += plan.chosen.name == "mobile-only" ? 1 : 0;
      cloud_chosen += plan.chosen.name == "cloud-only" ? 1 : 0;
    }
  }
  // The networks are not all of one kind.
  CHECK(splits_chosen > 300);
  CHECK(mobile_chosen > 300);
  CHECK(cloud_chosen > 300);
}

TEST_CASE("make_plan finds the cheapest of all assignments: real links and figures, pins, gaps, several processors") {
  test::Random random(3);
  const std::vector<Link> links = Link::all();
  int infeasible = 0, split = 0;
  for (int round = 0; round < 1000; ++round) {
    CAPTURE(round);
    const Graph graph = test::random_dag(random, static_cast<int>(pick(random, 1, 8)));
    const std::size_t n = graph.layers().size();
    const auto profile = [&](const char* name, double scale) {
      std::vector<double> ns, uj;
      for (std::size_t i = 0; i < n; ++i) {
        ns.push_back(static_cast<double>(random() >> 11) * scale * 0x1p-53);
        uj.push_back(static_cast<double>(random() >> 11) * 0x1p-53 * 100.0);
      }
      Profile p = test::profile_of(graph, name, ns, uj);
      for (LayerProfile& layer : p.layers) {
        if (pick(random, 0, 14) != 0) continue;
        layer.kernel.clear();
        layer.latency_ns = layer.energy_uj = Cost{};
      }
      return p;
    };
    PlanRequest request{.graph = graph};
    for (std::int64_t i = pick(random, 1, 3); i > 0; --i) request.device.push_back(profile("here", 1e6));
    for (std::int64_t i = pick(random, 1, 2); i > 0; --i) request.cloud.push_back(profile("there", 1e5));
    do request.link = links[static_cast<std::size_t>(pick(random, 0, static_cast<std::int64_t>(links.size()) - 1))];
    while (request.link.radio.name.empty());
    request.minimize = pick(random, 0, 1) ? Objective::energy() : Objective::latency();
    request.encoding = pick(random, 0, 1) ? WireEncoding::fp16 : WireEncoding::raw;
    if (pick(random, 0, 3) == 0) request.pin_to_device.push_back(graph.layers()[static_cast<std::size_t>(pick(random, 0, static_cast<std::int64_t>(n) - 1))].name);

    const plan::Problem problem = plan::make_problem(request);
    std::optional<double> best, best_mixed;
    for (unsigned set = 0; set < (1u << n); ++set) {
      std::optional<Deployment> d;
      try {
        d = plan::evaluate(problem, tiers_of(set, n));
      } catch (const Error& e) {
        REQUIRE(e.code() == ErrorCode::invalid_argument);  // comes back from the cloud
      }
      if (!d || !d->feasible) continue;
      const double cost = plan::objective_of(problem, d->cost);
      if (!best || cost < *best) best = cost;
      if (d->name == "split" && (!best_mixed || cost < *best_mixed)) best_mixed = cost;
    }
    if (!best) {
      ++infeasible;
      CHECK_THROWS_AS(make_plan(request), Error);
      continue;
    }
    const Plan plan = make_plan(request);
    CHECK(plan::objective_of(problem, plan.chosen.cost) == *best);
    REQUIRE(plan.best_split.feasible == best_mixed.has_value());
    if (best_mixed) {
      ++split;
      CHECK(plan::objective_of(problem, plan.best_split.cost) == *best_mixed);
      check_same(plan.best_split.cost, evaluate(request, plan.best_split.tiers).cost);
      CHECK(plan.best_split.name == "split");
    }
    CHECK(plan.chosen.feasible);
    check_same(plan.chosen.cost, evaluate(request, plan.chosen.tiers).cost);
  }
  CHECK(infeasible > 10);
  CHECK(split > 300);
}
