// SPDX-License-Identifier: Apache-2.0
// All networks on all processors: what was measured, as a table, as JSON and as a page.
#pragma once

#include <string>
#include <vector>

#include "dnntune/dnntune.h"
#include "report/page.h"

namespace dnntune::cli {

/// One network on one processor.
struct Pair {
  std::string network;
  Processor processor;
  std::string error;       ///< Why it could not be measured; "": it was.
  Profile profile;         ///< Empty after an error.
  double prepare_s = 0.0;  ///< Choosing kernels, packing weights, compiling programs.

  double gflops_per_s() const noexcept;
  std::int64_t memory_bytes() const noexcept { return profile.arena_bytes + profile.weight_bytes; }
  /// Mean power of the run above idle, in watt; negative when unknown.
  double power_w() const noexcept;
  /// Whether a device with a queue ran layers, so that host and device have times of their own.
  bool has_queue() const noexcept;
};

struct Characterization {
  Device device;
  std::string date;                     ///< UTC, ISO 8601.
  double seconds_a_pair = 0.0;          ///< That a profile may take, about.
  std::vector<std::string> networks;    ///< In the order of the tables.
  std::vector<std::string> processors;  ///< Names; the first is what others are compared with.
  std::vector<Pair> pairs;              ///< Network by network, each on the processors in their order; those begun so far.
  std::string library_version = version();

  /// Adds a pair in its place, or in place of what was known of it.
  void put(Pair pair);
  /// nullptr where it was not measured.
  const Pair* measured(const std::string& network, const std::string& processor) const noexcept;
  bool knows_energy() const noexcept;

  /// For people, at most 80 columns wide.
  std::string table() const;
  /// Schema "dnntune.characterization/2". What is not known is left out. `from_json` throws invalid_argument.
  std::string to_json() const;
  static Characterization from_json(const std::string& text);
  report::Page page() const;
};

/// "~" for what was predicted, "*" for what was published, "" for what was measured; as in Profile::table.
const char* provenance_mark(Provenance provenance) noexcept;
/// "convolution 83 %, dense 12 %": all classes that take half a percent or more, largest first.
std::string shares_text(const Profile& profile);

}  // namespace dnntune::cli
