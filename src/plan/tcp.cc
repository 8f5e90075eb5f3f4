// SPDX-License-Identifier: Apache-2.0
#include "dnntune/tcp.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "dnntune/error.h"

namespace dnntune {
namespace {

void check(const char* what, double value, bool may_be_zero) {
  if (std::isfinite(value) && (value > 0.0 || (may_be_zero && value == 0.0))) return;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("TCP: {} is {}, it must be finite and {}", what, value, may_be_zero ? "not negative" : "positive"));
}

void check_share(const char* what, double value) {
  if (value >= 0.0 && value < 1.0) return;
  throw Error(ErrorCode::invalid_argument, fmt::format("TCP: {} is {}, it must be at least 0 and below 1", what, value));
}

void check(const TcpPath& path) {
  check("bandwidth_bps", path.bandwidth_bps, false);
  check("round_trip_s", path.round_trip_s, true);
  check("initial_window", path.initial_window, false);
  check("segment_bytes", path.segment_bytes, false);
  check("handshake_round_trips", path.handshake_round_trips, true);
}

}  // namespace

double slow_start_stall_s(const TcpPath& path, double bytes) {
  check(path);
  check("bytes", bytes, true);
  const double segment_s = path.segment_bytes * 8.0 / path.bandwidth_bps;
  const double segments = std::ceil(bytes / path.segment_bytes);
  double window = path.initial_window, sent = window;  // of the round at hand; by its end
  double stall_s = 0.0;
  // Rounds that wait for their first acknowledgment, the last round excepted: it has nothing left to wait for. Windows
  // double, so these are few, and this sum is the closed formula without its powers of two.
  while (sent < segments && window * segment_s < path.round_trip_s + segment_s) {
    stall_s += path.round_trip_s + segment_s - window * segment_s;
    window *= 2.0;
    sent += window;
  }
  return stall_s;
}

double tcp_send_s(const TcpPath& path, double bytes, bool cold) {
  const double stall_s = slow_start_stall_s(path, bytes);
  return (cold ? path.handshake_round_trips * path.round_trip_s : 0.0) + stall_s + bytes * 8.0 / path.bandwidth_bps;
}

double mathis_bps(double segment_bytes, double round_trip_s, double loss) {
  check("segment_bytes", segment_bytes, false);
  check("round_trip_s", round_trip_s, true);
  check_share("loss", loss);
  if (loss == 0.0 || round_trip_s == 0.0) return std::numeric_limits<double>::infinity();
  return segment_bytes * 8.0 / round_trip_s * std::sqrt(1.5 / loss);
}

double round_trip_quantile_s(double least_s, double jitter_s, double quantile) {
  check("least_s", least_s, true);
  check("jitter_s", jitter_s, true);
  check_share("quantile", quantile);
  return least_s - jitter_s * std::log1p(-quantile);
}

}  // namespace dnntune
