// SPDX-License-Identifier: Apache-2.0
// What a drive brought, as data: requests of every policy, summed up; as JSON, as a table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <dnntune/adaptive.h>

namespace dnntune::drive {

/// One request, carried out.
struct Sample {
  double time_s = 0.0;   ///< Of the drive, when it began.
  std::size_t plan = 0;
  Path path = Path::device;
  double ms = 0.0;
  double mj = 0.0;       ///< Of the device, modelled.
};

/// A moment at which every policy ran a request.
struct Slot {
  double time_s = 0.0;
  std::string stretch;   ///< "" in a dead spot.
  double up_mbps = 0.0, down_mbps = 0.0, round_trip_ms = 0.0;
  Sample adaptive;
  std::vector<Sample> fixed;          ///< One a plan.
  std::vector<double> predicted_ms;   ///< One a plan, from profiles and the trace; may be infinite.
};

struct Setting {
  std::string network, device, cloud, encoding;
  std::vector<std::string> plans;     ///< Names; the first is device only, the second cloud only.
  std::uint64_t seed = 0;
  double duration_s = 0.0, period_s = 0.0, deadline_s = 0.0, device_power_w = 0.0;
  double seconds = 0.0;               ///< All took.
};

struct Drove {
  std::vector<Sample> adaptive;       ///< All requests, those of slots among them.
  std::vector<Slot> slots;
  AdaptiveCounters counters;
};

/// One policy over all slots.
struct Row {
  std::string name;
  std::vector<Sample> samples;        ///< One a slot.
  double mean_ms = 0.0, p50_ms = 0.0, p90_ms = 0.0, most_ms = 0.0, mean_mj = 0.0;
  std::size_t fallbacks = 0;
};

struct Summary {
  Row adaptive;
  std::vector<Row> fixed;             ///< One a plan.
  Row clairvoyant;                    ///< Of each slot the plan that was measured fastest.
  Row informed;                       ///< Of each slot the plan that is predicted to be fastest on the trace as it goes on, as measured.
  double to_clairvoyant() const { return adaptive.mean_ms / clairvoyant.mean_ms; }
  double best_fixed_ms() const;
  std::vector<const Row*> rows() const;  ///< All, in the order of tables.
};

Summary summed_up(const Setting& setting, const Drove& drove);
std::string text(const Setting& setting, const Drove& drove);
/// Schema "dnntune.drive/1".
std::string to_json(const Setting& setting, const Drove& drove);

}  // namespace dnntune::drive
