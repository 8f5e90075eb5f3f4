// SPDX-License-Identifier: Apache-2.0
// Counters of the processor, by the system call perf_event_open: cycles, instructions, misses of the last-level cache.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "device/meters/tree.h"
#include "dnntune/profile.h"

namespace dnntune::device {

/// Counts what all threads that this process has now do in user space. Threads made later are not counted.
class EventCounters {
 public:
  /// Never throws for what the kernel refuses: see why_not().
  explicit EventCounters(const Tree& tree);
  ~EventCounters();
  EventCounters(const EventCounters&) = delete;
  EventCounters& operator=(const EventCounters&) = delete;

  /// Whether at least one of the counters can be read.
  bool usable() const noexcept { return !events_.empty(); }
  /// Why some counter is missing, and what to do about it; "" when none is.
  const std::string& why_not() const noexcept { return why_not_; }
  void start() noexcept;
  /// What was counted since start(), divided by `runs`; a counter that could not be read is left empty.
  EventCounts stop(std::int64_t runs) noexcept;

 private:
  struct Event {
    int kind;
    int file;
  };
  std::vector<Event> events_;
  std::string why_not_;
};

/// What a refusal of perf_event_open means: `error` is its errno, `paranoid` the text of
/// /proc/sys/kernel/perf_event_paranoid, "" when that cannot be read.
std::string explain_refusal(int error, const std::string& paranoid);

}  // namespace dnntune::device
