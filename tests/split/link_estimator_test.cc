// SPDX-License-Identifier: Apache-2.0
// The filter on exchanges that are worked out, not measured.
#include "split/link_estimator.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

#include "dnntune/link.h"

using namespace dnntune;
using dnntune::split::LinkEstimator;

namespace {

Link link_of(double up_bps, double down_bps, double round_trip_s) {
  Link link;
  link.bandwidth_up_bps = up_bps;
  link.bandwidth_down_bps = down_bps;
  link.round_trip_s = round_trip_s;
  return link;
}

double seconds_on(const Link& link, double up, double down) { return link.round_trip_s + link.up_s(up) + link.down_s(down); }

/// Some exchanges, `step_s` apart, with errors of a few percent.
void exchange(LinkEstimator& estimator, const Link& truth, double& now, int count, double step_s = 0.25, double up = 1e5, double down = 4e3) {
  static std::mt19937 random(7);
  for (int i = 0; i < count; ++i) {
    const double error = 1.0 + 0.04 * (static_cast<double>(random() % 1000) / 500.0 - 1.0);
    estimator.observe(now += step_s, up, down, seconds_on(truth, up, down) * error);
  }
}

double ratio(double a, double b) { return std::max(a / b, b / a); }

}  // namespace

TEST_CASE("before anything was exchanged a link is as it was expected") {
  const Link expected = link_of(8e6, 16e6, 0.05);
  const LinkEstimator estimator(expected, 100.0);
  CHECK(estimator.up_bps() == doctest::Approx(8e6));
  CHECK(estimator.down_bps() == doctest::Approx(16e6));
  CHECK(estimator.round_trip_s() == doctest::Approx(0.05));
  CHECK(estimator.seconds(1e6, 1e6) == doctest::Approx(1.55));
  CHECK(estimator.seconds(0.0, 0.0) == doctest::Approx(0.05));
  CHECK(estimator.exchanges() == 0);
}

TEST_CASE("large exchanges and small ones tell rate and round trip apart") {
  const Link truth = link_of(10e6, 20e6, 0.04);
  LinkEstimator estimator(link_of(2e6, 4e6, 0.15), 0.0);
  double now = 0.0;
  for (int i = 0; i < 30; ++i) {
    exchange(estimator, truth, now, 1);
    exchange(estimator, truth, now, 1, 0.25, 0.0, 0.0);
  }
  CHECK(ratio(estimator.up_bps(), 10e6) < 1.2);
  CHECK(ratio(estimator.round_trip_s(), 0.04) < 1.2);
  CHECK(ratio(estimator.seconds(1e5, 4e3), seconds_on(truth, 1e5, 4e3)) < 1.06);
  CHECK(ratio(estimator.seconds(2e5, 4e3), seconds_on(truth, 2e5, 4e3)) < 1.2);
  CHECK(estimator.exchanges() == 60);
}

TEST_CASE("a change of the link is believed by the third exchange, and the other direction's rate moves along") {
  const Link before = link_of(10e6, 20e6, 0.04);
  for (const double factor : {0.1, 0.25, 4.0}) {
    CAPTURE(factor);
    const Link after = link_of(10e6 * factor, 20e6 * factor, 0.04);
    LinkEstimator estimator(before, 0.0);
    double now = 0.0;
    exchange(estimator, before, now, 20);
    const double down_before = estimator.down_bps();
    exchange(estimator, after, now, 3);
    CHECK(ratio(estimator.seconds(1e5, 4e3), seconds_on(after, 1e5, 4e3)) < 1.25);
    CHECK((estimator.down_bps() < down_before) == (factor < 1.0));
  }
}

TEST_CASE("one stall moves the estimate less than it says, and two good exchanges make up for it") {
  const Link truth = link_of(10e6, 20e6, 0.04);
  LinkEstimator estimator(truth, 0.0);
  double now = 0.0;
  exchange(estimator, truth, now, 20);
  const double usual = estimator.seconds(1e5, 4e3);
  estimator.observe(now += 0.25, 1e5, 4e3, 50.0 * usual);
  CHECK(estimator.seconds(1e5, 4e3) < 3.0 * usual);
  CHECK(estimator.seconds(1e5, 4e3) > usual);
  exchange(estimator, truth, now, 2);
  CHECK(ratio(estimator.seconds(1e5, 4e3), usual) < 1.25);
}

TEST_CASE("an exchange that has not ended says something only once it is overdue") {
  const Link truth = link_of(10e6, 20e6, 0.04);
  LinkEstimator estimator(truth, 0.0);
  const double usual = estimator.seconds(1e5, 4e3);
  estimator.observe_at_least(1.0, 1e5, 4e3, 0.5 * usual);
  CHECK(estimator.seconds(1e5, 4e3) == usual);
  CHECK(estimator.exchanges() == 0);
  estimator.observe_at_least(1.0, 1e5, 4e3, 4.0 * usual);
  CHECK(estimator.seconds(1e5, 4e3) > 2.0 * usual);
}

TEST_CASE("what is not heard of grows uncertain, up to what nobody knew at the start") {
  const Link truth = link_of(10e6, 20e6, 0.04);
  LinkEstimator estimator(truth, 0.0);
  const double start = estimator.deviation(0.0, 1e5, 4e3);
  double now = 0.0;
  exchange(estimator, truth, now, 20);
  const double known = estimator.deviation(now, 1e5, 4e3), later = estimator.deviation(now + 1.0, 1e5, 4e3);
  CHECK(known < later);
  CHECK(later < estimator.deviation(now + 5.0, 1e5, 4e3));
  CHECK(estimator.deviation(now + 1e6, 1e5, 4e3) <= start * 1.1);
}

TEST_CASE("a surprise is told, and a link that was gone is believed at once where it is otherwise now") {
  const Link before = link_of(0.3e6, 0.3e6, 0.04), after = link_of(20e6, 20e6, 0.04);
  LinkEstimator estimator(before, 0.0);
  double now = 0.0;
  exchange(estimator, before, now, 20);
  CHECK(!estimator.surprised());
  LinkEstimator gone = estimator;
  gone.forget();
  CHECK(gone.seconds(1e5, 4e3) == estimator.seconds(1e5, 4e3));
  CHECK(gone.deviation(now, 1e5, 4e3) > estimator.deviation(now, 1e5, 4e3));
  double gone_now = now;
  exchange(estimator, after, now, 1);
  exchange(gone, after, gone_now, 1);
  CHECK(estimator.surprised());
  CHECK(ratio(estimator.seconds(1e5, 4e3), seconds_on(after, 1e5, 4e3)) > 4.0);
  CHECK(ratio(gone.seconds(1e5, 4e3), seconds_on(after, 1e5, 4e3)) < 2.0);
  exchange(estimator, after, now, 1);
  CHECK(!estimator.surprised());
  CHECK(ratio(estimator.seconds(1e5, 4e3), seconds_on(after, 1e5, 4e3)) < 2.0);
}

TEST_CASE("figures without sense leave the estimate finite") {
  LinkEstimator estimator(link_of(1e15, 0.0, 0.0), 0.0);
  double now = 0.0;
  for (const double seconds : {0.0, -1.0, 1e9, 1e-12, std::numeric_limits<double>::infinity()})
    for (const double bytes : {0.0, 1.0, 1e9}) estimator.observe(now += 1.0, bytes, bytes, seconds);
  estimator.observe(0.0, 1e3, 1e3, 0.1);  // a clock that went back
  CHECK(std::isfinite(estimator.seconds(1e5, 1e5)));
  CHECK(estimator.seconds(1e5, 1e5) > 0.0);
  CHECK(std::isfinite(estimator.deviation(now, 1e5, 1e5)));
}
