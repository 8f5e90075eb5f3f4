// SPDX-License-Identifier: Apache-2.0
// Clients that keep a server busy, and one that asks now and then what it has to wait.
#pragma once

#include <atomic>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "dnntune/dnntune.h"

namespace dnntune::queue_bench {

/// A whole network in the cloud.
struct Target {
  Graph graph;
  Plan plan;  ///< Cloud-only.
  Tensors inputs;
};

Target make_target(const Graph& graph, const std::string& url);

/// Sends requests to targets drawn at random until it is destroyed.
class Clients {
 public:
  /// Open: `per_s` requests a second at random times, as long as one of 14 clients is free; a server takes in 16.
  static Clients open(const std::vector<Target>& targets, const std::string& url, double per_s) { return Clients(targets, url, 14, per_s); }
  /// Closed: each client sends its next request when it has its answer.
  static Clients closed(const std::vector<Target>& targets, const std::string& url, int clients) { return Clients(targets, url, clients, 0.0); }
  ~Clients();
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;

  int failed() const noexcept { return failed_; }

 private:
  Clients(const std::vector<Target>& targets, const std::string& url, int clients, double per_s);
  void send(const std::vector<Target>& targets, const std::string& url, double per_s, unsigned seed);
  void wait_for_turn(double per_s, std::mt19937_64& random);

  std::atomic<bool> stopping_ = false;
  std::atomic<int> failed_ = 0;
  std::mutex mutex_;
  double next_s_ = 0.0;  ///< When the next request is to go, of the steady clock.
  std::vector<std::thread> threads_;
};

/// Nanoseconds that each of `count` requests spent outside of its own computing, one every `pause_s`.
std::vector<double> probe(const Target& target, const std::string& url, int count, double pause_s);

}  // namespace dnntune::queue_bench
