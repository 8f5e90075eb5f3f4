// SPDX-License-Identifier: Apache-2.0
#include "dnntune/timeline.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <limits>
#include <map>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "base/json.h"
#include "dnntune/error.h"
#include "split/trace.h"

namespace dnntune {
namespace {

using base::Json;

constexpr const char* kSchema = "dnntune.timeline/1";
constexpr int kDevicePid = 1, kCloudPid = 2;

std::int64_t unix_now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

double microseconds(std::int64_t ns) { return static_cast<double>(ns) * 1e-3; }

std::string text(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// A timeline as read; times are nanoseconds from the start of the device's.
struct Side {
  std::string process;
  std::int64_t start_unix_ns = 0, dropped = 0;
  Json events;
};

Side side_of(const std::string& json, std::string_view what) {
  const Json trace = base::parse_json(json, what);
  if (!trace.is_object()) throw Error(ErrorCode::invalid_argument, fmt::format("{}: not a JSON object", what));
  const Json& other = base::get_object(trace, "otherData", what);
  const auto schema = base::get<std::string>(other, "schema", what);
  if (schema != kSchema) throw Error(ErrorCode::invalid_argument, fmt::format("{}: schema '{}', not '{}'", what, schema.substr(0, 64), kSchema));
  Side side{base::get<std::string>(other, "process", what), base::get<std::int64_t>(other, "start_unix_ns", what), base::get<std::int64_t>(other, "dropped", what),
            base::get_array(trace, "traceEvents", what)};
  return side;
}

/// The step that an event is; "" for what is none.
std::string step_of(const Json& event, std::string_view what) {
  return base::get_or<std::string>(event, "ph", "", what) == "X" ? base::get<std::string>(event, "name", what) : "";
}
std::string request_of(const Json& event, std::string_view what) { return base::get<std::string>(base::get_object(event, "args", what), "request", what); }

/// From the first start to the last end of the steps called `first` and `last`, of each request; microseconds.
struct Interval {
  double start = std::numeric_limits<double>::infinity(), end = -std::numeric_limits<double>::infinity();
};
std::map<std::string, Interval> intervals(const Side& side, std::string_view first, std::string_view last, std::string_view what) {
  std::map<std::string, Interval> found;
  for (const Json& event : side.events) {
    const std::string name = step_of(event, what);
    if (name != first && name != last) continue;
    Interval& interval = found[request_of(event, what)];
    const double start = base::get<double>(event, "ts", what), end = start + base::get<double>(event, "dur", what);
    if (name == first) interval.start = std::min(interval.start, start);
    if (name == last) interval.end = std::max(interval.end, end);
  }
  return found;
}

/// What to add to the cloud's times so that it computes between question and answer, as little as will do.
double cloud_shift_us(const std::map<std::string, Interval>& asked, const std::map<std::string, Interval>& computed, double start_difference_us) {
  double least = -std::numeric_limits<double>::infinity(), most = std::numeric_limits<double>::infinity();
  std::vector<double> middles;
  for (const auto& [id, question] : asked) {
    const auto there = computed.find(id);
    if (there == computed.end() || !(question.start <= question.end) || !(there->second.start <= there->second.end)) continue;
    const double low = question.start - there->second.start, high = question.end - there->second.end;
    least = std::max(least, low);
    most = std::min(most, high);
    middles.push_back((low + high) / 2);
  }
  if (middles.empty()) return start_difference_us;
  if (least <= most) return std::clamp(start_difference_us, least, most);
  // The clocks drift against each other: no one shift suits all.
  std::nth_element(middles.begin(), middles.begin() + static_cast<std::ptrdiff_t>(middles.size() / 2), middles.end());
  return middles[middles.size() / 2];
}

void append(Json& events, const Side& side, int pid, double shift_us) {
  for (Json event : side.events) {
    if (!event.is_object()) throw Error(ErrorCode::invalid_argument, fmt::format("{}: an event is not an object", side.process));
    event["pid"] = pid;
    if (event.contains("ts")) event["ts"] = base::get<double>(event, "ts", "a timeline's event") + shift_us;
    events.push_back(std::move(event));
  }
}

/// Arrows from the sending of each request to the cloud's receiving it.
void append_arrows(Json& events) {
  static constexpr std::string_view kWhat = "a timeline's event";
  std::map<std::string, std::pair<Json, Json>> ends;
  for (const Json& event : events) {
    const std::string name = step_of(event, kWhat);
    const bool is_device = base::get<int>(event, "pid", kWhat) == kDevicePid;
    if (name != (is_device ? "send" : "receive")) continue;
    auto& [from, to] = ends[request_of(event, kWhat)];
    Json& end = is_device ? from : to;
    end = Json::object();
    end["tid"] = base::get<int>(event, "tid", kWhat);
    end["ts"] = base::get<double>(event, "ts", kWhat);
  }
  for (const auto& [id, both] : ends) {
    const auto& [from, to] = both;
    if (from.is_null() || to.is_null()) continue;
    const auto arrow_end = [&id = id](const char* phase, int pid, const Json& end) {
      Json event = {{"ph", phase}, {"cat", "dnntune"}, {"name", "request"}, {"id", id}, {"pid", pid}};
      event["tid"] = end.at("tid");
      event["ts"] = end.at("ts");
      return event;
    };
    events.push_back(arrow_end("s", kDevicePid, from));
    events.push_back(arrow_end("f", kCloudPid, to));
    events.back()["bp"] = "e";
  }
}

}  // namespace

struct Timeline::Impl {
  int thread_number() {
    return threads.emplace(std::this_thread::get_id(), static_cast<int>(threads.size()) + 1).first->second;
  }

  std::string process;
  std::size_t max_spans = 0;
  std::int64_t start_ns = base::now_ns(), start_unix_ns = unix_now_ns();
  mutable std::mutex mutex;  ///< Of all below.
  std::deque<TimelineSpan> spans;
  std::map<std::thread::id, int> threads;
  std::int64_t dropped = 0;
};

Timeline::Timeline(std::string process, std::size_t max_spans) : impl_(std::make_unique<Impl>()) {
  if (max_spans == 0) throw Error(ErrorCode::invalid_argument, "a timeline of no spans");
  impl_->process = std::move(process);
  impl_->max_spans = max_spans;
}
Timeline::~Timeline() = default;

void Timeline::add(TimelineSpan span) {
  const std::lock_guard lock(impl_->mutex);
  span.thread = impl_->thread_number();
  impl_->spans.push_back(std::move(span));
  if (impl_->spans.size() <= impl_->max_spans) return;
  impl_->spans.pop_front();
  ++impl_->dropped;
}

std::vector<TimelineSpan> Timeline::spans() const {
  const std::lock_guard lock(impl_->mutex);
  return {impl_->spans.begin(), impl_->spans.end()};
}
std::int64_t Timeline::dropped() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->dropped;
}

std::string Timeline::to_json() const {
  Json events = Json::array();
  events.push_back({{"ph", "M"}, {"name", "process_name"}, {"pid", kDevicePid}, {"args", {{"name", impl_->process}}}});
  for (const TimelineSpan& span : spans()) {
    Json args = {{"request", span.request_id}};
    if (!span.detail.empty()) args["detail"] = span.detail;
    events.push_back({{"ph", "X"}, {"cat", "dnntune"}, {"name", span.name}, {"pid", kDevicePid}, {"tid", span.thread},
                      {"ts", microseconds(span.start_ns - impl_->start_ns)}, {"dur", microseconds(span.duration_ns)}, {"args", std::move(args)}});
  }
  return text({{"displayTimeUnit", "ms"}, {"traceEvents", std::move(events)},
               {"otherData", {{"schema", kSchema}, {"process", impl_->process}, {"start_unix_ns", impl_->start_unix_ns}, {"dropped", dropped()}}}});
}

void Timeline::save(const std::filesystem::path& path) const { base::write_file(path, to_json()); }

std::string merge_timelines(const std::string& device_json, const std::string& cloud_json) {
  static constexpr std::string_view kDevice = "the device's timeline", kCloud = "the cloud's timeline";
  const Side device = side_of(device_json, kDevice), cloud = side_of(cloud_json, kCloud);
  const double by_clocks_us = microseconds(cloud.start_unix_ns - device.start_unix_ns);
  const double shift_us = cloud_shift_us(intervals(device, "send", "receive", kDevice), intervals(cloud, "compute", "compute", kCloud), by_clocks_us);
  Json events = Json::array();
  append(events, device, kDevicePid, 0.0);
  append(events, cloud, kCloudPid, shift_us);
  append_arrows(events);
  return text({{"displayTimeUnit", "ms"}, {"traceEvents", std::move(events)},
               {"otherData", {{"schema", kSchema}, {"process", device.process + " and " + cloud.process}, {"start_unix_ns", device.start_unix_ns},
                              {"dropped", device.dropped + cloud.dropped}, {"cloud_clock_moved_us", shift_us - by_clocks_us}}}});
}

namespace split {

std::string trace_id(std::string_view trace_parent) {
  static constexpr std::size_t kVersion = 3, kId = 32;
  if (trace_parent.size() < kVersion + kId + 1 || trace_parent[2] != '-' || trace_parent[kVersion + kId] != '-') return "";
  const std::string_view id = trace_parent.substr(kVersion, kId);
  const bool hexadecimal = std::all_of(id.begin(), id.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  return hexadecimal ? std::string(id) : "";
}

}  // namespace split
}  // namespace dnntune
