// SPDX-License-Identifier: Apache-2.0
// The cores this process may use, and how they fall into clusters of like speed.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace dnntune::device {

/// One logical core.
struct Core {
  int id = 0;              ///< The system's number, as for sched_setaffinity.
  double capacity = 0.0;   ///< Speed in any unit, the same for all cores; 0 when the system hides it.
  int smt_index = 0;       ///< 0 for the first hardware thread of a physical core, 1 for its sibling...
};

/// Cores in the order in which threads should take them: fast before slow, whole cores before siblings.
struct Cluster {
  std::string name;        ///< "cpu:all", "cpu:big", "cpu:little"
  std::vector<int> cores;
  int physical_cores = 0;
};

/// The cores the scheduler allows to this process. What could not be found out is added to `notes`.
/// Never empty and never throws for what the system hides.
std::vector<Core> allowed_cores(std::vector<std::string>& notes);

/// Processor time the control group allows, in cores ("max 100000" and "150000 100000" are the forms of
/// cgroup v2's cpu.max); 0 when there is no limit or the text is none of these.
double quota_in_cores(const std::string& cpu_max);

/// "cpu:all"; and, where the slowest cores are more than 15 % slower than the fastest, "cpu:little" (those
/// near the slowest) and "cpu:big" (the others). Turbo differences between equal cores stay below that.
std::vector<Cluster> clusters_of(std::span<const Core> cores);

}  // namespace dnntune::device
