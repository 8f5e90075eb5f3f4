// SPDX-License-Identifier: Apache-2.0
// Wrong answers of a server, made from right ones. Only such as can be told from right ones: an answer of the right form whose numbers are wrong and
// finite cannot be.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>

namespace dnntune::faults {

struct Answer {
  std::string text;         ///< As the server gave it: head and body, its JSON followed by the tensors' bytes.
  std::string earlier;      ///< The answer to another request before it; "" when there was none.
};

struct Lie {
  const char* group;  ///< A row of the table.
  const char* what;
  std::string (*tell)(const Answer& answer, std::mt19937_64& random);
};
std::span<const Lie> lies();

}  // namespace dnntune::faults
