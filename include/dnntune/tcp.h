// SPDX-License-Identifier: Apache-2.0
// What TCP adds to bytes over bandwidth: handshakes, slow start, loss and jitter, as closed formulas.
#pragma once

#include "dnntune/export.h"

namespace dnntune {

/// One direction of a connection. A plain value.
struct TcpPath {
  double bandwidth_bps = 0.0;          ///< Payload bits a second.
  double round_trip_s = 0.0;
  int initial_window = 10;             ///< Segments (RFC 6928).
  double segment_bytes = 1460.0;       ///< Payload of one segment (1500 bytes less 40 of headers).
  double handshake_round_trips = 2.0;  ///< Of a new connection: 1 for TCP, 1 more for TLS 1.3, 2 more for TLS 1.2.
};

/// Seconds a sender stands still in slow start while it puts `bytes` on an empty path: the window starts at
/// `initial_window` segments and doubles every round trip, without loss, an acknowledgment a segment. With s = the time of
/// one segment, R the round trip, W the initial window, n segments in all, and
///   K = the rounds that n needs: the smallest K with W (2^K - 1) >= n,
///   Q = the rounds whose window ends before its first acknowledgment: 2^(k-1) W s < R + s,
///   P = min(Q, K - 1),
/// it is P (R + s) - W s (2^P - 1) (Kurose and Ross, with W instead of 1). 0 once W segments fill the path.
/// Throws invalid_argument on figures that are not finite or not positive (the round trip may be 0).
DNNTUNE_API double slow_start_stall_s(const TcpPath& path, double bytes);

/// Seconds from the decision to send until the last byte has left: bytes over bandwidth and the stall; `cold`: a new
/// connection, handshakes first. A warm connection that was idle longer than its time-out starts slowly again too (RFC
/// 5681, 4.1), so `cold` false still pays the stall. How long the last byte travels is not in it.
DNNTUNE_API double tcp_send_s(const TcpPath& path, double bytes, bool cold);

/// The most that one TCP connection carries at a loss rate of `loss` segments, in bit/s: segment / round trip *
/// sqrt(3 / (2 loss)) (Mathis et al., CCR 1997: periodic loss, every segment acknowledged). Infinite without loss or
/// round trip. A bound for loss-based congestion control (Reno); BBR and others can pass it. Throws invalid_argument when
/// `loss` is not in [0, 1).
DNNTUNE_API double mathis_bps(double segment_bytes, double round_trip_s, double loss);

/// The round trip not passed in a share `quantile` of cases, where `least_s` never varies and what comes on top is
/// exponential with mean `jitter_s`: least_s + jitter_s * ln(1 / (1 - quantile)). A stand-in where a link's own
/// distribution is not known; its mean is least_s + jitter_s. Throws invalid_argument when `quantile` is not in [0, 1).
DNNTUNE_API double round_trip_quantile_s(double least_s, double jitter_s, double quantile);

}  // namespace dnntune
