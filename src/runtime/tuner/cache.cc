// SPDX-License-Identifier: Apache-2.0
#include "runtime/tuner/cache.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/file.h"
#include "base/json.h"
#include "device/identity.h"
#include "dnntune/error.h"
#include "dnntune/version.h"
#include "graph/graph_impl.h"
#include "graph/hash.h"

namespace dnntune::runtime {
namespace {

constexpr const char* kSchema = "dnntune.timings/1";
/// A file that grew beyond this is begun anew.
constexpr std::size_t kMostEntries = 100'000;
/// A day: no layer takes that long.
constexpr double kMostNs = 86400e9;

std::string device_key() {
  const device::Identity machine = device::identify();
  return fmt::format("{} {} {} {}", machine.name, machine.os, machine.simd, version());
}

/// Of what an assignment is for: the layers by their names and work. The elements of weights change neither, and hashing them
/// would read the whole model in each start.
std::string layers_key(const Graph& graph) {
  const graph::Ir& lowered = graph.impl().lowered.ir;
  std::string names;
  for (const graph::Node& node : lowered.nodes) (names += node.name).push_back('\0');
  return fmt::format("{} {}", graph::hash_work(lowered), graph::hash_text(names));
}

}  // namespace

void require_cache_folder(const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(folder, error);
  if (status.type() == std::filesystem::file_type::not_found)
    throw Error(ErrorCode::not_found, fmt::format("there is no tuning cache '{}': tune makes it", folder.string()));
  if (!error && !std::filesystem::is_directory(status)) error = std::make_error_code(std::errc::not_a_directory);
  if (!error && ::access(folder.c_str(), X_OK) != 0) error = std::error_code(errno, std::generic_category());
  if (error) throw Error(ErrorCode::io, fmt::format("cannot read the tuning cache '{}': {}", folder.string(), error.message()));
}

void make_cache_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Error(ErrorCode::io, fmt::format("cannot make the folder '{}': {}", folder.string(), error.message()));
  std::string probe = (folder / "probe.XXXXXX").string();
  const int file = ::mkostemp(probe.data(), O_CLOEXEC);
  if (file < 0) throw Error(ErrorCode::io, fmt::format("cannot write to the folder '{}': {}", folder.string(), std::strerror(errno)));
  ::close(file);
  ::unlink(probe.c_str());
}

std::string processor_key(const Processor& processor) {
  return fmt::format("{} {} x{} {}", processor.backend, processor.name, processor.threads, fmt::join(processor.cores, ","));
}

std::filesystem::path assignment_file(const std::filesystem::path& folder, const Graph& graph, const Processor& own, const SessionOptions& options) {
  std::string key = fmt::format("{}|{}|{}|{} {} {}", device_key(), layers_key(graph), processor_key(own), to_string(options.weights), to_string(options.math), to_string(options.storage));
  for (const TensorInfo& input : graph.inputs()) {
    const auto given = options.input_shapes.find(input.name);
    key += fmt::format("|{}{}", input.name, to_string(given == options.input_shapes.end() ? input.shape : given->second));
  }
  return folder / fmt::format("assignment-{}.json", graph::hash_text(key));
}

std::optional<Assignment> read_assignment(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return std::nullopt;
  try {
    return Assignment::from_json(base::read_text_file(file));
  } catch (const Error&) {  // as if it were not there: tuning again repairs it
    return std::nullopt;
  }
}

TimingCache::TimingCache(const std::filesystem::path& folder) {
  if (folder.empty()) return;
  file_ = folder / fmt::format("timings-{}.json", graph::hash_text(device_key()));
  std::error_code error;
  if (!std::filesystem::exists(file_, error)) return;
  try {
    const base::Json json = base::parse_json(base::read_text_file(file_), "timings");
    base::require_schema(json, kSchema);
    const base::Json& layers = base::get_object(json, "layers", kSchema);
    if (layers.size() > kMostEntries) return;
    for (const auto& [key, list] : layers.items()) {
      std::vector<Timing> timings;
      for (const base::Json& entry : list)
        timings.push_back({base::get<std::string>(entry, "asked", key), base::get<std::string>(entry, "kernel", key),
                           base::get<double>(entry, "median_ns", key), base::get<double>(entry, "spread_ns", key)});
      const auto possible = [](const Timing& timing) {
        return timing.median_ns > 0.0 && timing.median_ns < kMostNs && timing.spread_ns >= 0.0 && timing.spread_ns < kMostNs;
      };
      if (std::all_of(timings.begin(), timings.end(), possible)) timings_.emplace(key, std::move(timings));
    }
  } catch (const Error&) {
    timings_.clear();
  }
}

const std::vector<TimingCache::Timing>* TimingCache::find(const std::string& key) const {
  const auto found = timings_.find(key);
  return found == timings_.end() ? nullptr : &found->second;
}

void TimingCache::add(const std::string& key, std::vector<Timing> timings) {
  timings_[key] = std::move(timings);
  changed_ = true;
}

void TimingCache::save() const {
  if (file_.empty() || !changed_) return;
  base::Json layers = base::Json::object();
  for (const auto& [key, timings] : timings_) {
    base::Json& list = layers[key] = base::Json::array();
    for (const Timing& timing : timings)
      list.push_back({{"asked", timing.asked}, {"kernel", timing.kernel}, {"median_ns", timing.median_ns}, {"spread_ns", timing.spread_ns}});
  }
  base::write_file(file_, base::dump_json({{"schema", kSchema}, {"layers", std::move(layers)}}));
}

}  // namespace dnntune::runtime
