// SPDX-License-Identifier: Apache-2.0
// Joins requests for one network that wait at the same time along the first dimension of its inputs, so that they are run once.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "dnntune/graph.h"
#include "dnntune/tensor.h"
#include "split/arrivals.h"
#include "split/caller.h"
#include "split/signal.h"
#include "split/turns.h"

namespace dnntune::split {

struct Batching {
  int max_rows = 1;      ///< Of a joined run; 1: none are joined.
  /// How long the first request of a run waits for others before it stands in line, while there are some on their way into the server.
  double delay_s = 0.0;
};

/// Thread-safe.
class Batcher {
 public:
  using Run = std::function<Tensors(const Tensors&)>;

  /// `run` computes, and is called by whoever has a turn.
  Batcher(const Graph& graph, const Batching& batching, Turns& turns, Arrivals& arrivals, Run run);

  /// Whether these inputs, which the graph takes, may be joined with others': its rows are known to be independent, and all inputs have one number
  /// of them, below the limit.
  bool takes(const Tensors& inputs) const;
  /// Why requests for this network are never joined; "" when they are.
  const std::string& why_not() const noexcept { return why_not_; }

  /// Its own rows of what a run makes of it and the others. When a joined run fails, each request is run alone, and fails alone. Outputs may be
  /// read-only. `compute_ns`: of the run.
  Tensors run(const Tensors& inputs, const Caller& caller, double& compute_ns);

 private:
  struct Member {
    const Tensors& inputs;
    LoadMeter::Request& request;
    std::int64_t rows;
    Tensors outputs = {};
    std::exception_ptr failure = nullptr;
    double compute_ns = 0.0;
    Signal ended = {};
  };
  /// Requests that will run together. The first of them waits for a turn; it has the group on its stack.
  struct Group {
    std::vector<Member*> members = {};
    std::int64_t rows = 0;
    std::atomic<bool> closed = false;
  };

  Group* open_group_for(const Member& member) const;
  void close(Group& group);
  void run_closed(Group& group);
  void compute(const Group& group);
  void compute_joined(const Group& group);
  void compute_alone(Member& member);
  Tensors joined_inputs(const Group& group) const;
  static void hand_out(const Tensors& outputs, const Group& group);

  const Graph graph_;
  const Batching batching_;
  Turns& turns_;
  Arrivals& arrivals_;
  const Run run_;
  const std::string why_not_;
  std::set<std::int64_t> prepared_;           ///< Numbers of rows that have been run. In a turn.
  std::atomic<std::int64_t> last_run_ns_ = Turns::kLong;
  std::mutex mutex_;                          ///< Guards what follows, and groups that are open.
  std::vector<Group*> open_;                  ///< That take others in.
};

}  // namespace dnntune::split
