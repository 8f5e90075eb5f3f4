// SPDX-License-Identifier: Apache-2.0
#include "device/clusters.h"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

namespace dnntune::device {
namespace {

constexpr double kDistinctSpeed = 0.85;

/// "Cortex-A57" -> "cortex-a57", "Denver 2" -> "denver-2": a name without blanks.
std::string name_of_kind(const std::string& kind) {
  std::string name;
  for (const char c : kind) name += c == ' ' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return name;
}

/// Cores of one kind, with the fastest one's speed.
struct Group {
  std::vector<Core> cores;
  double speed = 0.0;
};

bool holds(const Group& group, const Core& core) {
  return std::any_of(group.cores.begin(), group.cores.end(), [&](const Core& member) { return member.id == core.id; });
}

std::vector<Group> groups_of(std::span<const Core> cores) {
  std::vector<Core> sorted(cores.begin(), cores.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const Core& a, const Core& b) { return a.speed > b.speed; });
  std::vector<Group> groups;
  for (const Core& core : sorted) {
    const auto joins = [&](const Group& group) { return group.cores.front().kind == core.kind && core.speed >= kDistinctSpeed * group.speed; };
    const auto group = std::find_if(groups.begin(), groups.end(), joins);
    if (group != groups.end()) group->cores.push_back(core);
    else groups.push_back({{core}, core.speed});
  }
  return groups;
}

std::vector<std::string> names_of(const std::vector<Group>& groups) {
  std::vector<std::string> names(groups.size(), "cpu:all");
  if (groups.size() == 1) return names;
  const double fastest = groups.front().speed, slowest = groups.back().speed;
  const bool mixed = slowest < kDistinctSpeed * fastest;
  const auto little = [&](const Group& group) { return kDistinctSpeed * group.speed < slowest; };
  const bool between = std::any_of(groups.begin() + 1, groups.end(), [&](const Group& group) { return !little(group); });
  for (std::size_t i = 0; i < groups.size(); ++i) {
    std::string base = "cpu:" + name_of_kind(groups[i].cores.front().kind.name);
    if (mixed) base = little(groups[i]) ? "cpu:little" : i > 0 ? "cpu:mid" : between ? "cpu:prime" : "cpu:big";
    names[i] = base;
    for (int n = 2; std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) != names.begin() + static_cast<std::ptrdiff_t>(i); ++n)
      names[i] = fmt::format("{}{}", base, n);
  }
  return names;
}

int physical(std::span<const Core> cores) {
  const auto count = std::count_if(cores.begin(), cores.end(), [](const Core& core) { return core.smt_index == 0; });
  return std::max(1, static_cast<int>(count));
}

/// `cores` in thread order.
Processor processor_of(std::string name, std::span<const Core> cores) {
  Processor processor;
  processor.name = std::move(name);
  processor.backend = "cpu";
  for (const Core& core : cores) processor.cores.push_back(core.id);
  processor.threads = physical(cores);
  return processor;
}

}  // namespace

std::vector<Core> in_thread_order(std::span<const Core> cores) {
  std::vector<Core> sorted(cores.begin(), cores.end());
  const std::vector<Group> groups = groups_of(cores);
  std::map<int, std::size_t> rank;
  for (std::size_t i = 0; i < groups.size(); ++i)
    for (const Core& core : groups[i].cores) rank[core.id] = i;
  // Where all are one cluster, a difference in turbo counts less than what cores share.
  const bool by_speed = groups.size() > 1;
  const auto key = [&](const Core& core) {
    return std::tuple(core.smt_index, rank[core.id], by_speed ? -core.speed : 0.0, core.node, core.domain, core.id);
  };
  std::sort(sorted.begin(), sorted.end(), [&](const Core& a, const Core& b) { return key(a) < key(b); });
  return sorted;
}

std::vector<Cluster> clusters_of(std::span<const Core> cores) {
  const std::vector<Group> groups = groups_of(cores);
  const std::vector<std::string> names = names_of(groups);
  const std::vector<Core> ordered = in_thread_order(cores);
  std::vector<Cluster> clusters;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    Cluster cluster;
    cluster.name = names[i];
    cluster.core = groups[i].cores.front().kind.name;
    for (const Core& core : ordered) {
      if (!holds(groups[i], core)) continue;
      cluster.cores.push_back(core.id);
      cluster.max_frequency_hz = std::max(cluster.max_frequency_hz, core.max_frequency_hz);
    }
    cluster.physical_cores = physical(groups[i].cores);
    if (groups.front().speed > 0.0) cluster.speed = groups[i].speed / groups.front().speed;
    clusters.push_back(std::move(cluster));
  }
  return clusters;
}

std::vector<Processor> processors_of(std::span<const Core> cores, std::span<const Cluster> clusters) {
  const std::vector<Core> ordered = in_thread_order(cores);
  std::vector<Processor> processors = {processor_of("cpu:all", ordered)};
  if (clusters.size() == 1) return processors;
  const auto members = [&](auto&& wanted) {
    std::vector<Core> result;
    for (const Core& core : ordered)
      if (std::any_of(clusters.begin(), clusters.end(), [&](const Cluster& cluster) {
            return wanted(cluster) && std::find(cluster.cores.begin(), cluster.cores.end(), core.id) != cluster.cores.end();
          }))
        result.push_back(core);
    return result;
  };
  for (const Cluster& cluster : clusters) {
    processors.push_back(processor_of(cluster.name, members([&](const Cluster& other) { return other.name == cluster.name; })));
    if (cluster.name == "cpu:prime")
      processors.push_back(processor_of("cpu:big", members([](const Cluster& other) { return !other.name.starts_with("cpu:little"); })));
  }
  return processors;
}

}  // namespace dnntune::device
