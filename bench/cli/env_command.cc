// SPDX-License-Identifier: Apache-2.0
// dnntune env: this machine, or one from a device file, as the library sees it.
#include <map>
#include <memory>
#include <tuple>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/energy.h"
#include "cli/output.h"

namespace dnntune::cli {
namespace {

constexpr std::size_t kWidth = 80;

std::string lists_text(const std::vector<std::vector<int>>& lists) {
  std::string text;
  for (const std::vector<int>& cores : lists) text += (text.empty() ? "" : "  ") + core_list_text(cores);
  return text;
}

/// Caches are named in powers of two everywhere.
std::string cache_size_text(std::int64_t bytes) {
  if (bytes <= 0) return "?";
  return bytes >= 1 << 20 && bytes % (1 << 19) == 0 ? fmt::format("{:g} MiB", static_cast<double>(bytes) / (1 << 20)) : fmt::format("{:g} KiB", static_cast<double>(bytes) / 1024);
}

void print_clusters(const Device& device) {
  if (device.clusters.empty()) return;
  Table table({"cluster", "core", ">cores", ">threads", ">max GHz", ">speed", "numbers"});
  for (const Cluster& cluster : device.clusters)
    table.row({cluster.name, cluster.core.empty() ? "-" : cluster.core, std::to_string(cluster.physical_cores), std::to_string(cluster.cores.size()),
               cluster.max_frequency_hz > 0.0 ? fmt::format("{:.2f}", cluster.max_frequency_hz / 1e9) : "?",
               cluster.speed > 0.0 ? fmt::format("{:.2f}", cluster.speed) : "?", core_list_text(cluster.cores)});
  fmt::print("\n{}", table.text(kWidth));
}

void print_processors(const Device& device) {
  Table table({"processor", "backend", ">threads", "cores, in the order of threads"});
  for (const Processor& processor : device.processors)
    table.row({processor.name, processor.backend, std::to_string(processor.threads),
               processor.cores.empty() ? processor.description.empty() ? "-" : processor.description : core_list_text(processor.cores)});
  fmt::print("\n{}", table.text(kWidth));
}

void print_caches(const Device& device) {
  std::map<std::tuple<int, std::string, std::int64_t>, std::vector<std::vector<int>>> alike;
  for (const Cache& cache : device.caches) alike[{cache.level, cache.type, cache.size_bytes}].push_back(cache.cores);
  if (alike.empty()) return;
  Table table({"cache", ">size", ">count", "of cores"});
  for (const auto& [kind, cores] : alike)
    table.row({fmt::format("L{} {}", std::get<0>(kind), std::get<1>(kind)), cache_size_text(std::get<2>(kind)), std::to_string(cores.size()), lists_text(cores)});
  fmt::print("\n{}", table.text(kWidth));
}

/// "cpu:big x1 x2 x4, cpu:all x8"
std::string candidates_text(const Device& device) {
  std::string text, last;
  for (const Processor& processor : device.candidates()) {
    const std::size_t blank = std::min(processor.name.find(' '), processor.name.size());
    const std::string cluster = processor.name.substr(0, blank);
    if (cluster != last) text += (text.empty() ? "" : ", ") + cluster;
    text += processor.name.substr(blank);
    last = cluster;
  }
  return text;
}

void print(const Device& device) {
  const auto line = [](const char* title, const std::string& text) {
    if (!text.empty()) fmt::print("{}", wrapped(fmt::format("{:<8}{}", title, text), 8, kWidth));
  };
  line("device", device.name);
  line("os", device.os);
  const auto memory_text = [](std::int64_t bytes) { return bytes > 0 ? bytes_text(static_cast<double>(bytes)) : "?"; };
  line("memory", memory_text(device.memory_bytes));
  for (const NumaNode& node : device.numa_nodes)
    line("", fmt::format("node {}: {}, cores {}", node.id, memory_text(node.memory_bytes), node.cores.empty() ? "none" : core_list_text(node.cores)));
  line("SIMD", device.simd);
  if (device.quota_cores > 0.0) line("quota", fmt::format("the time of {:.2f} cores", device.quota_cores));
  if (!device.smt_siblings.empty()) line("SMT", "hardware threads of one core: " + lists_text(device.smt_siblings));
  print_clusters(device);
  print_processors(device);
  print_caches(device);
  fmt::print("\n");
  line("to try", candidates_text(device));
  fmt::print("{}", meters_text());
  for (const std::string& note : device.notes) line("note", note);
}

}  // namespace

void add_env(CLI::App& app, int& result) {
  auto json = std::make_shared<bool>(false);
  auto file = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("env", "Show a machine's cores, caches and processors, and the library's version");
  command->add_flag("--json", *json, "Print the device file");
  command->add_option("--device", *file, "A device file to show in place of this machine");
  command->callback([json, file, &result] {
    Device device = file->empty() ? Device::local() : parse_file(*file, Device::from_json);
    if (file->empty()) device.add_accelerators();
    result = kOk;
    if (*json) {
      emit(device.to_json(), "");
      return;
    }
    fmt::print("{:<8}{}\n", "dnntune", version());
    print(device);
  });
}

}  // namespace dnntune::cli
