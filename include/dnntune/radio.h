// SPDX-License-Identifier: Apache-2.0
// RadioModel: what a radio draws from the first byte of a request until it sleeps again.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "dnntune/export.h"
#include "dnntune/link.h"

namespace dnntune {

/// A stretch of time in one state. With `cycle_s` above 0 the radio listens in turns (DRX, paging): at the start of
/// each cycle `on_w` for `on_s`, then `power_w`; else `power_w` throughout.
struct RadioPhase {
  std::string name = {};
  double duration_s = 0.0;
  double power_w = 0.0;
  double cycle_s = 0.0;
  double on_s = 0.0;
  double on_w = 0.0;

  /// Energy of the first `seconds` of the phase, exactly, turns included; the phase is taken as endless.
  DNNTUNE_API double energy_j(double seconds) const noexcept;
  /// Mean power over whole cycles.
  DNNTUNE_API double average_w() const noexcept;
};

/// One request and its answer, as the radio sees them. Without bytes either way the radio is not used.
struct Exchange {
  double bytes_up = 0.0;
  double bytes_down = 0.0;
  double cloud_s = 0.0;  ///< The cloud computes; the radio waits that long and a round trip.
};

/// Time and energy, part by part. Of several requests: sums, or means a request where the function says so.
struct RadioUse {
  double latency_s = 0.0;    ///< Promotions, sending, waiting, receiving.
  double promotions = 0.0;   ///< How often the radio was woken.
  double promotion_j = 0.0;
  double send_j = 0.0;
  double wait_j = 0.0;       ///< Between the last byte up and the first one down.
  double receive_j = 0.0;
  double tail_j = 0.0;       ///< After the last byte down, until idle or the next request.
  double idle_j = 0.0;       ///< Idle until the next request.
  bool saturated = false;    ///< Requests come faster than the link serves them; they then run back to back.

  double energy_j() const noexcept { return promotion_j + send_j + wait_j + receive_j + tail_j + idle_j; }
};

/// A radio as a state machine: idle -> promotion -> active -> tail (one phase after another) -> idle. Active power is
/// affine in throughput, alpha * Mbit/s + beta (Huang et al., MobiSys 2012). A request during the tail needs no
/// promotion and restarts it. A plain value.
struct DNNTUNE_API RadioModel {
  std::string name;
  std::string technology;  ///< "3G", "LTE", "5G", "Wi-Fi", "wired"
  int year = 0;            ///< Of the figures; 0 for none.
  double up_alpha_w_per_mbps = 0.0;
  double down_alpha_w_per_mbps = 0.0;
  double beta_w = 0.0;
  double promotion_s = 0.0;
  double promotion_w = 0.0;
  std::vector<RadioPhase> tail;  ///< In order after the last byte.
  RadioPhase idle;               ///< Endless.
  std::string source;

  /// A model of the built-in table ("huang12-lte", "sigcomm21-5g-mmwave", "dnntune-wifi", ...); throws not_found
  /// listing the names.
  static RadioModel named(const std::string& name);
  static std::vector<RadioModel> all();
  /// Schema "dnntune.radio/1". Throws invalid_argument naming the field: figures must be finite and not negative,
  /// turns shorter than their cycle.
  static RadioModel from_json(const std::string& json);
  std::string to_json() const;

  double up_power_w(double bandwidth_bps) const noexcept { return up_alpha_w_per_mbps * bandwidth_bps * 1e-6 + beta_w; }
  double down_power_w(double bandwidth_bps) const noexcept { return down_alpha_w_per_mbps * bandwidth_bps * 1e-6 + beta_w; }
  double tail_s() const noexcept;
  /// Energy of the first `seconds` after the last byte: the tail, then idle.
  double rest_energy_j(double seconds) const noexcept;

  /// The same as a Link holds it: the tail as one state of equal length and energy.
  Radio flat() const;

  /// One request from idle until the radio is idle again; the whole tail is paid. Should the cloud take longer than
  /// the tail, the radio sleeps meanwhile and is woken for the answer. Rates and round trip are those of `link`; its
  /// own radio is not read.
  RadioUse once(const Link& link, const Exchange& exchange) const;
  /// `requests` in a row, the first from idle, one every `period_s` (0: back to back; one that comes too early waits its
  /// turn), then silence until idle. Sums, without the time that early requests waited. The tail is paid in full once,
  /// at the end; in the gaps as far as they go.
  RadioUse burst(const Link& link, const Exchange& exchange, int requests, double period_s) const;
  /// One request every `period_s` for ever: means a request, exact. Short of the tail the radio never sleeps and every
  /// gap costs tail power; beyond it every request pays promotion and the whole tail; in a narrow band between, where
  /// the promotion itself decides, requests alternate.
  RadioUse periodic(const Link& link, const Exchange& exchange, double period_s) const;
};

}  // namespace dnntune
