// SPDX-License-Identifier: Apache-2.0
// What the opaque handles hold, and the guard that keeps exceptions on this side.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "dnntune/c_api.h"
#include "dnntune/dnntune.h"

struct dnntune_graph {
  dnntune::Graph value;
};
struct dnntune_tensor {
  dnntune::Tensor value;
};
struct dnntune_tensors {
  explicit dnntune_tensors(dnntune::Tensors map) {
    for (auto& [name, tensor] : map) entries.emplace_back(name, dnntune_tensor{std::move(tensor)});
  }
  std::vector<std::pair<std::string, dnntune_tensor>> entries;  ///< In name order.
};
struct dnntune_device {
  explicit dnntune_device(dnntune::Device device) : value(std::move(device)), json(value.to_json()), candidates(value.candidates()) {}
  dnntune::Device value;
  std::string json;
  std::vector<dnntune::Processor> candidates;
};
struct dnntune_processor {
  dnntune::Processor value;
};
struct dnntune_assignment {
  explicit dnntune_assignment(dnntune::Assignment assignment) : value(std::move(assignment)), json(value.to_json()) {}
  dnntune::Assignment value;
  std::string json;
};
struct dnntune_tuning {
  explicit dnntune_tuning(dnntune::Tuning tuning) : value(std::move(tuning)), table(value.table()), json(value.to_json()) {}
  dnntune::Tuning value;
  std::string table, json;
};
struct dnntune_session {
  dnntune::Session value;
};
struct dnntune_threads {
  std::vector<dnntune::ThreadState> states;
};
struct dnntune_profile {
  explicit dnntune_profile(dnntune::Profile profile) : value(std::move(profile)), json(value.to_json()), table(value.table()) {}
  dnntune::Profile value;
  std::string json, table;
};
struct dnntune_meters {
  std::vector<dnntune::MeterInfo> value;
};
struct dnntune_link {
  dnntune::Link value;
};
struct dnntune_plan {
  explicit dnntune_plan(dnntune::Plan plan) : value(std::move(plan)), json(value.to_json()), text(value.explain()) {}
  dnntune::Plan value;
  std::string json, text;
};
struct dnntune_plans {
  explicit dnntune_plans(const std::vector<dnntune::Plan>& plans) : entries(plans.begin(), plans.end()) {}
  std::vector<dnntune::Plan> values() const {
    std::vector<dnntune::Plan> plans;
    for (const dnntune_plan& entry : entries) plans.push_back(entry.value);
    return plans;
  }
  std::vector<dnntune_plan> entries;
};
struct dnntune_route {
  dnntune::RouteRequest request;
  bool own_measures = true, own_encodings = true;  ///< Those of RouteRequest, until the caller names some.
};
struct dnntune_route_plan {
  explicit dnntune_route_plan(dnntune::RoutePlan plan) : value(std::move(plan)), json(value.to_json()), text(value.explain()) {}
  dnntune::RoutePlan value;
  std::string json, text;
};
struct dnntune_split {
  dnntune::SplitSession value;
};
struct dnntune_split_result {
  explicit dnntune_split_result(dnntune::SplitResult answer) : value(std::move(answer)), outputs(std::move(value.outputs)) {}
  dnntune::SplitResult value;
  dnntune_tensors outputs;
};
struct dnntune_adaptive {
  dnntune::AdaptiveSession value;
};
struct dnntune_adaptive_result {
  explicit dnntune_adaptive_result(dnntune::AdaptiveResult answer) : value(std::move(answer)), run(std::move(value.run)) {}
  dnntune::AdaptiveResult value;  ///< But its run.
  dnntune_split_result run;
};
struct dnntune_stream {
  dnntune::FrameStream value;
};
struct dnntune_frame_result {
  explicit dnntune_frame_result(dnntune::FrameResult result) : value(std::move(result)), answer(std::move(value.answer)) {}
  dnntune::FrameResult value;  ///< But its answer.
  dnntune_adaptive_result answer;
};
struct dnntune_server {
  dnntune_server(dnntune::Processor processor, dnntune::ServerOptions options) : value(std::move(processor), std::move(options)) {}
  dnntune::Server value;
  std::string url;
};

struct dnntune_timeline {
  std::shared_ptr<dnntune::Timeline> value;
};

namespace dnntune::capi {

/// Stores the text for dnntune_last_error, calls the callback, returns `status`. Never throws.
dnntune_status fail(dnntune_status status, const char* message) noexcept;

/// A structure has at least its size and one option; no version has anywhere near the most.
inline constexpr std::size_t kLeastOptionBytes = 8, kMostOptionBytes = 4096;

/// Throws invalid_argument naming the parameter when `pointer` is null.
template <typename T>
T& need(T* pointer, const char* name) {
  if (pointer == nullptr) throw Error(ErrorCode::invalid_argument, std::string("parameter '") + name + "' is NULL");
  return *pointer;
}

/// Fills a caller's option structure, of `size` bytes in the version that it was compiled with. `defaults` has
/// this library's own size.
template <typename T>
void init_options(T* options, std::size_t size, T defaults) noexcept {
  if (options == nullptr || size < kLeastOptionBytes || size > kMostOptionBytes) return;
  defaults.struct_size = static_cast<std::uint32_t>(size);
  std::memset(static_cast<void*>(options), 0, size);
  std::memcpy(static_cast<void*>(options), &defaults, std::min(size, sizeof(T)));
}

/// A caller's option structure, or the defaults when it is null; what a shorter one, of an older version, lacks
/// has its default. Throws invalid_argument for one that was not initialised, and for a longer one that sets what
/// this library does not know.
template <typename T>
T options_or_default(const T* options, T defaults) {
  if (options == nullptr) return defaults;
  const std::size_t size = options->struct_size;
  if (size < kLeastOptionBytes || size > kMostOptionBytes)
    throw Error(ErrorCode::invalid_argument, "option structure is not initialised: call its _init function");
  const auto* const bytes = reinterpret_cast<const unsigned char*>(options);
  if (size > sizeof(T) && std::any_of(bytes + sizeof(T), bytes + size, [](unsigned char byte) { return byte != 0; }))
    throw Error(ErrorCode::invalid_argument, "option structure sets options of a newer version of the library");
  std::memcpy(static_cast<void*>(&defaults), options, std::min(size, sizeof(T)));
  return defaults;
}

/// Null for none.
inline std::shared_ptr<Timeline> timeline_or_none(const dnntune_timeline* timeline) { return timeline == nullptr ? nullptr : timeline->value; }
inline std::string text_or_empty(const char* text) { return text == nullptr ? "" : text; }

/// `list[index]`; throws invalid_argument when there is no such entry. `what` names one entry.
template <typename T>
const T& at(const std::vector<T>& list, std::size_t index, const char* what) {
  if (index >= list.size()) throw Error(ErrorCode::invalid_argument, std::string(what) + " " + std::to_string(index) + " of " + std::to_string(list.size()));
  return list[index];
}

/// An enumeration's value if it is one of 0 to `count` - 1; else throws invalid_argument. `what` names it.
template <typename Enum>
Enum checked_enum(int value, int count, const char* what) {
  if (value < 0 || value >= count) throw Error(ErrorCode::invalid_argument, std::string(what) + " " + std::to_string(value) + " does not exist");
  return static_cast<Enum>(value);
}

/// Of `options`, or the defaults when it is null. Throw invalid_argument as options_or_default.
SplitOptions split_settings(const dnntune_split_options* options);
AdaptiveOptions adaptive_settings(const dnntune_adaptive_options* options);
dnntune_adaptive_counts counts_of(const AdaptiveCounters& counters);

/// Inputs of a run from the parallel arrays.
Tensors collect(const char* const* names, const dnntune_tensor* const* inputs, std::size_t count);

/// The one guard: runs `body` and turns whatever it throws into a status.
template <typename Body>
dnntune_status guard(Body&& body) noexcept {
  try {
    body();
    return DNNTUNE_OK;
  } catch (const Error& e) {
    return fail(static_cast<dnntune_status>(e.code()), e.what());
  } catch (const std::bad_alloc&) {
    return fail(DNNTUNE_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& e) {
    return fail(DNNTUNE_INTERNAL, e.what());
  } catch (...) {
    return fail(DNNTUNE_INTERNAL, "unknown exception");
  }
}

}  // namespace dnntune::capi
