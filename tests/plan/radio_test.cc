// SPDX-License-Identifier: Apache-2.0
// Radios: hand-computed figures, and a simulation in small steps that knows nothing of the formulas.
#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "dnntune/radio.h"
#include "dnntune/error.h"

using namespace dnntune;
using doctest::Approx;

namespace {

Link link_of(double up_bps, double down_bps, double round_trip_s) {
  Link link;
  link.name = "test";
  link.bandwidth_up_bps = up_bps;
  link.bandwidth_down_bps = down_bps;
  link.round_trip_s = round_trip_s;
  return link;
}

/// 2 W sending and 1 W receiving at 8 Mbit/s; 0.5 s at 1 W to wake; tail 2 s at 0.8 W, then 1 s at 0.3 W; idle 0.1 W.
RadioModel round_figures() {
  RadioModel radio;
  radio.name = "round";
  radio.up_alpha_w_per_mbps = 0.2;
  radio.down_alpha_w_per_mbps = 0.075;
  radio.beta_w = 0.4;
  radio.promotion_s = 0.5;
  radio.promotion_w = 1.0;
  radio.tail = {{.name = "a", .duration_s = 2.0, .power_w = 0.8}, {.name = "b", .duration_s = 1.0, .power_w = 0.3}};
  radio.idle = {.name = "idle", .duration_s = std::numeric_limits<double>::infinity(), .power_w = 0.1};
  return radio;
}

/// 1 s up, 0.25 s round trip and 0.75 s of cloud, 0.5 s down at 8 Mbit/s.
const Link kLink = link_of(8e6, 8e6, 0.25);
const Exchange kExchange = {.bytes_up = 1e6, .bytes_down = 0.5e6, .cloud_s = 0.75};

/// Walks through `requests` with a clock of `step_s`; energy by adding up power.
struct Walk {
  double energy_j = 0.0;
  double energy_at_last_start_j = 0.0;  ///< Before the last request began.
  int promotions = 0;
};
Walk walk(const RadioModel& radio, const Link& link, const Exchange& exchange, int requests, double period_s, double step_s) {
  const double up_s = exchange.bytes_up * 8 / link.bandwidth_up_bps, down_s = exchange.bytes_down * 8 / link.bandwidth_down_bps;
  const double wait_s = exchange.cloud_s + link.round_trip_s;
  double t = 0.0;
  double quiet_since = -1e9;  // since when the radio has had nothing to do; long ago: asleep
  Walk result;
  const auto quiet_power = [&](double quiet) {
    for (const RadioPhase& phase : radio.tail) {
      if (quiet < phase.duration_s) {
        if (phase.cycle_s > 0 && std::fmod(quiet, phase.cycle_s) < phase.on_s) return phase.on_w;
        return phase.power_w;
      }
      quiet -= phase.duration_s;
    }
    if (radio.idle.cycle_s > 0 && std::fmod(quiet, radio.idle.cycle_s) < radio.idle.on_s) return radio.idle.on_w;
    return radio.idle.power_w;
  };
  const auto spend = [&](double seconds, auto power) {
    const auto steps = static_cast<long>(std::llround(seconds / step_s));
    for (long i = 0; i < steps; ++i) {
      result.energy_j += power(t + 0.5 * step_s) * step_s;
      t += step_s;
    }
  };
  const auto quiet = [&](double now) { return quiet_power(now - quiet_since); };
  const auto asleep = [&] { return t - quiet_since > radio.tail_s() + 0.25 * step_s; };
  const auto wake = [&] {
    if (!asleep()) return;
    ++result.promotions;
    spend(radio.promotion_s, [&](double) { return radio.promotion_w; });
  };
  for (int i = 0; i < requests; ++i) {
    if (t < i * period_s) spend(i * period_s - t, quiet);
    result.energy_at_last_start_j = result.energy_j;
    wake();
    spend(up_s, [&](double) { return radio.up_power_w(link.bandwidth_up_bps); });
    quiet_since = t;
    spend(wait_s, quiet);
    wake();
    spend(down_s, [&](double) { return radio.down_power_w(link.bandwidth_down_bps); });
    quiet_since = t;
  }
  spend(radio.tail_s(), quiet);
  return result;
}

}  // namespace

TEST_CASE("one request by hand") {
  const RadioUse use = round_figures().once(kLink, kExchange);
  CHECK(use.latency_s == Approx(0.5 + 1.0 + 1.0 + 0.5));
  CHECK(use.promotions == 1.0);
  CHECK(use.promotion_j == Approx(0.5));
  CHECK(use.send_j == Approx(2.0));     // (0.2 * 8 + 0.4) W for 1 s
  CHECK(use.wait_j == Approx(0.8));     // 1 s of the tail's first phase
  CHECK(use.receive_j == Approx(0.5));  // 1 W for 0.5 s
  CHECK(use.tail_j == Approx(2 * 0.8 + 0.3));
  CHECK(use.idle_j == 0.0);
  CHECK(use.energy_j() == Approx(5.7));
}

TEST_CASE("a cloud slower than the tail lets the radio sleep, and the answer wakes it") {
  Exchange slow = kExchange;
  slow.cloud_s = 4.75;  // 5 s with the round trip: the tail's 3 s, then 2 s idle
  const RadioUse use = round_figures().once(kLink, slow);
  CHECK(use.promotions == 2.0);
  CHECK(use.latency_s == Approx(0.5 + 1.0 + 5.0 + 0.5 + 0.5));
  CHECK(use.wait_j == Approx(1.9 + 0.2));
  CHECK(use.promotion_j == Approx(1.0));
  const Walk walked = walk(round_figures(), kLink, slow, 1, 100.0, 1e-3);
  CHECK(walked.energy_j == Approx(use.energy_j()).epsilon(1e-6));
  CHECK(walked.promotions == 2);
}

TEST_CASE("without bytes the radio is not used") {
  CHECK(round_figures().once(kLink, {}).energy_j() == 0.0);
  CHECK(round_figures().burst(kLink, {}, 5, 1.0).energy_j() == 0.0);
  CHECK(round_figures().periodic(kLink, {}, 20.0).energy_j() == Approx(2.0));  // idle at 0.1 W
}

TEST_CASE("periodic requests by hand: asleep between, awake for ever, too fast") {
  const RadioModel radio = round_figures();
  const RadioUse slow = radio.periodic(kLink, kExchange, 10.0);  // 3 s busy, 3 s tail, 4 s idle
  CHECK(slow.promotions == 1.0);
  CHECK(slow.energy_j() == Approx(5.7 + 0.4));
  CHECK(slow.latency_s == Approx(3.0));
  const RadioUse awake = radio.periodic(kLink, kExchange, 5.0);  // 2.5 s busy, 2.5 s of tail
  CHECK(awake.promotions == 0.0);
  CHECK(awake.latency_s == Approx(2.5));
  CHECK(awake.energy_j() == Approx(3.3 + 1.6 + 0.15));
  CHECK(!awake.saturated);
  const RadioUse busy = radio.periodic(kLink, kExchange, 1.0);
  CHECK(busy.saturated);
  CHECK(busy.energy_j() == Approx(3.3));
  CHECK(busy.tail_j == 0.0);
}

TEST_CASE("between the two every second request is cold") {
  // Period 5.75: after a cold request 2.75 s are left, within the tail; after a warm one 3.25 s, beyond it.
  const RadioUse use = round_figures().periodic(kLink, kExchange, 5.75);
  CHECK(use.promotions == 0.5);
  CHECK(use.latency_s == Approx(2.75));
  const double cold_j = 3.8 + 1.6 + 0.75 * 0.3, warm_j = 3.3 + 1.9 + 0.25 * 0.1;
  CHECK(use.energy_j() == Approx((cold_j + warm_j) / 2));
}

TEST_CASE("at any rate the formulas equal the walk") {
  RadioModel slow_to_wake = round_figures();
  slow_to_wake.promotion_s = 7.0;  // longer than the tail: requests queue behind a cold one
  RadioModel no_tail = round_figures();
  no_tail.tail.clear();
  RadioModel turns = RadioModel::named("aro-lte");
  for (const RadioModel& radio : {round_figures(), slow_to_wake, no_tail, turns, RadioModel::named("huang12-3g")}) {
    CAPTURE(radio.name);
    CAPTURE(radio.promotion_s);
    for (const double period_s : {0.5, 2.5, 2.6, 3.0, 4.0, 5.4, 5.5, 5.6, 5.75, 5.9, 6.0, 6.5, 8.0, 11.0, 12.7, 15.0, 30.0}) {
      CAPTURE(period_s);
      const RadioUse mean = radio.periodic(kLink, kExchange, period_s);
      // Whole regeneration cycles, or the long run where it never sleeps; a cycle is at most 1 + 70 requests here.
      const int many = 240, few = 120;
      const double step_s = 1e-3;
      const Walk a = walk(radio, kLink, kExchange, few + 1, period_s, step_s), b = walk(radio, kLink, kExchange, many + 1, period_s, step_s);
      const double walked_j = (b.energy_at_last_start_j - a.energy_at_last_start_j) / (many - few);
      CHECK(mean.energy_j() == Approx(walked_j).epsilon(0.02));
      const double all_j = radio.burst(kLink, kExchange, few + 1, period_s).energy_j();
      CHECK(all_j == Approx(a.energy_j).epsilon(2e-3));
    }
  }
}

TEST_CASE("turns of a DRX phase are exact within a cycle") {
  const RadioPhase phase = {.name = "drx", .duration_s = 10.0, .power_w = 1.0, .cycle_s = 0.04, .on_s = 0.01, .on_w = 2.0};
  CHECK(phase.average_w() == Approx(1.25));
  CHECK(phase.energy_j(0.005) == Approx(0.01));
  CHECK(phase.energy_j(0.02) == Approx(0.03));
  CHECK(phase.energy_j(0.04) == Approx(0.05));
  CHECK(phase.energy_j(0.405) == Approx(0.5 + 0.01));
}

TEST_CASE("a burst pays the tail once") {
  const RadioModel lte = RadioModel::named("huang12-lte");
  const Link link = Link::named("lte2012");
  const Exchange image = {.bytes_up = 150528, .bytes_down = 4000, .cloud_s = 0.038};
  const RadioUse one = lte.once(link, image), ten = lte.burst(link, image, 10, 0.0);
  CHECK(one.tail_j == Approx(11.576 * 1.06));
  CHECK(ten.tail_j == Approx(one.tail_j));
  CHECK(ten.promotions == 1.0);
  CHECK(ten.send_j == Approx(10 * one.send_j));
  // 150528 bytes at 5.85 Mbit/s and 3.8526 W, as in the paper's model.
  CHECK(one.send_j == Approx(150528 * 8 / 5.85e6 * 3.8526215));
}

TEST_CASE("the built-in radios: unique names, sources, the single-packet energies of 2012") {
  std::set<std::string> names;
  for (const RadioModel& radio : RadioModel::all()) {
    CAPTURE(radio.name);
    CHECK(names.insert(radio.name).second);
    CHECK(!radio.source.empty());
    CHECK(!radio.technology.empty());
    const RadioModel copy = RadioModel::from_json(radio.to_json());
    CHECK(copy.to_json() == radio.to_json());
    CHECK(copy.tail_s() == radio.tail_s());
    const Radio flat = radio.flat();
    CHECK(flat.tail_s * flat.tail_w == Approx(radio.rest_energy_j(radio.tail_s())));
  }
  const auto joule = [](const char* name) {
    const RadioModel radio = RadioModel::named(name);
    return radio.promotion_s * radio.promotion_w + radio.rest_energy_j(radio.tail_s());
  };
  CHECK(joule("huang12-lte") == Approx(12.76).epsilon(0.02));
  CHECK(joule("huang12-3g") == Approx(7.38).epsilon(0.001));
  CHECK(joule("huang12-wifi") == Approx(0.04).epsilon(0.06));
  // Continuous reception, one short and 250 long turns, by hand.
  CHECK(joule("aro-lte") == Approx(0.26 * 1.21 + 0.1 * 1.2 + 0.02 * 1.06 + 0.002 * 0.62 + 10 * 1.06 + 250 * 0.002 * 0.62));
}

TEST_CASE("links name their radios, and years name links") {
  CHECK(Link::named("lte2012").to_json() == Link::named("lte").to_json());
  CHECK(Link::named("5g-mmwave2021").name == "us-2021-5g-mmwave");
  CHECK(Link::named("5g-mmwave2021").radio.tail_w == Approx(1.092));
  CHECK(Link::named("3g").radio.tail_s == Approx(8.9124));
}

TEST_CASE("bad radios and requests are refused by name") {
  const std::string good = RadioModel::named("aro-lte").to_json();
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
  };
  const auto refused = [](const std::string& json, const std::string& part) {
    CHECK_THROWS_WITH_AS(RadioModel::from_json(json), doctest::Contains(part.c_str()), Error);
  };
  refused(with("\"beta_w\": 1.2", "\"beta_w\": -1"), "beta_w");
  refused(with("\"promotion_s\"", "\"promo\""), "promotion_s");
  refused(with("\"cycle_s\": 0.02", "\"cycle_s\": 0.001"), "on_s");
  refused(with("radio/1", "radio/2"), "radio/2");
  CHECK_THROWS_WITH_AS(RadioModel::named("cb"), doctest::Contains("huang12-lte"), Error);
  const RadioModel radio = round_figures();
  CHECK_THROWS_WITH_AS(radio.once(kLink, {.bytes_up = -1}), doctest::Contains("bytes_up"), Error);
  CHECK_THROWS_WITH_AS(radio.once(link_of(0, 1, 0), {.bytes_up = 1}), doctest::Contains("positive"), Error);
  CHECK_THROWS_WITH_AS(radio.periodic(kLink, kExchange, 0.0), doctest::Contains("period_s"), Error);
  CHECK_THROWS_WITH_AS(radio.burst(kLink, kExchange, 0, 1.0), doctest::Contains("burst of 0"), Error);
}
