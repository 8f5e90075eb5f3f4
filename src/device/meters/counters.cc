// SPDX-License-Identifier: Apache-2.0
#include "device/meters/counters.h"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#ifdef __linux__
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace dnntune::device {

std::string explain_refusal(int error, const std::string& paranoid) {
  const std::optional<double> level = parse_number(paranoid);
  switch (error) {
    case EACCES:
    case EPERM:
      if (level && *level > 2.0)
        return fmt::format("perf_event_paranoid is {:.0f}: \"sudo sysctl kernel.perf_event_paranoid=2\" lets a process count its own events", *level);
      return "the system refuses them (a container's or an Android app's filter of system calls)";
    case ENOENT:
    case ENODEV:
    case EOPNOTSUPP: return "the processor's counters are not there: a virtual machine, or a kernel without a driver for them";
    case ENOSYS: return "the kernel has no perf_event_open";
    case EMFILE:
    case ENFILE: return "too many files are open";
    default: return fmt::format("perf_event_open: {}", std::strerror(error));
  }
}

#ifdef __linux__

namespace {

constexpr std::uint64_t kConfigs[] = {PERF_COUNT_HW_CPU_CYCLES, PERF_COUNT_HW_INSTRUCTIONS, PERF_COUNT_HW_CACHE_MISSES};

int open_event(std::uint64_t config, int thread) noexcept {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_HARDWARE;
  attributes.config = config;
  attributes.disabled = 1;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  attributes.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
  return static_cast<int>(syscall(SYS_perf_event_open, &attributes, thread, -1, -1, PERF_FLAG_FD_CLOEXEC));
}

}  // namespace

EventCounters::EventCounters(const Tree& tree) {
  for (const std::string& name : tree.list("proc/self/task")) {
    const std::optional<double> thread = parse_number(name);
    if (!thread) continue;
    for (int kind = 0; kind < 3; ++kind) {
      const int file = open_event(kConfigs[kind], static_cast<int>(*thread));
      if (file >= 0)
        events_.push_back({kind, file});
      else if (errno != ESRCH && why_not_.empty())  // ESRCH: the thread has ended
        why_not_ = explain_refusal(errno, tree.text_or_empty("proc/sys/kernel/perf_event_paranoid"));
    }
  }
  if (events_.empty() && why_not_.empty()) why_not_ = fmt::format("'{}' lists no threads", tree.shown("proc/self/task"));
}

EventCounters::~EventCounters() {
  for (const Event& event : events_) close(event.file);
}

void EventCounters::start() noexcept {
  for (const Event& event : events_) {
    ioctl(event.file, PERF_EVENT_IOC_RESET, 0);
    ioctl(event.file, PERF_EVENT_IOC_ENABLE, 0);
  }
}

EventCounts EventCounters::stop(std::int64_t runs) noexcept {
  for (const Event& event : events_) ioctl(event.file, PERF_EVENT_IOC_DISABLE, 0);
  EventCounts counts;
  std::optional<double>* const sums[] = {&counts.cycles, &counts.instructions, &counts.llc_misses};
  bool lost[3] = {};
  for (const Event& event : events_) {
    std::uint64_t values[3] = {};  // count, time enabled, time running
    // Counters that share a register are on it for a part of the time. One that never was knows nothing of its thread.
    if (::read(event.file, values, sizeof values) != static_cast<ssize_t>(sizeof values) || (values[1] > 0 && values[2] == 0)) {
      lost[event.kind] = true;
      continue;
    }
    const double share = values[2] > 0 ? static_cast<double>(values[1]) / static_cast<double>(values[2]) : 1.0;
    std::optional<double>& sum = *sums[event.kind];
    sum = sum.value_or(0.0) + static_cast<double>(values[0]) * share / static_cast<double>(runs);
  }
  for (int kind = 0; kind < 3; ++kind)
    if (lost[kind]) sums[kind]->reset();
  return counts;
}

#else

EventCounters::EventCounters(const Tree&) : why_not_("this system has no perf_event_open") {}
EventCounters::~EventCounters() = default;
void EventCounters::start() noexcept {}
EventCounts EventCounters::stop(std::int64_t) noexcept { return {}; }

#endif

}  // namespace dnntune::device
