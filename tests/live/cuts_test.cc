// SPDX-License-Identifier: Apache-2.0
#include "live/cuts.h"

#include <doctest/doctest.h>

#include <algorithm>

#include <dnntune/session.h>

#include "profiles.h"
#include "throws.h"
#include "zoo/zoo.h"

using namespace dnntune;
using namespace dnntune::live;

namespace {

PlanRequest request_of(const char* network, double here_ns, double there_ns) {
  PlanRequest request{.graph = zoo::build(network)};
  request.device = {test::even_profile(request.graph, here_ns)};
  request.cloud = {test::even_profile(request.graph, there_ns)};
  request.link = Link::named("wifi");
  request.encoding = WireEncoding::int8;
  return request;
}

}  // namespace

TEST_CASE("every position in layer order is a cut, and none is predicted to beat the plan") {
  for (const char* network : {"lenet", "squeezenet_1_1", "shufflenet_v2_x0_5"}) {
    CAPTURE(network);
    const PlanRequest request = request_of(network, 5e6, 1e5);
    const Plan plan = make_plan(request);
    const std::vector<Cut> cuts = all_cuts(request, {plan});
    const std::size_t layers = request.graph.layers().size();
    CHECK(cuts.size() >= layers + 1);
    CHECK(cuts.size() <= layers + 2);
    CHECK(cuts.front().kind == "cloud-only");
    CHECK(cuts[layers].kind == "device-only");
    CHECK(cuts[layers].crosses == "");
    for (std::size_t i = 0; i <= layers; ++i) CHECK(cuts[i].layers_here == i);
    CHECK(cuts[1].name == "after " + request.graph.layers()[0].name);
    const std::vector<double> times = predicted_ms(request, cuts);
    CHECK(times[index_of(cuts, plan)] == doctest::Approx(plan.chosen.cost.latency_ns().value * 1e-6));
    CHECK(*std::min_element(times.begin(), times.end()) == doctest::Approx(times[index_of(cuts, plan)]));
    CHECK(times[0] == doctest::Approx(plan.cloud_only.cost.latency_ns().value * 1e-6));
  }
}

TEST_CASE("a choice that no position has is a cut of its own, once") {
  const PlanRequest request = request_of("squeezenet_1_1", 1e6, 1e6);
  Plan plan = make_plan(request);
  // Of two branches that read the same value, one here and one there.
  std::vector<Tier> tiers(request.graph.layers().size(), Tier::cloud);
  std::fill_n(tiers.begin(), 3, Tier::device);
  tiers[4] = Tier::device;
  plan.chosen = evaluate(request, tiers);
  REQUIRE(plan.chosen.feasible);
  const std::vector<Cut> cuts = all_cuts(request, {plan, plan});
  CHECK(cuts.size() == request.graph.layers().size() + 2);
  CHECK(cuts.back().name == "planned");
  CHECK(index_of(cuts, plan) == cuts.size() - 1);
  CHECK(with_choice(make_plan(request), request, cuts.back()).chosen.tiers == tiers);
  CHECK_ERROR(index_of({cuts.begin(), cuts.end() - 1}, plan), ErrorCode::not_found, "squeezenet");
}
