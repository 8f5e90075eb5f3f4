// SPDX-License-Identifier: Apache-2.0
// What a server measures of its own load: when requests came, how long they waited and computed, how many there are.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "dnntune/server_load.h"

namespace dnntune::split {

/// Mean and variance of samples that are forgotten exponentially. `at`: seconds, of any clock that does not go back.
class FadingMoments {
 public:
  explicit FadingMoments(double window_s) : window_s_(window_s) {}
  void add(double at, double value);
  Moments moments() const noexcept;

 private:
  void fade(double at) noexcept;
  double window_s_;
  double at_ = 0.0, weight_ = 0.0, weight_squares_ = 0.0;
  double mean_ = 0.0, squares_ = 0.0;  ///< Of deviations from the mean, weighted.
};

/// Mean over time of a number that changes in steps, forgotten exponentially.
class FadingLevel {
 public:
  FadingLevel(double start, double window_s) : window_s_(window_s), at_(start) {}
  void step(double at, int change) noexcept;
  double mean(double at) const noexcept;
  int now() const noexcept { return level_; }

 private:
  double window_s_, at_;
  double weight_ = 0.0, sum_ = 0.0;
  int level_ = 0;
};

/// Requests of one model since the server started.
struct ModelTotals {
  std::int64_t succeeded = 0, failed = 0;
  std::int64_t success_ns = 0, fail_ns = 0;  ///< From arrival to the end.
  std::int64_t wait_ns = 0, compute_ns = 0;  ///< Of those that succeeded.
  std::int64_t runs = 0;                     ///< That their outputs came from: fewer than requests where some were joined.
  std::int64_t last_ms = 0;                  ///< When the last one ended: since 1970, UTC.
};

/// Thread-safe. One server: requests compute one after the other.
class LoadMeter {
 public:
  static constexpr double kWindowSeconds = 30.0;

  explicit LoadMeter(double window_s = kWindowSeconds);

  /// One request, from its arrival to its end; what it reports not to have reached has failed.
  class Request {
   public:
    Request(LoadMeter& meter, std::string model);
    ~Request();
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;
    void prepares();  ///< A session first: its times say nothing of what others can expect, and are not counted.
    void starts();    ///< To compute.
    void joins();     ///< What another computes, which is counted there.
    /// Its outputs are there; `requests` had the run in common, and each of them counts as its share of it.
    void computed(int requests = 1);

   private:
    enum class Stage { waits, joined, computes, done };
    void stop_counting(double at);
    LoadMeter& meter_;
    std::string model_;
    Stage stage_ = Stage::waits;
    bool is_usual_ = true, is_run_ = false;
    std::int64_t arrived_ns_, started_ns_ = 0, ended_ns_ = 0;
  };

  ServerLoad load() const;
  std::map<std::string, ModelTotals> totals() const;

 private:
  double now_s() const;

  const double window_s_;
  const std::int64_t start_ns_;
  mutable std::mutex mutex_;
  FadingMoments gaps_, services_, waits_;
  FadingLevel waiting_, computing_;
  std::int64_t requests_ = 0;
  std::int64_t last_arrival_ns_ = -1;
  double arrivals_ = 0.0, arrivals_at_ = 0.0, arrival_squares_ = 0.0;  ///< Faded counts of arrivals, at that time.
  std::map<std::string, ModelTotals> totals_;
};

}  // namespace dnntune::split
