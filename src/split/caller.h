// SPDX-License-Identifier: Apache-2.0
// Whose request it is that a model is run for, and who is told how far it got.
#pragma once

#include <string>

#include "split/arrivals.h"
#include "split/load_meter.h"

namespace dnntune::split {

struct Caller {
  const std::string& client;
  LoadMeter::Request& counted;
  Arrivals::One& arrival;  ///< Ends where the request can join others no more, or has.
};

}  // namespace dnntune::split
