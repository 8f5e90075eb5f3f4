// SPDX-License-Identifier: Apache-2.0
// How soon a session finds out that a link is back, and what it asks of one that is not: worked out on traces, without a network or a clock.
#include <doctest/doctest.h>

#include <string>

#include "simulated_drive.h"

using namespace dnntune;
using namespace dnntune::test;

namespace {

constexpr double kDeviceS = 0.3;

/// Device only, cloud only and a cut, as bench/network has them: what crosses takes longer than the device below 1 Mbit/s or so.
std::vector<SimulatedPlan> three_plans() { return {{kDeviceS, 0.0, 0.0, 0.0, 0.0}, {0.0, 0.02, 600e3, 4e3, kDeviceS}, {0.08, 0.01, 80e3, 4e3, 0.22}}; }

Link wifi() { return Link::named("wifi"); }

/// Points of seconds and Mbit/s, with 1 ms of round trip.
LinkTrace trace_of(std::initializer_list<std::pair<double, double>> points, double duration_s) {
  LinkTrace trace;
  for (const auto& [time_s, mbps] : points) trace.points.push_back({time_s, mbps * 1e6, mbps * 1e6, 1e-3});
  trace.duration_s = duration_s;
  return trace;
}

AdaptiveOptions options() {
  AdaptiveOptions options;
  options.split.deadline_s = 2.0;
  return options;
}

/// When the first request from `since_s` on that takes another plan than the device begins.
double leaves_device_at(const std::vector<SimulatedRequest>& requests, double since_s) {
  for (const SimulatedRequest& request : requests)
    if (request.start_s >= since_s && request.plan != 0) return request.start_s;
  return 1e9;
}

}  // namespace

TEST_CASE("a link that was slow, then gone, is used again within two seconds of being back, however long it was gone") {
  for (const double gone_s : {1.0, 4.0, 15.0, 50.0}) {
    // What a probe has in hand at that moment differs.
    for (const double phase_s : {0.0, 0.2, 0.4, 0.6, 0.8}) {
      CAPTURE(gone_s);
      CAPTURE(phase_s);
      const double back_s = 10.0 + gone_s + phase_s;
      SimulatedDrive drive(trace_of({{0.0, 20.0}, {5.0, 0.3}, {10.0, 0.0}, {back_s, 20.0}}, back_s + 20.0), three_plans(), options(), wifi());
      const double left_at = leaves_device_at(drive.run(0.0, back_s + 10.0), back_s);
      CHECK(left_at - back_s < 2.0);
    }
  }
}

TEST_CASE("a link that becomes fast without having been gone is used after the next probe") {
  for (const double mbps : {5.0, 20.0, 200.0}) {
    CAPTURE(mbps);
    SimulatedDrive drive(trace_of({{0.0, 0.1}, {20.0, mbps}}, 60.0), three_plans(), options(), wifi());
    const AdaptiveOptions defaults;
    CHECK(leaves_device_at(drive.run(0.0, 40.0), 20.0) - 20.0 < defaults.probe_after_s + 5.0 * kDeviceS);
  }
}

TEST_CASE("a link that is gone is asked once a second at most, and less often the longer it is gone") {
  SimulatedDrive minute(trace_of({{0.0, 20.0}, {1.0, 0.0}}, 65.0), three_plans(), options(), wifi());
  minute.run(0.0, 61.0);
  CHECK(minute.probes() <= 60);
  CHECK(minute.probes() >= 30);
  SimulatedDrive hour(trace_of({{0.0, 20.0}, {1.0, 0.0}}, 3700.0), three_plans(), options(), wifi());
  hour.run(0.0, 3601.0);
  CHECK(hour.probes() < 60 + 60 * 5);  // about as the logarithm of the time
  SimulatedDrive seldom(trace_of({{0.0, 20.0}, {1.0, 0.0}}, 70.0), three_plans(), [] {
    AdaptiveOptions rare = options();
    rare.split.retry_after_s = 20.0;
    return rare;
  }(), wifi());
  seldom.run(0.0, 64.0);
  CHECK(seldom.probes() <= 4);
}

TEST_CASE("a slow link that jitters neither draws probes nor makes the session switch to and fro") {
  LinkTrace trace;
  std::uint32_t noise = 1;
  for (int second = 0; second < 300; ++second) {
    noise = noise * 1664525u + 1013904223u;
    const double rate = 0.3e6 * (0.6 + 0.8 * static_cast<double>(noise >> 16) / 65536.0);
    trace.points.push_back({static_cast<double>(second), rate, rate, 0.02});
  }
  trace.duration_s = 300.0;
  SimulatedDrive drive(trace, three_plans(), options(), wifi());
  const auto requests = drive.run(0.5, 299.0);
  int used = 0;
  for (const SimulatedRequest& request : requests) used += request.start_s > 10.0 && request.plan != 0 ? 1 : 0;
  CHECK(used == 0);
  const AdaptiveOptions defaults;
  CHECK(drive.probes() <= 300.0 / defaults.probe_after_s + 10.0);
}
