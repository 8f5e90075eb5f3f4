// SPDX-License-Identifier: Apache-2.0
// Joins requests for one network that wait at the same time along the first dimension of its inputs, so that they are run once.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "dnntune/graph.h"
#include "dnntune/tensor.h"
#include "split/load_meter.h"
#include "split/turns.h"

namespace dnntune::split {

struct Batching {
  int max_rows = 1;      ///< Of a joined run; 1: none are joined.
  double delay_s = 0.0;  ///< How long the first request of a run waits for others before it stands in line.
};

/// Thread-safe.
class Batcher {
 public:
  using Run = std::function<Tensors(const Tensors&)>;

  /// `run` computes, and is called by whoever has a turn.
  Batcher(const Graph& graph, const Batching& batching, Turns& turns, Run run);

  /// Whether these inputs, which the graph takes, may be joined with others': its rows are known to be independent, and all inputs have one number
  /// of them, below the limit.
  bool takes(const Tensors& inputs) const;
  /// Why requests for this network are never joined; "" when they are.
  const std::string& why_not() const noexcept { return why_not_; }

  /// Its own rows of what a run makes of it and the others. When a joined run fails, each request is run alone, and fails alone. Outputs may be
  /// read-only. `compute_ns`: of the run.
  Tensors run(const Tensors& inputs, const std::string& client, LoadMeter::Request& request, double& compute_ns);

 private:
  struct Member {
    const Tensors& inputs;
    LoadMeter::Request& request;
    std::int64_t rows;
    Tensors outputs = {};
    std::exception_ptr failure = nullptr;
    double compute_ns = 0.0;
    bool done = false;
    std::condition_variable ended = {};
  };
  /// Requests that will run together. The first of them waits for a turn and computes for all.
  struct Group {
    std::vector<Shape> rows_shapes;  ///< Of one row of each input.
    std::vector<Member*> members;
    std::int64_t rows = 0;
    bool closed = false;
    std::condition_variable full;
  };

  std::shared_ptr<Group> group_for(const Member& member);
  void close(const std::shared_ptr<Group>& group);
  void lead(const std::shared_ptr<Group>& group, const std::string& client);
  void compute(const Group& group);
  void compute_joined(const Group& group);
  void compute_alone(Member& member);
  Tensors joined_inputs(const Group& group) const;
  static void hand_out(const Tensors& outputs, const Group& group);

  const Graph graph_;
  const Batching batching_;
  Turns& turns_;
  const Run run_;
  const std::string why_not_;
  std::set<std::int64_t> prepared_;          ///< Numbers of rows that have been run. In a turn.
  std::mutex mutex_;                         ///< Guards what follows, and members and groups.
  std::list<std::shared_ptr<Group>> open_;   ///< That take others in.
};

}  // namespace dnntune::split
