// SPDX-License-Identifier: Apache-2.0
// SplitSession's run in its two steps, and what it learned about the cloud on the way: for those that choose between plans, and for those
// that do other things between the steps.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "dnntune/split.h"
#include "split/trace.h"

namespace dnntune::split {

/// What a request found out about the cloud.
struct CloudNews {
  enum class Kind : int {
    nothing,   ///< It was not asked: a plan without it, a breaker that is open.
    answered,
    late,      ///< The device was first.
    failed,
  };
  Kind kind = Kind::nothing;
  /// When it answered: the inference alone, and of that what the server says it computed and had the request wait.
  double exchange_ns = 0.0, compute_ns = 0.0, wait_ns = 0.0;
  /// When it failed: no answer came at all, such as of a link that is down.
  bool silent = false;
  /// The server had to prepare the suffix, or may have had to: its times are no example.
  bool first = false;
};

/// A request between its two steps.
struct Begun {
  Tensors known;            ///< Inputs, and what the prefix made of them.
  SplitResult result;
  std::int64_t start_ns = 0;  ///< The deadline counts from here. base::now_ns
  Trace trace = {};
};

/// One begin and one finish at a time; the two may be of different requests, on two threads.
class SplitRun {
 public:
  /// Throws as SplitSession's constructor. `pool`: of all that runs here.
  static std::unique_ptr<SplitRun> make(Graph graph, Plan plan, const std::string& url, SplitOptions options, std::shared_ptr<WeightPool> pool);
  virtual ~SplitRun() = default;

  /// Throws invalid_argument for inputs that the plan is not for.
  virtual void check(const Tensors& inputs) const = 0;
  /// The prefix reads this input of the graph; others need not be there before `finish`.
  virtual bool prefix_takes(const std::string& input) const = 0;
  virtual Begun begin(const Tensors& inputs) = 0;
  /// As SplitOptions::hedge_after_s. `news` receives what was learned.
  virtual SplitResult finish(Begun begun, double hedge_after_s, CloudNews& news) = 0;
};

}  // namespace dnntune::split
