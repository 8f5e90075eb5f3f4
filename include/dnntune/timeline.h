// SPDX-License-Identifier: Apache-2.0
// Timeline: what the requests of a SplitSession or a Server spent their time on, step by step, in the trace format that browsers show.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dnntune/export.h"

namespace dnntune {

/// One step of one request.
struct TimelineSpan {
  std::string name;         ///< "encode", "send", "wait" and so on: src/split/README.md lists them.
  std::string request_id;   ///< The same on the device and in the cloud: a W3C trace-id of 32 hexadecimal digits.
  std::string detail;       ///< What else is known: the way an answer came, the path asked for. May be empty.
  std::int64_t start_ns = 0;  ///< Of std::chrono::steady_clock.
  std::int64_t duration_ns = 0;
  int thread = 0;           ///< Of this process, from 1 in the order in which they added their first span.
};

/// Collects the steps of requests for SplitOptions::timeline or ServerOptions::timeline; both may have the same. Thread-safe.
class DNNTUNE_API Timeline {
 public:
  /// `process` names this side in the trace. Of more than `max_spans` steps the oldest are dropped. Throws invalid_argument for max_spans of 0.
  explicit Timeline(std::string process, std::size_t max_spans = 200'000);
  ~Timeline();
  Timeline(const Timeline&) = delete;
  Timeline& operator=(const Timeline&) = delete;

  void add(TimelineSpan span);  ///< `thread` becomes the caller's.
  std::vector<TimelineSpan> spans() const;  ///< In the order in which they ended.
  std::int64_t dropped() const;
  /// Chrome's trace event format ("dnntune.timeline/1" under otherData): chrome://tracing and https://ui.perfetto.dev show it.
  std::string to_json() const;
  /// The same into a file, which is replaced by rename. Throws not_found when its folder is not there, io.
  void save(const std::filesystem::path& path) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The timelines of a device and of its cloud as one, in the same format, with an arrow from each request to what the cloud did for it. Where the clocks of
/// the two machines disagree, the cloud's is moved so that it computes what it was asked for between question and answer; otherData says by how much.
/// Throws invalid_argument for other JSON.
DNNTUNE_API std::string merge_timelines(const std::string& device_json, const std::string& cloud_json);

}  // namespace dnntune
