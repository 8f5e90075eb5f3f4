// SPDX-License-Identifier: Apache-2.0
// Link: the network between device and cloud, and what its radio draws.
#pragma once

#include <string>
#include <vector>

#include "dnntune/export.h"

namespace dnntune {

/// A radio's power, in short; RadioModel (radio.h) has its states one by one. Active power is affine in throughput, P = alpha * t + beta, with t in Mbit/s
/// (Huang et al., MobiSys 2012). All fields may be 0 for a wired or unknown link.
struct Radio {
  std::string name;                        ///< "" = unknown: energy over this link is then unknown.
  double up_alpha_w_per_mbps = 0.0;
  double down_alpha_w_per_mbps = 0.0;
  double beta_w = 0.0;
  double promotion_s = 0.0;                ///< From idle to active.
  double promotion_w = 0.0;
  double tail_s = 0.0;                     ///< Active power lingering after the last byte.
  double tail_w = 0.0;
  std::string source;

  double up_power_w(double bandwidth_bps) const noexcept { return up_alpha_w_per_mbps * bandwidth_bps * 1e-6 + beta_w; }
  double down_power_w(double bandwidth_bps) const noexcept { return down_alpha_w_per_mbps * bandwidth_bps * 1e-6 + beta_w; }
};

/// A plain value.
struct DNNTUNE_API Link {
  std::string name;
  double bandwidth_up_bps = 0.0;    ///< Payload bits a second, device to cloud.
  double bandwidth_down_bps = 0.0;  ///< Cloud to device.
  double round_trip_s = 0.0;
  Radio radio;
  std::string source;               ///< Where the figures come from.

  /// A link of the built-in table ("wifi", "lte", "3g", "lighthouse-slow-4g", ...; some also by their year,
  /// "lte2012", "5g-mmwave2021"); throws not_found listing the names.
  static Link named(const std::string& name);
  static std::vector<Link> all();
  /// One link (object) in schema "dnntune.link/1"; throws invalid_argument naming the field.
  static Link from_json(const std::string& json);
  std::string to_json() const;

  /// Seconds to send `bytes` up and to receive `bytes` down, without the round trip.
  double up_s(double bytes) const noexcept { return bytes * 8.0 / bandwidth_up_bps; }
  double down_s(double bytes) const noexcept { return bytes * 8.0 / bandwidth_down_bps; }
};

}  // namespace dnntune
