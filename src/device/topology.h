// SPDX-License-Identifier: Apache-2.0
// What the kernel's files say about a machine's cores, caches and memory: a function of a root folder and a mask.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "device/core_kinds.h"
#include "dnntune/device.h"

namespace dnntune::device {

/// One logical core that the process may use.
struct Core {
  int id = 0;                     ///< The system's number, as for sched_setaffinity.
  CoreKind kind = {};
  double speed = 0.0;             ///< In any unit, the same for all cores; 0 when the system hides it.
  double max_frequency_hz = 0.0;  ///< 0 when unknown.
  int smt_index = 0;              ///< 0 for the first usable hardware thread of a physical core, 1 for its sibling...
  int node = 0;                   ///< NUMA node.
  int domain = 0;                 ///< Cores with one number share the cache that is farthest from them.
};

struct Topology {
  std::string name;               ///< Board or processor; "" when no file tells.
  std::vector<Core> cores;        ///< Ascending; never empty.
  std::vector<Cache> caches;      ///< By level, type and first core.
  std::vector<std::vector<int>> smt_siblings;
  std::vector<NumaNode> numa_nodes;  ///< Empty when there is only one.
  std::int64_t memory_bytes = 0;  ///< 0 when unknown.
  double quota_cores = 0.0;       ///< Of the control group; 0: no limit.
};

/// Reads "/proc" and "/sys" below `root`. `allowed` are the cores that the process may use; nothing: what the
/// tree's /proc/self/status says. What could not be found out is added to `notes`. Throws nothing but bad_alloc,
/// whatever the files hold.
Topology read_topology(const std::filesystem::path& root, const std::optional<std::vector<int>>& allowed, std::vector<std::string>& notes);

/// Topology::name alone.
std::string board_name(const std::filesystem::path& root);

/// The cores that the machine has, online or not; nothing when the tree does not tell.
std::optional<std::vector<int>> present_cores(const std::filesystem::path& root);

}  // namespace dnntune::device
