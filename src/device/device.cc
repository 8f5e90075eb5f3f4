// SPDX-License-Identifier: Apache-2.0
// Device::processor: a processor by name.
#include "dnntune/device.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include <fmt/format.h>

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

/// "'cpu:all' (x1 to x8), 'cpu:big' (x1 to x4)"
std::string existing_names(const std::vector<Processor>& processors) {
  std::string text;
  for (const Processor& processor : processors)
    text += fmt::format("{}'{}' (x1 to x{})", text.empty() ? "" : ", ", processor.name, most_threads(processor));
  return text.empty() ? "none" : text;
}

const Processor* find(const std::vector<Processor>& processors, std::string_view name) {
  const auto it = std::find_if(processors.begin(), processors.end(), [&](const Processor& p) { return p.name == name; });
  return it == processors.end() ? nullptr : &*it;
}

}  // namespace

Processor Device::processor(const std::string& wanted) const {
  const std::optional<Request> request = parse(wanted);
  const Processor* cluster = nullptr;
  if (request) {
    cluster = find(processors, request->cluster);
    if (cluster == nullptr && request->cluster == "cpu:big") cluster = find(processors, "cpu:all");
  }
  if (cluster == nullptr || request->threads.value_or(1) > most_threads(*cluster))
    throw Error(ErrorCode::not_found,
                fmt::format("no processor '{}' in device '{}'; it has {}", wanted, name, existing_names(processors)));

  Processor result = *cluster;
  result.threads = request->threads.value_or(cluster->threads);
  result.name = cluster->backend == "opencl" ? cluster->name : fmt::format("{} x{}", cluster->name, result.threads);
  if (result.active_power_w >= 0.0 && result.threads != cluster->threads) {
    result.active_power_w *= static_cast<double>(result.threads) / cluster->threads;
    result.power_source += fmt::format(" (scaled from {} to {} threads)", cluster->threads, result.threads);
  }
  return result;
}

}  // namespace dnntune
