// SPDX-License-Identifier: Apache-2.0
// What may befall one request, and how often it is drawn.
#pragma once

#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "faults/cloud.h"
#include "faults/names.h"
#include "faults/relay.h"

namespace dnntune::faults {

struct Trouble {
  const char* row = "none";
  Spoil spoil = {};
  NameState name = NameState::found;
  std::optional<Host> host = {};  ///< Where the relay leads in place of the client's own host.
};

struct Draw {
  std::mt19937_64& random;
  double deadline_s = 0.0;
  std::size_t bytes[2] = {0, 0};  ///< Of a request of this kind that nothing befell, by Way.
  bool tls = false;
  std::string& earlier;           ///< The last answer that a lie was made of.

  double share() { return std::uniform_real_distribution<double>(0.0, 1.0)(random); }
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random() % limit; }
};

/// Half of all draws are "none"; the rest are of all rows that this kind of connection can meet, equally often.
Trouble draw(Draw& draw);
/// The rows in the order in which they are shown, "none" first.
std::vector<std::string> rows(bool with_tls);

}  // namespace dnntune::faults
