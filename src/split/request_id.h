// SPDX-License-Identifier: Apache-2.0
// One identifier for a request on every machine that sees it.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include <fmt/format.h>

namespace dnntune::split {

/// Identifiers in the form of a W3C trace-id, 32 hexadecimal digits: 16 that are random for each object, 16 that count. Not thread-safe.
class RequestIds {
 public:
  RequestIds() {
    std::random_device device;
    random_ = (std::uint64_t{device()} << 32 | device()) | 1;  // a trace-id of nothing but zeros is none
  }
  std::string next() { return fmt::format("{:016x}{:016x}", random_, ++count_); }

 private:
  std::uint64_t random_ = 0, count_ = 0;
};

}  // namespace dnntune::split
