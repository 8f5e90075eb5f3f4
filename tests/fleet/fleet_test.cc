// SPDX-License-Identifier: Apache-2.0
#include "fleet/simulate.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace dnntune::fleet;

namespace {

/// One second here; or half a second on the way, and a second in the cloud.
const Option kLocal{.device_s = 1.0, .energy_j = 2.0};
const Option kCloud{.up_s = 0.25, .round_trip_s = 0.125, .cloud_s = 1.0, .down_s = 0.125, .energy_j = 0.5};

class Fixed : public Policy {
 public:
  explicit Fixed(const Option& option) : option_(option) {}
  std::string name() const override { return "fixed"; }
  const Option& choose(std::uint32_t, double reported_wait_s) override {
    most_reported = std::max(most_reported, reported_wait_s);
    return option_;
  }
  double most_reported = 0.0;

 private:
  const Option& option_;
};

/// Of a kind whose cloud time of `cloud_s` saves `saved_s`.
Kind kind_of(double cloud_s, double saved_s) {
  Kind kind;
  kind.local = {.device_s = 10.0};
  kind.cloud = {.device_s = 10.0 - saved_s - cloud_s, .round_trip_s = 1e-9, .cloud_s = cloud_s};
  kind.by_price = {{saved_s / cloud_s}, {kind.cloud, kind.local}};
  return kind;
}

}  // namespace

TEST_CASE("a device runs one request at a time") {
  const Demand demand{.kind_of = {0, 0}, .arrivals = {{0.0, 0}, {0.5, 0}, {0.75, 1}}, .seconds = 4.0};
  Fixed policy(kLocal);
  const Outcome outcome = simulate(demand, policy, {.servers = 1}, 0.0);
  CHECK(outcome.mean_s == doctest::Approx((1.0 + 1.5 + 1.0) / 3.0));
  CHECK(outcome.energy_j == 2.0);
  CHECK(outcome.offloaded == 0.0);
  CHECK(outcome.utilisation == 0.0);
}

TEST_CASE("requests wait for a server, in order of arrival") {
  const Demand demand{.kind_of = {0, 0, 0}, .arrivals = {{0.0, 0}, {0.0, 1}, {0.5, 2}}, .seconds = 4.0};
  Fixed policy(kCloud);
  const Outcome one = simulate(demand, policy, {.servers = 1}, 0.0);
  CHECK(one.mean_s == doctest::Approx((1.5 + 2.5 + 3.0) / 3.0));
  CHECK(one.wait_s == doctest::Approx((0.0 + 1.0 + 1.5) / 3.0));
  CHECK(one.p95_s == doctest::Approx(2.5));  // the last but one of three
  CHECK(one.offloaded == 1.0);
  CHECK(one.utilisation == doctest::Approx(3.0 / 4.0));
  const Outcome three = simulate(demand, policy, {.servers = 3}, 0.0);
  CHECK(three.mean_s == doctest::Approx(1.5));
  CHECK(three.wait_s == 0.0);
}

TEST_CASE("the cloud tells how long its next request would wait") {
  Demand demand{.kind_of = {0, 0, 0, 0}, .arrivals = {{0.0, 0}, {0.0, 1}, {0.0, 2}, {1.0, 3}}, .seconds = 4.0};
  Fixed policy(kCloud);
  simulate(demand, policy, {.servers = 1, .report_s = 1.0, .smoothing = 1.0}, 0.0);
  CHECK(policy.most_reported == doctest::Approx(0.3125 + 3.0 - 1.0));
}

TEST_CASE("a server's time goes to those who save most by it, and no more of it than there is") {
  const std::vector<Kind> kinds = {kind_of(1.0, 2.0), kind_of(1.0, 6.0)};
  Demand demand{.kind_of = {0, 1}, .arrivals = {}, .seconds = 10.0};
  for (int i = 0; i < 10; ++i)
    for (std::uint32_t client : {0u, 1u}) demand.arrivals.push_back({static_cast<double>(i), client});  // one a second each
  const Assignment idle = assign(kinds, demand, 2.0);
  CHECK(idle.mean_latency_s == doctest::Approx(0.5 * (8.0 + 4.0)));
  CHECK(idle.busy == doctest::Approx(2.0));
  const Assignment full = assign(kinds, demand, 1.25);
  CHECK(full.busy == doctest::Approx(1.25));
  CHECK(full.offloaded == doctest::Approx(0.625));
  CHECK(full.mean_latency_s == doctest::Approx(0.5 * (10.0 - 0.25 * 2.0 + 4.0)));
}

TEST_CASE("published devices and links make kinds whose choices are cheapest where they should be") {
  const std::vector<Kind> all = kinds();
  double share = 0.0;
  std::set<std::string> names;
  int change = 0;
  for (const Kind& kind : all) {
    CAPTURE(kind.name);
    share += kind.share;
    names.insert(kind.name);
    CHECK_FALSE(kind.local.offloads());
    CHECK(kind.cloud.offloads());
    CHECK(kind.by_wait.at(0.0).latency_s() <= std::min(kind.local.latency_s(), kind.cloud.latency_s()) + 1e-9);
    CHECK_FALSE(kind.by_wait.at(1e9).offloads());  // no phone needs ten seconds
    CHECK(kind.by_price.options.back().cloud_s <= kind.by_price.options.front().cloud_s);
    change += kind.by_wait.options.size() > 1 ? 1 : 0;
  }
  CHECK(share == doctest::Approx(1.0));
  CHECK(names.size() == all.size());
  CHECK(change > 10);

  // The bound is one: no policy is faster.
  const Demand demand = dnntune::fleet::demand(all, 500, 0.1, 60.0, 7);
  const double bound = assign(all, demand, 1.0).mean_latency_s;
  for (const auto& policy : policies(all, demand, 1.0, 0.9, 7)) {
    CAPTURE(policy->name());
    CHECK(simulate(demand, *policy, {.servers = 1}, 0.0).mean_s >= bound - 1e-9);
  }
}
