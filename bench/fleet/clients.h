// SPDX-License-Identifier: Apache-2.0
// Who uses the cloud: devices, links and networks as published, and what each way to run a network takes there.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <dnntune/route.h>

namespace dnntune::fleet {

/// One way to run one network, part by part; seconds.
struct Option {
  double device_s = 0.0, up_s = 0.0, round_trip_s = 0.0, cloud_s = 0.0, down_s = 0.0;
  double energy_j = 0.0;  ///< Of the device.

  bool offloads() const noexcept { return round_trip_s > 0.0; }
  double latency_s() const noexcept { return device_s + up_s + round_trip_s + cloud_s + down_s; }
};

/// The best option for every value of something: options[i] from switches[i - 1] to switches[i].
struct Choices {
  std::vector<double> switches;
  std::vector<Option> options;

  const Option& at(double value) const;
};

/// Clients that have the same device, link and network.
struct Kind {
  std::string name;
  double share = 0.0;  ///< Of all clients.
  Option local, cloud;
  Choices by_wait;     ///< By seconds that a request waits in the cloud.
  Choices by_price;    ///< By seconds of latency that a second of the cloud's time must save.
};
std::vector<Kind> kinds();

struct Arrival {
  double at_s = 0.0;
  std::uint32_t client = 0;
};
/// One run's clients and what they ask for, the same for every policy.
struct Demand {
  std::vector<std::uint32_t> kind_of;  ///< By client.
  std::vector<Arrival> arrivals;       ///< In order of time; each client's are a Poisson process.
  double seconds = 0.0;
};
Demand demand(const std::vector<Kind>& kinds, std::uint32_t clients, double rate_per_s, double seconds, std::uint64_t seed);

}  // namespace dnntune::fleet
