// SPDX-License-Identifier: Apache-2.0
#include "device/describe.h"

#include <utility>

#include "device/clusters.h"
#include "device/topology.h"

namespace dnntune::device {

Device describe(const std::filesystem::path& root, const std::optional<std::vector<int>>& allowed) {
  Device device;
  Topology topology = read_topology(root, allowed, device.notes);
  device.name = std::move(topology.name);
  device.clusters = clusters_of(topology.cores);
  device.processors = processors_of(topology.cores, device.clusters);
  device.caches = std::move(topology.caches);
  device.smt_siblings = std::move(topology.smt_siblings);
  device.numa_nodes = std::move(topology.numa_nodes);
  device.memory_bytes = topology.memory_bytes;
  device.quota_cores = topology.quota_cores;
  return device;
}

}  // namespace dnntune::device
