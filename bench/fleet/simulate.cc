// SPDX-License-Identifier: Apache-2.0
#include "simulate.h"

#include <algorithm>
#include <functional>
#include <queue>

namespace dnntune::fleet {
namespace {

/// A request on its way to the cloud.
struct Sent {
  double arrives_s;  ///< In the cloud.
  double asked_s;    ///< By the client.
  const Option* option;
  bool operator>(const Sent& other) const { return arrives_s > other.arrives_s; }
};

template <typename T>
using Earliest = std::priority_queue<T, std::vector<T>, std::greater<T>>;

class Simulation {
 public:
  Simulation(const Demand& demand, const Cloud& cloud, double warmup_s) : demand_(demand), cloud_(cloud), warmup_s_(warmup_s) {
    for (int s = 0; s < cloud.servers; ++s) free_at_.push(0.0);
  }

  Outcome run(Policy& policy) {
    std::vector<double> device_free(demand_.kind_of.size(), 0.0), link_free(demand_.kind_of.size(), 0.0);
    double next_report = 0.0, reported = 0.0;
    for (const Arrival& arrival : demand_.arrivals) {
      while (next_report <= arrival.at_s) {
        serve_until(next_report);
        const double wait = std::max(0.0, free_at_.top() - next_report);
        reported += cloud_.smoothing * (wait - reported);
        next_report += cloud_.report_s;
      }
      const Option& option = policy.choose(demand_.kind_of[arrival.client], reported);
      // A device runs one request at a time, and its link sends one at a time.
      const double computed = device_free[arrival.client] = std::max(arrival.at_s, device_free[arrival.client]) + option.device_s;
      if (counts(arrival.at_s)) {
        outcome_.energy_j += option.energy_j;
        outcome_.offloaded += option.offloads() ? 1.0 : 0.0;
      }
      if (!option.offloads()) {
        finish(arrival.at_s, computed);
        continue;
      }
      const double sent = link_free[arrival.client] = std::max(computed, link_free[arrival.client]) + option.up_s;
      on_the_way_.push({sent + 0.5 * option.round_trip_s, arrival.at_s, &option});
    }
    serve_until(1e300);
    return summary();
  }

 private:
  bool counts(double asked_s) const { return asked_s >= warmup_s_; }
  void finish(double asked_s, double at_s) {
    if (counts(asked_s)) latencies_.push_back(at_s - asked_s);
  }

  void serve_until(double time_s) {
    for (; !on_the_way_.empty() && on_the_way_.top().arrives_s <= time_s; on_the_way_.pop()) {
      const Sent& request = on_the_way_.top();
      const double start = std::max(request.arrives_s, free_at_.top());
      const double end = start + request.option->cloud_s;
      free_at_.pop();
      free_at_.push(end);
      busy_s_ += std::max(0.0, std::min(end, demand_.seconds) - std::max(start, warmup_s_));
      if (counts(request.asked_s)) outcome_.wait_s += start - request.arrives_s;
      finish(request.asked_s, end + 0.5 * request.option->round_trip_s + request.option->down_s);
    }
  }

  Outcome summary() {
    if (latencies_.empty()) return outcome_;
    std::sort(latencies_.begin(), latencies_.end());
    const auto count = static_cast<double>(latencies_.size());
    for (const double latency : latencies_) outcome_.mean_s += latency / count;
    outcome_.p95_s = latencies_[static_cast<std::size_t>(0.95 * (count - 1.0))];
    if (outcome_.offloaded > 0.0) outcome_.wait_s /= outcome_.offloaded;
    outcome_.energy_j /= count;
    outcome_.offloaded /= count;
    outcome_.utilisation = busy_s_ / (cloud_.servers * (demand_.seconds - warmup_s_));
    return outcome_;
  }

  const Demand& demand_;
  const Cloud cloud_;
  const double warmup_s_;
  Earliest<double> free_at_;  ///< By server.
  Earliest<Sent> on_the_way_;
  std::vector<double> latencies_;
  double busy_s_ = 0.0;
  Outcome outcome_;
};

}  // namespace

Outcome simulate(const Demand& demand, Policy& policy, const Cloud& cloud, double warmup_s) { return Simulation(demand, cloud, warmup_s).run(policy); }

}  // namespace dnntune::fleet
