// SPDX-License-Identifier: Apache-2.0
// The servers whose requests a second are compared.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "overhead/http_load.h"

namespace dnntune::overhead_bench {

/// Our server with the trivial network, the same joining requests, and cpp-httplib, which sends a request's body back; both take an inference of `bytes`.
class Servers {
 public:
  explicit Servers(std::size_t bytes);
  ~Servers();
  Servers(const Servers&) = delete;
  Servers& operator=(const Servers&) = delete;
  /// Ours first.
  const std::vector<Target>& targets() const noexcept { return targets_; }
  /// Another server of the Open Inference Protocol on this machine that has a model "trivial" of the same input, x.
  void add_foreign(const std::string& name, int port);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::vector<Target> targets_;
};

}  // namespace dnntune::overhead_bench
