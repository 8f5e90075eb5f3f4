// SPDX-License-Identifier: Apache-2.0
// Who decides where a request runs, and by what.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "clients.h"

namespace dnntune::fleet {

class Policy {
 public:
  virtual ~Policy() = default;
  virtual std::string name() const = 0;
  /// `reported_wait_s` is what the cloud said last.
  virtual const Option& choose(std::uint32_t kind, double reported_wait_s) = 0;
};

/// A share of the requests of one kind that runs in one way.
struct Assigned {
  const Option* option = nullptr;
  double share = 1.0;
};
/// The least mean latency with which the cloud's time is not used up, if nobody ever waited: for each kind one option or a mix of
/// two. A linear program with one constraint; the hull of options by price solves it.
struct Assignment {
  std::vector<std::vector<Assigned>> by_kind;
  double mean_latency_s = 0.0;
  double mean_energy_j = 0.0;
  double busy = 0.0;       ///< Servers, on average.
  double offloaded = 0.0;  ///< Share of requests.
};
Assignment assign(const std::vector<Kind>& kinds, const Demand& demand, double servers);

/// All local; all in the cloud; planned for an idle cloud; planned again for the wait that the cloud reports; assigned by a
/// centre that knows all and keeps some of the cloud free.
std::vector<std::unique_ptr<Policy>> policies(const std::vector<Kind>& kinds, const Demand& demand, double servers, double central_load, std::uint64_t seed);

}  // namespace dnntune::fleet
