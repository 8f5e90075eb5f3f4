// SPDX-License-Identifier: Apache-2.0
#include "plan/hop_start.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "dnntune/error.h"
#include "dnntune/tcp.h"

namespace dnntune::plan {

Stalls stalls_of(const TcpStart& tcp, double bandwidth_bps, double round_trip_s, double bytes) {
  const TcpPath path{bandwidth_bps, round_trip_s, tcp.initial_window, tcp.segment_bytes, tcp.handshake_round_trips};
  Stalls stalls;
  stalls.ns.front() = slow_start_stall_s(path, 0.0) * 1e9;
  double window = tcp.initial_window, sent = window;  // segments of a round, and by its end
  while (sent * tcp.segment_bytes < bytes) {
    window *= 2.0;
    const double stall_ns = slow_start_stall_s(path, (sent + window) * tcp.segment_bytes) * 1e9;
    if (stall_ns <= stalls.ns.back()) break;  // windows fill the path from here on
    stalls.most_bytes.push_back(sent * tcp.segment_bytes);
    stalls.ns.push_back(stall_ns);
    sent += window;
  }
  return stalls;
}

std::vector<double> stall_corners(const TcpStart& tcp, double bandwidth_bps, double round_trip_s, Axis::Kind kind, double bytes) {
  std::vector<double> corners;
  if (kind == Axis::Kind::load) return corners;
  // A round of a window of w segments stalls while w segment times are less than a round trip and one: (w - 1) s < R.
  const double segment_s = tcp.segment_bytes * 8.0 / bandwidth_bps;
  double window = tcp.initial_window;
  for (double sent = window; sent * tcp.segment_bytes < bytes; window *= 2.0, sent += window)
    if (window > 1.0) corners.push_back(kind == Axis::Kind::slowness ? round_trip_s / ((window - 1.0) * segment_s) : (window - 1.0) * segment_s);
  return corners;
}

RadioShare share_of(const RadioModel& radio, const Link& link, double interval_s) {
  constexpr double kUjPerJ = 1e6, kUjPerNsW = 1e-3;
  RadioShare share;
  share.up_w = radio.up_power_w(link.bandwidth_up_bps);
  share.down_w = radio.down_power_w(link.bandwidth_down_bps);
  const double tail_s = radio.tail_s();
  if (interval_s > 0.0 && interval_s <= tail_s) {
    // The tail's power is drawn all the time, waiting included; sending and receiving draw what is above it.
    const double tail_j = radio.rest_energy_j(interval_s);
    share.fixed_uj = tail_j * kUjPerJ;
    share.up_w = std::max(0.0, share.up_w - tail_j / interval_s);
    share.down_w = std::max(0.0, share.down_w - tail_j / interval_s);
    return share;
  }
  const double wakings = tail_s > 0.0 ? 1.0 : 2.0;  // without a tail it sleeps before the answer comes
  share.wake_ns = wakings * radio.promotion_s * 1e9;
  share.fixed_uj = (wakings * radio.promotion_s * radio.promotion_w + radio.rest_energy_j(tail_s)) * kUjPerJ;
  share.waits.clear();
  double start_s = 0.0, start_j = 0.0;
  const auto add = [&](double watt) {
    if (share.waits.empty() || watt * kUjPerNsW < share.waits.back().uj_per_ns) share.waits.push_back({(start_j - watt * start_s) * kUjPerJ, watt * kUjPerNsW, start_s * 1e9});
  };
  for (const RadioPhase& phase : radio.tail) {
    add(phase.average_w());
    start_s += phase.duration_s;
    start_j += phase.average_w() * phase.duration_s;
  }
  add(radio.idle.average_w());
  return share;
}

void check_power(double watt, const std::string& what) {
  constexpr double kMostWatt = 1e6;
  if (!(watt >= 0.0 && watt <= kMostWatt)) throw Error(ErrorCode::invalid_argument, fmt::format("{} is {} W, it must be 0 to {:g}", what, watt, kMostWatt));
}

void check_radio(const RadioModel& radio, const std::string& what) {
  const auto check = [&](const char* field, double value) {
    if (!std::isfinite(value) || value < 0.0)
      throw Error(ErrorCode::invalid_argument, fmt::format("{}: {} is {}, it must be finite and not negative", what, field, value));
  };
  check("up_alpha_w_per_mbps", radio.up_alpha_w_per_mbps);
  check("down_alpha_w_per_mbps", radio.down_alpha_w_per_mbps);
  check_power(radio.beta_w, fmt::format("{}: beta_w", what));
  check("promotion_s", radio.promotion_s);
  check_power(radio.promotion_w, fmt::format("{}: promotion_w", what));
  double above = radio.beta_w;
  const auto check_phase = [&](const RadioPhase& phase) {
    check("power_w", phase.power_w);
    check("average power", phase.average_w());
    if (phase.average_w() > above * (1.0 + 1e-9))
      throw Error(ErrorCode::invalid_argument, fmt::format("{}: '{}' draws {} W, more than the state before it, {} W; plans know tails whose power falls", what,
                                                           phase.name, phase.average_w(), above));
    above = phase.average_w();
  };
  for (const RadioPhase& phase : radio.tail) {
    check("duration_s", phase.duration_s);
    check_phase(phase);
  }
  check_phase(radio.idle);
}

}  // namespace dnntune::plan
