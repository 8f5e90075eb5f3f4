// SPDX-License-Identifier: Apache-2.0
// Monotonic time in nanoseconds, and the date for reports.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace dnntune::base {

inline std::int64_t now_ns() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
/// Processor time that the calling thread has used.
std::int64_t thread_cpu_ns() noexcept;
/// Seconds as nanoseconds.
inline double ns(double seconds) noexcept { return seconds * 1e9; }
/// "2026-11-21T21:40:14Z"
std::string utc_date();

}  // namespace dnntune::base
