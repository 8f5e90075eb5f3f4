// SPDX-License-Identifier: Apache-2.0
// TCP's formulas against hand-computed figures and a packet-by-packet sender.
#include <cmath>
#include <limits>
#include <queue>

#include <doctest/doctest.h>

#include "dnntune/error.h"
#include "dnntune/tcp.h"

using namespace dnntune;
using doctest::Approx;

namespace {

/// Sends segment by segment: each acknowledgment, a round trip after its segment has left, allows two more. Returns when
/// the last one has left.
double simulate(const TcpPath& path, double bytes) {
  const long segments = std::lround(std::ceil(bytes / path.segment_bytes));
  const double segment_s = path.segment_bytes * 8 / path.bandwidth_bps;
  std::queue<double> acknowledgments;
  long allowed = path.initial_window;
  double now = 0.0;
  for (long i = 0; i < segments; ++i) {
    while (!acknowledgments.empty() && acknowledgments.front() <= now + 1e-12) {
      allowed += 2;
      acknowledgments.pop();
    }
    if (allowed == 0) {
      now = acknowledgments.front();
      acknowledgments.pop();
      allowed = 2;
    }
    --allowed;
    const double last = i + 1 == segments ? bytes - static_cast<double>(segments - 1) * path.segment_bytes : path.segment_bytes;
    now += segment_s * last / path.segment_bytes;
    acknowledgments.push(now + path.round_trip_s);
  }
  return now;
}

}  // namespace

TEST_CASE("slow start by hand") {
  // One segment takes 1 ms; a round trip 50 ms. 10 segments in 10 ms, then 41 ms of silence; 20 more, then 31; 40 more.
  const TcpPath path = {.bandwidth_bps = 8e6, .round_trip_s = 0.05, .initial_window = 10, .segment_bytes = 1000};
  CHECK(slow_start_stall_s(path, 10'000) == 0.0);
  CHECK(slow_start_stall_s(path, 10'001) == Approx(0.041));
  CHECK(slow_start_stall_s(path, 30'000) == Approx(0.041));
  CHECK(slow_start_stall_s(path, 30'001) == Approx(0.072));
  CHECK(slow_start_stall_s(path, 1e9) == Approx(0.041 + 0.031 + 0.011));
  CHECK(tcp_send_s(path, 70'000, false) == Approx(0.07 + 0.072));
  CHECK(tcp_send_s(path, 70'000, true) == Approx(0.07 + 0.072 + 0.1));
  CHECK(slow_start_stall_s({.bandwidth_bps = 1e6, .round_trip_s = 0.0}, 1e6) == 0.0);
}

TEST_CASE("the formula equals the sender that counts segments, and the closed form") {
  for (const double mbps : {0.5, 6.0, 18.88, 80.0, 1000.0})
    for (const double rtt : {0.0, 0.004, 0.03, 0.089, 0.3})
      for (const double bytes : {1.0, 1460.0, 14600.0, 14601.0, 25088.0, 150528.0, 602112.0, 3211264.0}) {
        CAPTURE(mbps);
        CAPTURE(rtt);
        CAPTURE(bytes);
        const TcpPath path = {.bandwidth_bps = mbps * 1e6, .round_trip_s = rtt};
        CHECK(tcp_send_s(path, bytes, false) == Approx(simulate(path, bytes)).epsilon(1e-9));
        const double s = 1460 * 8 / path.bandwidth_bps, n = std::ceil(bytes / 1460);
        double k = 0, q = 0;
        while (10 * (std::pow(2, k) - 1) < n) ++k;
        while (std::pow(2, q) * 10 * s < rtt + s) ++q;
        const double p = std::min(q, k - 1);
        CHECK(slow_start_stall_s(path, bytes) == Approx(p * (rtt + s) - 10 * s * (std::pow(2, p) - 1)).epsilon(1e-9));
      }
}

TEST_CASE("loss bounds the rate, jitter stretches the round trip") {
  // 1460 bytes, 100 ms, 1 %: 116.8 kbit/s * sqrt(150)
  CHECK(mathis_bps(1460, 0.1, 0.01) == Approx(116800 * std::sqrt(150.0)));
  CHECK(mathis_bps(1460, 0.1, 0.0) == std::numeric_limits<double>::infinity());
  CHECK(mathis_bps(1460, 0.0, 0.1) == std::numeric_limits<double>::infinity());
  CHECK(round_trip_quantile_s(0.02, 0.01, 0.0) == Approx(0.02));
  CHECK(round_trip_quantile_s(0.02, 0.01, 0.9) == Approx(0.02 + 0.01 * std::log(10.0)));
  double mean = 0.0;  // over equal shares
  for (int i = 0; i < 100000; ++i) mean += round_trip_quantile_s(0.02, 0.01, (i + 0.5) / 100000) / 100000;
  CHECK(mean == Approx(0.03).epsilon(1e-3));
}

TEST_CASE("TCP figures that make no sense are refused by name") {
  CHECK_THROWS_WITH_AS(slow_start_stall_s({.bandwidth_bps = 0}, 1), doctest::Contains("bandwidth_bps"), Error);
  CHECK_THROWS_WITH_AS(slow_start_stall_s({.bandwidth_bps = 1, .initial_window = 0}, 1), doctest::Contains("initial_window"), Error);
  CHECK_THROWS_WITH_AS(slow_start_stall_s({.bandwidth_bps = 1}, std::nan("")), doctest::Contains("bytes"), Error);
  CHECK_THROWS_WITH_AS(mathis_bps(1460, 0.1, 1.0), doctest::Contains("loss"), Error);
  CHECK_THROWS_WITH_AS(round_trip_quantile_s(0.1, 0.1, 1.0), doctest::Contains("quantile"), Error);
}
