// SPDX-License-Identifier: Apache-2.0
// Gauge: the energy between two moments, by any meter and any clock.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>

#include "device/meters/meter.h"

namespace dnntune::device {

class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual std::int64_t now_ns() const = 0;
  /// Starts; returns the moment from which energy counts.
  virtual std::int64_t begin() = 0;
  struct Energy {
    double microjoule = 0.0;
    std::int64_t end_ns = 0;  ///< The moment up to which it counts.
  };
  /// Energy since begin(), which must have been called. Throws Error io when the meter failed meanwhile.
  virtual Energy end() = 0;
  /// Lets time pass with nothing to do.
  virtual void idle(std::int64_t ns) = 0;
};

/// Energy of a power that is sampled: between two samples it is taken to run straight.
class PowerIntegral {
 public:
  void add(std::int64_t at_ns, double microwatt) noexcept;
  double microjoule() const noexcept { return microjoule_; }

 private:
  bool any_ = false;
  std::int64_t at_ns_ = 0;
  double microwatt_ = 0.0, microjoule_ = 0.0;
};

/// A meter of this machine and its clock. Where the meter tells power, a thread samples it between begin() and end();
/// it ends with either of end() and the destructor.
class MeterGauge final : public Gauge {
 public:
  explicit MeterGauge(FoundMeter meter);
  ~MeterGauge() override;
  MeterGauge(const MeterGauge&) = delete;
  MeterGauge& operator=(const MeterGauge&) = delete;

  std::int64_t now_ns() const override;
  std::int64_t begin() override;
  Energy end() override;
  void idle(std::int64_t ns) override;
  const MeterInfo& info() const noexcept { return found_.info; }

 private:
  struct Reading {
    double value = 0.0;
    std::int64_t at_ns = 0;
  };
  Reading read();
  void sample_until_stopped();
  void stop() noexcept;

  FoundMeter found_;
  Reading begin_;
  PowerIntegral integral_;        ///< Of the thread while it runs.
  std::exception_ptr failure_;    ///< Of the thread while it runs.
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
};

}  // namespace dnntune::device
