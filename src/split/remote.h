// SPDX-License-Identifier: Apache-2.0
// The cloud half of one deployment, as the device sees it: finds or asks for the suffix, then calls it.
#pragma once

#include <string>
#include <vector>

#include "split/http_client.h"
#include "split/suffix.h"

namespace dnntune::split {

class RemoteSuffix {
 public:
  RemoteSuffix(const Graph& graph, SuffixSpec spec, const std::string& url, const ConnectOptions& options);

  /// What crosses, by the values' own names, in; the cloud's outputs by name, out. Throws network or
  /// timeout; an answer of wrong names, types or shapes is a network error.
  Tensors run(const Tensors& crossing, DeadlineNs deadline);

  double compute_ns() const noexcept { return compute_ns_; }
  std::int64_t bytes_up() const noexcept { return client_.bytes_up(); }
  std::int64_t bytes_down() const noexcept { return client_.bytes_down(); }

 private:
  void find_model(DeadlineNs deadline);
  bool serves_whole(DeadlineNs deadline);
  Tensors check(std::vector<NamedTensor> outputs) const;

  const Graph graph_;
  const SuffixSpec spec_;
  HttpClient client_;
  std::string model_;  ///< Empty until it is known under which name the server has the suffix.
  double compute_ns_ = 0.0;
};

}  // namespace dnntune::split
