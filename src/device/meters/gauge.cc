// SPDX-License-Identifier: Apache-2.0
#include "device/meters/gauge.h"

#include <algorithm>
#include <chrono>
#include <sched.h>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "dnntune/error.h"

namespace dnntune::device {
namespace {

/// A power is read this many times while it stays the same: what it was at the end of an interval counts up to half
/// a period too long.
constexpr double kSamplesPerInterval = 2.0;
/// Reading a sensor costs 10 to 500 us: more often would be a load of its own.
constexpr double kLeastPeriodMs = 2.0, kMostPeriodMs = 500.0;
/// A reading that takes longer than this part of the interval is tried again, a few times.
constexpr double kCloseShare = 0.05;
constexpr int kReadings = 4;

/// The thread that measures may be pinned, and its children with it: a sampler beside a worker would disturb it.
void unpin() noexcept {
#ifdef __linux__
  cpu_set_t all;
  CPU_ZERO(&all);
  for (unsigned core = 0; core < CPU_SETSIZE; ++core) CPU_SET(core, &all);
  sched_setaffinity(0, sizeof all, &all);  // the kernel takes what the process may use
#endif
}

}  // namespace

void PowerIntegral::add(std::int64_t at_ns, double microwatt) noexcept {
  if (any_) microjoule_ += (microwatt_ + microwatt) / 2.0 * static_cast<double>(at_ns - at_ns_) * 1e-9;
  any_ = true;
  at_ns_ = at_ns;
  microwatt_ = microwatt;
}

MeterGauge::MeterGauge(FoundMeter meter) : found_(std::move(meter)) {}

MeterGauge::~MeterGauge() { stop(); }

std::int64_t MeterGauge::now_ns() const { return base::now_ns(); }

void MeterGauge::idle(std::int64_t ns) { std::this_thread::sleep_for(std::chrono::nanoseconds(ns)); }

/// On a busy machine the thread may lose its core between a reading and the clock: of a few readings the one between
/// the closest two looks at the clock counts.
MeterGauge::Reading MeterGauge::read() {
  const auto close = static_cast<std::int64_t>(found_.info.interval_ms * 1e6 * kCloseShare);
  Reading best;
  std::int64_t best_ns = 0;
  for (int i = 0; i < kReadings; ++i) {
    const std::int64_t before = base::now_ns();
    const double value = found_.meter->read();
    const std::int64_t took = base::now_ns() - before;
    if (i == 0 || took < best_ns) {
      best = {value, before + took / 2};
      best_ns = took;
    }
    if (took <= close) break;
  }
  return best;
}

std::int64_t MeterGauge::begin() {
  stop();
  begin_ = read();
  if (found_.info.gives_energy) return begin_.at_ns;
  integral_ = {};
  failure_ = nullptr;
  stopping_ = false;
  integral_.add(begin_.at_ns, begin_.value);
  thread_ = std::thread([this] { sample_until_stopped(); });
  return begin_.at_ns;
}

Gauge::Energy MeterGauge::end() {
  stop();
  if (const auto failure = std::exchange(failure_, nullptr)) std::rethrow_exception(failure);
  const Reading last = read();
  double uj = last.value - begin_.value;
  if (!found_.info.gives_energy) {
    integral_.add(last.at_ns, last.value);
    uj = integral_.microjoule();
  }
  // A counter that was set back looks like one that started over.
  const double seconds = static_cast<double>(last.at_ns - begin_.at_ns) * 1e-9;
  if (uj > kMostMicrowatt * (seconds + found_.info.interval_ms * 1e-3))
    throw Error(ErrorCode::io, fmt::format("meter '{}' counted {:g} J in {:g} s, which cannot be", found_.info.name, uj * 1e-6, seconds));
  return {uj, last.at_ns};
}

void MeterGauge::stop() noexcept {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void MeterGauge::sample_until_stopped() {
  unpin();
  const double ms = std::clamp(found_.info.interval_ms / kSamplesPerInterval, kLeastPeriodMs, kMostPeriodMs);
  const auto period = std::chrono::nanoseconds(static_cast<std::int64_t>(ms * 1e6));
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, period, [this] { return stopping_; })) {
    lock.unlock();
    try {
      const std::int64_t before = base::now_ns();
      const double microwatt = found_.meter->read();
      integral_.add(before + (base::now_ns() - before) / 2, microwatt);
    } catch (...) {
      failure_ = std::current_exception();
      return;
    }
    lock.lock();
  }
}

}  // namespace dnntune::device
