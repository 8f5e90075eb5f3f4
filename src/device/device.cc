// SPDX-License-Identifier: Apache-2.0
// Device::processor: a processor by name.
#include "dnntune/device.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "base/cores.h"
#include "dnntune/error.h"

namespace dnntune {
namespace {

struct Request {
  std::string_view cluster;
  std::optional<int> threads;
};

/// "cpu:big x2" -> {"cpu:big", 2}; nothing when the part after the blank is not "x" and a number above 0.
std::optional<Request> parse(std::string_view name) {
  const std::size_t blank = name.find(' ');
  if (blank == std::string_view::npos) return Request{name, std::nullopt};
  const std::string_view count = name.substr(blank + 1);
  int threads = 0;
  if (count.size() < 2 || count.front() != 'x') return std::nullopt;
  const auto [end, error] = std::from_chars(count.data() + 1, count.data() + count.size(), threads);
  if (error != std::errc{} || end != count.data() + count.size() || threads < 1) return std::nullopt;
  return Request{name.substr(0, blank), threads};
}

int most_threads(const Processor& processor) {
  return std::max(processor.threads, static_cast<int>(processor.cores.size()));
}

/// "'cpu:all' (x1 to x8), 'cpu:big' (x1 to x4), 'opencl:0'"
std::string existing_names(const std::vector<Processor>& processors) {
  std::string text;
  for (const Processor& processor : processors) {
    text += fmt::format("{}'{}'", text.empty() ? "" : ", ", processor.name);
    if (most_threads(processor) > 1) text += fmt::format(" (x1 to x{})", most_threads(processor));
  }
  return text.empty() ? "none" : text;
}

/// "xnnpack:big" -> {"cpu:big", "xnnpack"}: other backends of the CPU run on its clusters.
struct Place {
  std::string cluster, backend;
};
Place place_of(std::string_view name) {
  constexpr std::string_view kXnnpack = "xnnpack:";
  if (!name.starts_with(kXnnpack)) return {std::string(name), ""};
  return {fmt::format("cpu:{}", name.substr(kXnnpack.size())), "xnnpack"};
}

const Processor* find(const std::vector<Processor>& processors, std::string_view name) {
  const auto it = std::find_if(processors.begin(), processors.end(), [&](const Processor& p) { return p.name == name; });
  return it == processors.end() ? nullptr : &*it;
}

/// The processor of "cpu:0,2-3"; nothing when `name` has another form. Throws invalid_argument for a core that is named
/// twice, not_found for one that no CPU processor of the device has.
std::optional<Processor> by_cores(const Device& device, std::string_view name) {
  constexpr std::string_view kPrefix = "cpu:";
  if (!name.starts_with(kPrefix) || name.size() == kPrefix.size() || name[kPrefix.size()] < '0' || name[kPrefix.size()] > '9') return std::nullopt;
  int twice = -1;
  std::optional<std::vector<int>> cores = base::parse_core_list(name.substr(kPrefix.size()), &twice);
  if (twice >= 0) throw Error(ErrorCode::invalid_argument, fmt::format("processor '{}' names core {} twice", name, twice));
  if (!cores) return std::nullopt;
  std::vector<int> known;
  for (const Processor& processor : device.processors)
    if (processor.backend == "cpu") known.insert(known.end(), processor.cores.begin(), processor.cores.end());
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  for (const int core : *cores)
    if (!std::binary_search(known.begin(), known.end(), core))
      throw Error(ErrorCode::not_found, fmt::format("processor '{}': device '{}' has no core {}; it has {}", name, device.name, core,
                                                    known.empty() ? "none that are numbered" : base::core_list_text(known)));
  Processor processor;
  processor.name = name;
  processor.backend = "cpu";
  processor.threads = static_cast<int>(cores->size());
  processor.cores = std::move(*cores);
  return processor;
}

}  // namespace

std::string core_list_text(const std::vector<int>& cores) { return base::core_list_text(cores); }

Processor Device::processor(const std::string& wanted) const {
  const std::optional<Request> request = parse(wanted);
  const Processor* cluster = nullptr;
  Place place;
  std::optional<Processor> by_number;
  if (request) {
    place = place_of(request->cluster);
    cluster = find(processors, place.cluster);
    if (cluster == nullptr && place.cluster == "cpu:big") cluster = find(processors, "cpu:all");
    if (cluster == nullptr && (by_number = by_cores(*this, place.cluster))) cluster = &*by_number;
  }
  if (cluster == nullptr || request->threads.value_or(1) > most_threads(*cluster))
    throw Error(ErrorCode::not_found,
                fmt::format("no processor '{}' in device '{}'; it has {}", wanted, name, existing_names(processors)));

  Processor result = *cluster;
  result.threads = request->threads.value_or(cluster->threads);
  const bool one_of_a_kind = cluster->backend != "cpu" && most_threads(*cluster) == 1;  // "opencl:0"
  if (!one_of_a_kind) result.name = fmt::format("{} x{}", cluster->name, result.threads);
  if (!place.backend.empty()) {
    result.backend = place.backend;
    result.name.replace(0, result.name.find(':'), place.backend);
  }
  if (result.active_power_w >= 0.0 && result.threads != cluster->threads) {
    const double share = static_cast<double>(result.threads) / cluster->threads;
    result.active_power_w *= share;
    for (PowerPoint& point : result.power_points) point.watt *= share;
    result.power_source += fmt::format(" (scaled from {} to {} threads)", cluster->threads, result.threads);
  }
  return result;
}

}  // namespace dnntune
