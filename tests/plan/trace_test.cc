// SPDX-License-Identifier: Apache-2.0
// Traces: transfers across points, rounds and outages; files; the synthetic ones.
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "dnntune/error.h"
#include "dnntune/trace.h"

using namespace dnntune;
using doctest::Approx;
using Way = LinkTrace::Way;

namespace {

/// Up: 8 kbit/s for 2 s, an outage of 1 s, 16 kbit/s for 1 s; again.
LinkTrace gaps() {
  return {.name = "gaps", .points = {{0, 8e3, 1e3, 0.01}, {2, 0, 1e3, 0.02}, {3, 16e3, 1e3, 0.03}}, .duration_s = 4};
}

/// In steps, knowing nothing of the sums.
double walk_end(const LinkTrace& trace, Way way, double start_s, double bytes, double step_s) {
  double t = start_s, left = bytes * 8;
  while (left > 0) {
    const Link link = trace.at(t + step_s / 2);
    left -= (way == Way::up ? link.bandwidth_up_bps : link.bandwidth_down_bps) * step_s;
    t += step_s;
  }
  return t;
}

}  // namespace

TEST_CASE("transfers over a trace by hand") {
  const LinkTrace trace = gaps();  // 2000 bytes in the first stretch, 2000 in the last
  CHECK(trace.end_s(Way::up, 0, 500) == Approx(0.5));
  CHECK(trace.end_s(Way::up, 0, 2000) == Approx(2.0));  // not after the outage
  CHECK(trace.end_s(Way::up, 0, 2001) == Approx(3.0005));
  CHECK(trace.end_s(Way::up, 0, 4000) == Approx(4.0));
  CHECK(trace.end_s(Way::up, 0, 4500) == Approx(4.5));
  CHECK(trace.end_s(Way::up, 2.5, 100) == Approx(3.05));
  CHECK(trace.end_s(Way::up, 1.5, 500 + 2000 + 3 * 4000) == Approx(16.0));
  CHECK(trace.end_s(Way::up, 2.5, 0) == 2.5);
  CHECK(trace.end_s(Way::down, 1.25, 1000) == Approx(9.25));
  CHECK(trace.bytes_between(Way::up, 1.5, 3.5) == Approx(500 + 1000));
  CHECK(trace.bytes_between(Way::up, 1.5, 9.0) == Approx(500 + 2000 + 4000 + 1000));
  CHECK(trace.at(2.5).bandwidth_up_bps == 0.0);
  CHECK(trace.at(2.0).round_trip_s == 0.02);
  CHECK(trace.at(7.9).round_trip_s == 0.03);
  const LinkTrace dead = {.name = "dead", .points = {{0, 0, 1, 0}}, .duration_s = 1};
  CHECK(dead.end_s(Way::up, 0, 1) == std::numeric_limits<double>::infinity());
}

TEST_CASE("transfers equal the walk in small steps, and bytes_between undoes end_s") {
  std::mt19937_64 random(7);
  const auto pick = [&](double high) { return static_cast<double>(random() % 10000) / 1e4 * high; };
  for (int round = 0; round < 60; ++round) {
    LinkTrace trace{.name = "random"};
    const int points = 1 + static_cast<int>(random() % 6);
    for (int i = 0; i < points; ++i) {
      trace.points.push_back({trace.duration_s, random() % 3 == 0 ? 0.0 : 100 + pick(9e3), 100 + pick(9e3), 0.01});
      trace.duration_s += 0.05 + pick(1.0);
    }
    if (std::all_of(trace.points.begin(), trace.points.end(), [](const TracePoint& p) { return p.bandwidth_up_bps == 0; })) continue;
    const double start = pick(5.0), bytes = 1 + pick(3000);
    for (const Way way : {Way::up, Way::down}) {
      const double end = trace.end_s(way, start, bytes);
      CHECK(end == Approx(walk_end(trace, way, start, bytes, 1e-4)).epsilon(2e-3));
      CHECK(trace.bytes_between(way, start, end) == Approx(bytes).epsilon(1e-9));
    }
  }
}

TEST_CASE("a trace survives CSV and JSON") {
  const LinkTrace trace = LinkTrace::from_csv("# a walk\ntime_s,up_mbps,down_mbps,rtt_ms\r\n0, 8, 20, 50\n\n0.5,0,0,400\n");
  REQUIRE(trace.points.size() == 2);
  CHECK(trace.duration_s == Approx(1.0));
  CHECK(trace.points[0].bandwidth_up_bps == 8e6);
  CHECK(trace.points[1].round_trip_s == Approx(0.4));
  CHECK(LinkTrace::from_csv(trace.to_csv()).to_csv() == trace.to_csv());
  const LinkTrace copy = LinkTrace::from_json(trace.to_json());
  CHECK(copy.to_json() == trace.to_json());
  CHECK(copy.end_s(Way::up, 0.1, 1e6) == trace.end_s(Way::up, 0.1, 1e6));
  CHECK(LinkTrace::from_csv("time_s,up_mbps,down_mbps,rtt_ms\n0,1,1,1").duration_s == 1.0);
}

TEST_CASE("bad traces are refused with the place") {
  const std::string header = "time_s,up_mbps,down_mbps,rtt_ms\n";
  const auto refused = [&](const std::string& csv, const char* part) {
    CHECK_THROWS_WITH_AS(LinkTrace::from_csv(csv), doctest::Contains(part), Error);
  };
  refused("", "no points");
  refused(header, "no points");
  refused("0,1,1,1\n", "line 1: the header");
  refused(header + "0,1,1\n", "line 2: 4 columns");
  refused(header + "0,1,1,1,1\n", "line 2: 4 columns");
  refused(header + "0,1,1,fast\n", "line 2: rtt_ms");
  refused(header + "0,fast,1,1\n", "line 2: up_mbps 'fast'");
  refused(header + "0,1,1,1\n1,1,,1\n", "line 3: down_mbps ''");
  refused(header + "1,1,1,1\n", "line 2: the first time_s is 1");
  refused("# a note\n" + header + "0,1,1,1\n0,1,1,1\n", "line 4: time_s is 0");
  refused(header + "0,-1,1,1\n", "line 2: up_mbps is -1");
  refused(header + "0,nan,1,1\n", "line 2: up_mbps is nan");
  refused(header + "0,1,1,inf\n", "line 2: rtt_ms is inf");
  refused(header + "0,1e300,1,1\n", "bandwidth_up_bps is");
  CHECK(LinkTrace::from_csv("\xEF\xBB\xBF" + header + "0,1,1,1\n").points.size() == 1);
  const std::string json = gaps().to_json();
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = json;
    return text.replace(text.find(from), from.size(), to);
  };
  CHECK_THROWS_WITH_AS(LinkTrace::from_json(with("trace/1", "trace/7")), doctest::Contains("trace/7"), Error);
  CHECK_THROWS_WITH_AS(LinkTrace::from_json(with("\"round_trip_s\"", "\"rtt\"")), doctest::Contains("points[0]"), Error);
  CHECK_THROWS_WITH_AS(LinkTrace::from_json(with("\"duration_s\": 4.0", "\"duration_s\": 3.0")), doctest::Contains("point 2"), Error);
  CHECK_THROWS_WITH_AS(gaps().end_s(Way::up, -1, 1), doctest::Contains("not negative"), Error);
}

TEST_CASE("synthetic traces: the same seed gives the same trace, levels are the published ones") {
  const auto quantile = [](std::vector<double> values, double q) {
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
  };
  for (const std::string& kind : LinkTrace::synthetic_kinds()) {
    CAPTURE(kind);
    const LinkTrace trace = LinkTrace::synthetic(kind, 3, 20000, 1.0);
    trace.check();
    CHECK(trace.to_csv() == LinkTrace::synthetic(kind, 3, 20000, 1.0).to_csv());
    CHECK(trace.to_csv() != LinkTrace::synthetic(kind, 4, 20000, 1.0).to_csv());
    CHECK(!trace.source.empty());
    std::vector<double> up, rtt;
    double outages = 0;
    for (const TracePoint& point : trace.points) {
      rtt.push_back(point.round_trip_s * 1e3);
      if (point.bandwidth_up_bps > 0) up.push_back(point.bandwidth_up_bps * 1e-6);
      else outages += 1.0 / static_cast<double>(trace.points.size());
    }
    if (kind == "lte-walk") {
      CHECK(quantile(up, 0.5) == Approx(31.2).epsilon(0.1));
      CHECK(quantile(up, 0.05) == Approx(16.7).epsilon(0.1));
      CHECK(quantile(rtt, 0.5) == Approx(89).epsilon(0.05));
      CHECK(outages == 0.0);
    }
    if (kind == "5g-mmwave") {
      CHECK(quantile(up, 0.5) == Approx(79.1).epsilon(0.1));
      CHECK(quantile(up, 0.95) == Approx(152.4).epsilon(0.1));
      CHECK(quantile(rtt, 0.5) == Approx(48).epsilon(0.05));
      CHECK(outages == Approx(1.5 / 21.5).epsilon(0.4));
    }
    if (kind == "wifi") CHECK(quantile(up, 0.5) == Approx(18.88).epsilon(0.1));
    if (kind == "lte-drive" || kind == "3g-drive") {  // published are means, gaps included
      const double bytes_per_s = trace.bytes_between(Way::up, 0.0, 20000) / 20000;
      CHECK(bytes_per_s * 8e-6 == Approx(kind == "lte-drive" ? 1.92 : 0.95).epsilon(0.1));
      CHECK(outages == Approx(2.0 / 62.0).epsilon(0.4));
    }
    if (kind == "5g-drive") {
      std::vector<double> down;
      for (const TracePoint& point : trace.points)
        if (point.bandwidth_down_bps > 0) down.push_back(point.bandwidth_down_bps * 1e-6);
      CHECK(quantile(down, 0.5) == Approx(8.1).epsilon(0.15));
      CHECK(quantile(down, 0.95) == Approx(161).epsilon(0.2));
      CHECK(outages == Approx(2.0 / 47.0).epsilon(0.4));
    }
  }
  CHECK_THROWS_WITH_AS(LinkTrace::synthetic("tin-cans", 1), doctest::Contains("lte-walk"), Error);
  CHECK_THROWS_WITH_AS(LinkTrace::synthetic("wifi", 1, 1.0, 0.0), doctest::Contains("steps of 0"), Error);
}
