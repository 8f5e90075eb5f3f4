// SPDX-License-Identifier: Apache-2.0
#include "queue/clients.h"

#include <chrono>

namespace dnntune::queue_bench {
namespace {

double now_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

void sleep_until(double at_s) {
  if (const double left = at_s - now_s(); left > 0.0) std::this_thread::sleep_for(std::chrono::duration<double>(left));
}

SplitOptions patient() {
  SplitOptions options;
  options.deadline_s = 120.0;
  options.retry_after_s = 0.0;
  return options;
}

}  // namespace

Target make_target(const Graph& graph, const std::string& url) {
  Link link;
  link.name = "loopback";
  link.bandwidth_up_bps = link.bandwidth_down_bps = 1e10;
  Plan plan = make_plan({.graph = graph, .cloud = {remote_profile(url, graph)}, .link = link});
  return {graph, std::move(plan), random_inputs(graph, 1)};
}

Clients::Clients(const std::vector<Target>& targets, const std::string& url, int clients, double per_s) : next_s_(now_s()) {
  for (int i = 0; i < clients; ++i) threads_.emplace_back([this, &targets, url, per_s, i] { send(targets, url, per_s, static_cast<unsigned>(i + 1)); });
}

Clients::~Clients() {
  stopping_ = true;
  for (std::thread& thread : threads_) thread.join();
}

/// Whoever is free takes the next moment of one Poisson process.
void Clients::wait_for_turn(double per_s, std::mt19937_64& random) {
  double mine = 0.0;
  {
    const std::lock_guard lock(mutex_);
    mine = next_s_;
    next_s_ += std::exponential_distribution<double>(per_s)(random);
  }
  sleep_until(mine);
}

void Clients::send(const std::vector<Target>& targets, const std::string& url, double per_s, unsigned seed) {
  std::mt19937_64 random(seed);
  std::vector<SplitSession> sessions;
  for (const Target& target : targets) sessions.emplace_back(target.graph, target.plan, url, patient());
  while (!stopping_) {
    if (per_s > 0.0) wait_for_turn(per_s, random);
    const std::size_t which = random() % targets.size();
    if (!stopping_ && sessions[which].run(targets[which].inputs).path != Path::cloud) ++failed_;
  }
}

std::vector<double> probe(const Target& target, const std::string& url, int count, double pause_s) {
  SplitSession session(target.graph, target.plan, url, patient());
  session.run(target.inputs);  // finds the model
  std::vector<double> waits;
  double at = now_s();
  while (static_cast<int>(waits.size()) < count) {
    sleep_until(at += pause_s);
    const SplitResult result = session.run(target.inputs);
    if (result.path == Path::cloud) waits.push_back(result.exchange_ns - result.cloud_ns);
  }
  return waits;
}

}  // namespace dnntune::queue_bench
