// SPDX-License-Identifier: Apache-2.0
// Device::candidates: the processors worth trying.
#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "dnntune/device.h"

namespace dnntune {
namespace {

/// Thread counts worth trying on the cores of one cluster.
std::set<int> thread_counts(const Processor& cluster, const std::vector<NumaNode>& nodes) {
  std::set<int> counts = {cluster.threads, std::max(cluster.threads, static_cast<int>(cluster.cores.size()))};
  for (int n = 1; n < cluster.threads; n *= 2) counts.insert(n);
  // Cores come node by node: as many threads as the first node has physical cores are one whole node.
  for (const NumaNode& node : nodes) {
    const auto whole_cores = std::min(static_cast<std::size_t>(cluster.threads), cluster.cores.size());
    const auto begin = cluster.cores.begin(), end = begin + static_cast<std::ptrdiff_t>(whole_cores);
    const auto elsewhere = std::find_if(begin, end, [&](int core) { return !std::binary_search(node.cores.begin(), node.cores.end(), core); });
    if (elsewhere != begin) counts.insert(static_cast<int>(elsewhere - begin));
  }
  return counts;
}

}  // namespace

std::vector<Processor> Device::candidates() const {
  const auto is_cpu = [](const Processor& p) { return p.backend == "cpu"; };
  const bool several = std::count_if(processors.begin(), processors.end(), is_cpu) > 1;
  const int most = quota_cores > 0.0 ? static_cast<int>(std::min(1e6, std::ceil(quota_cores))) : 1 << 20;
  std::vector<Processor> result;
  std::set<std::pair<int, std::vector<int>>> seen;  // threads, and the cores that they take
  const auto add = [&](const Processor& cluster, int threads) {
    if (threads > most) return;
    if (!cluster.cores.empty()) {
      std::vector<int> cores(cluster.cores.begin(), cluster.cores.begin() + std::min<std::ptrdiff_t>(threads, std::ssize(cluster.cores)));
      std::sort(cores.begin(), cores.end());
      if (!seen.emplace(threads, std::move(cores)).second) return;
    }
    result.push_back(processor(cluster.name + " x" + std::to_string(threads)));
  };
  for (const Processor& cluster : processors) {
    if (!is_cpu(cluster) || (several && cluster.name == "cpu:all")) continue;
    for (const int threads : thread_counts(cluster, numa_nodes)) add(cluster, threads);
  }
  for (const Processor& cluster : processors) {
    if (!is_cpu(cluster) || !several || cluster.name != "cpu:all") continue;
    add(cluster, cluster.threads);
    add(cluster, std::max(cluster.threads, static_cast<int>(cluster.cores.size())));
  }
  for (const Processor& other : processors)
    if (!is_cpu(other)) result.push_back(processor(other.name));
  return result;
}

}  // namespace dnntune
