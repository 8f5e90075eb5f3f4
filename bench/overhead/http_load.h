// SPDX-License-Identifier: Apache-2.0
// A load generator: clients that send one HTTP request again and again, the next when the last is answered.
#pragma once

#include <string>

namespace dnntune::overhead_bench {

struct Target {
  std::string name;
  int port = 0;         ///< On 127.0.0.1.
  std::string request;  ///< Head and body.
};

/// A POST of `body`, with further header lines, each with its line's end.
std::string post(const std::string& path, const std::string& body, const std::string& headers);

/// Answers a second that `clients` kept connections, a thread each, get within `seconds`. Throws std::runtime_error for an answer that is not 200.
double requests_per_second(const Target& target, int clients, double seconds);

}  // namespace dnntune::overhead_bench
