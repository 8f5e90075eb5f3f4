// SPDX-License-Identifier: Apache-2.0
// The steps of one request on their way to a Timeline.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "dnntune/timeline.h"

namespace dnntune::split {

/// Does nothing, and reads no clock, without a timeline.
class Trace {
 public:
  Trace() = default;
  Trace(std::shared_ptr<Timeline> timeline, std::string id) : timeline_(std::move(timeline)), id_(std::move(id)) {}

  const std::string& id() const noexcept { return id_; }
  explicit operator bool() const noexcept { return timeline_ != nullptr; }
  std::int64_t now() const noexcept { return timeline_ ? base::now_ns() : 0; }
  /// A step that took from `start_ns` to `end_ns`.
  void add(const char* name, std::int64_t start_ns, std::int64_t end_ns, const std::string& detail = "") const {
    if (timeline_) timeline_->add({name, id_, detail, start_ns, end_ns - start_ns});
  }

  /// A step from here to the end of the scope, however that is left.
  class Step {
   public:
    Step(const Trace& trace, const char* name, std::string_view detail = "") : trace_(trace), name_(name), detail_(detail), start_ns_(trace.now()) {}
    ~Step() {
      try {
        trace_.add(name_, start_ns_, trace_.now(), std::string(detail_));
      } catch (const std::exception&) {
        // No memory: the request matters more than its record.
      }
    }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    const Trace& trace_;
    const char* name_;
    std::string_view detail_;
    std::int64_t start_ns_;
  };

 private:
  std::shared_ptr<Timeline> timeline_;
  std::string id_;
};

/// The header that W3C Trace Context gives a request: with it, tools that know nothing of this library find the same identifier.
inline constexpr const char* kTraceParent = "traceparent";
/// Its value; `id` is a trace-id, whose last half becomes the parent's.
inline std::string trace_parent(const std::string& id) { return "00-" + id + "-" + id.substr(16) + "-01"; }
/// The trace-id of such a value; "" when it is none.
std::string trace_id(std::string_view trace_parent);

}  // namespace dnntune::split
