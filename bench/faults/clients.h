// SPDX-License-Identifier: Apache-2.0
// Clients that run networks split between themselves and the cloud, each request with what befalls it, and judge every answer.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "dnntune/dnntune.h"
#include "faults/cloud.h"

namespace dnntune::faults {

struct Timing {
  double deadline_s = 0.02;
  double allowance_s = 0.02;  ///< What the system may add before an answer counts as late, besides the time for which it did not let the caller run.
};

/// One way to ask: a network, what runs where, what crosses how. Inputs, the device's own answers to them, and what the cloud answers when
/// nothing befalls it; all but those of lossy encodings are the same bits.
struct Variant {
  std::string name;
  Graph graph;
  Plan plan = {};
  SplitOptions options = {};
  Host host = Host::plain;
  std::vector<Tensors> inputs = {}, expected = {}, from_cloud = {};
  double local_s = 0.0;    ///< The device alone; the longest of some runs.
  double difference = 0.0; ///< Between `from_cloud` and `expected`, relative to the largest element.
};
/// Asks the cloud once for each input, before anything befalls it. Throws Error(network) when it does not answer or answers other bits.
std::vector<Variant> variants(const std::filesystem::path& digits, const Cloud& cloud, bool with_tls, const Timing& timing);

/// What came of requests.
struct Tally {
  std::int64_t requests = 0, from_cloud = 0, from_device = 0;
  std::int64_t lost = 0, wrong = 0, late = 0;
  double worst_ms = 0.0;  ///< From the call to the answer, less the time for which the system did not let the caller run.

  void add(const Tally& other);
};
struct Report {
  std::map<std::string, Tally> by_trouble, by_variant;
  std::vector<std::string> examples;  ///< Of what was lost, wrong or late; the first few.

  void add(const Report& other);
};

/// One client: its own sessions, relays and host name. Sessions are made anew from time to time.
Report run_client(int number, const std::vector<Variant>& variants, const Cloud& cloud, const Timing& timing, std::int64_t requests, std::uint64_t seed,
                  std::atomic<std::int64_t>& done);

}  // namespace dnntune::faults
