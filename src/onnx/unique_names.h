// SPDX-License-Identifier: Apache-2.0
// Names that are taken, and new ones that are not.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

namespace dnntune::onnx {

class UniqueNames {
 public:
  /// False when `name` was taken already.
  bool take(std::string_view name) { return taken_.emplace(name).second; }
  bool is_taken(std::string_view name) const { return taken_.contains(std::string(name)); }
  void release(std::string_view name) { taken_.erase(std::string(name)); }

  /// `wanted`, or `wanted` with the first free suffix "_2", "_3"... The result is taken.
  std::string make(const std::string& wanted) {
    if (take(wanted)) return wanted;
    // Remembers where the search ended, so that many equal names do not take quadratic time.
    int& suffix = next_suffix_.try_emplace(wanted, 2).first->second;
    for (;; ++suffix) {
      std::string name = fmt::format("{}_{}", wanted, suffix);
      if (take(name)) return name;
    }
  }

 private:
  std::unordered_set<std::string> taken_;
  std::unordered_map<std::string, int> next_suffix_;
};

}  // namespace dnntune::onnx
