// SPDX-License-Identifier: Apache-2.0
// A network that does next to nothing, and requests for it through our client and our server.
#pragma once

#include <cstddef>

#include "dnntune/dnntune.h"

namespace dnntune::overhead_bench {

/// y = Relu(x) on rows of as many floats as `bytes` holds: one, or any number of them.
Graph trivial(std::size_t bytes, bool any_rows = false);

struct RequestTimes {
  double total_ns = 0.0;    ///< Of SplitSession::run.
  double compute_ns = 0.0;  ///< The server's run of the network, within that.
};

/// A server on a thread of its own, and a client whose plan leaves the whole of `trivial` to it.
class Requests {
 public:
  explicit Requests(std::size_t bytes);
  /// Throws Error when the answer is not the cloud's.
  RequestTimes exchange();

 private:
  Graph graph_;
  Tensors inputs_;
  Server server_;
  SplitSession session_;
};

}  // namespace dnntune::overhead_bench
