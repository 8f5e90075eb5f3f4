// SPDX-License-Identifier: Apache-2.0
#include "drive/conductor.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace dnntune::drive {
namespace {

/// A relay needs a rate; at this one a byte takes 8 s.
constexpr double kOutageBps = 1.0;

std::int64_t clock_ns() { return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

Conductor::Conductor(const LinkTrace& trace, const std::string& target_url) : trace_(trace), shaper_(Link::named("loopback"), target_url), thread_([this] { follow(); }) {}

Conductor::~Conductor() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

double Conductor::elapsed_s() const { return playing_ ? static_cast<double>(clock_ns() - began_ns_) * 1e-9 : 0.0; }

double Conductor::time_s() const {
  const std::lock_guard lock(mutex_);
  return from_s_ + elapsed_s();
}

void Conductor::play(double time_s) {
  {
    const std::lock_guard lock(mutex_);
    from_s_ = time_s;
    began_ns_ = clock_ns();
    playing_ = true;
    set_link(time_s);
  }
  changed_.notify_all();
}

double Conductor::pause() {
  const std::lock_guard lock(mutex_);
  from_s_ += elapsed_s();
  playing_ = false;
  return from_s_;
}

void Conductor::open() {
  const std::lock_guard lock(mutex_);
  shaper_.set_link(Link::named("loopback"));
}

double Conductor::set_link(double time_s) {
  Link link = trace_.at(time_s);
  link.bandwidth_up_bps = std::max(link.bandwidth_up_bps, kOutageBps);
  link.bandwidth_down_bps = std::max(link.bandwidth_down_bps, kOutageBps);
  shaper_.set_link(link);
  const double within = std::fmod(time_s, trace_.duration_s);
  const auto next = std::find_if(trace_.points.begin(), trace_.points.end(), [&](const TracePoint& point) { return point.time_s > within; });
  return (next == trace_.points.end() ? trace_.duration_s : next->time_s) - within;
}

void Conductor::follow() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!playing_) {
      changed_.wait(lock);
      continue;
    }
    const double wait_s = set_link(from_s_ + elapsed_s());
    changed_.wait_for(lock, std::chrono::duration<double>(wait_s));
  }
}

}  // namespace dnntune::drive
