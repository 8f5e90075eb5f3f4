// SPDX-License-Identifier: Apache-2.0
// How large the work-groups of a launch are. GPUs differ so much in this that it is measured, once for each kernel and
// size of a device; what was found is kept in a file beside the programs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "backends/opencl/queue.h"

namespace dnntune::backends::opencl {

class WorkGroups {
 public:
  /// `measure`: else a rule of thumb. An empty `folder`: nothing is kept.
  WorkGroups(const DeviceContext& device, Queue& queue, const std::filesystem::path& folder, const std::string& device_key, bool measure);
  /// Writes what is new; a file that cannot be written is only not there the next time.
  ~WorkGroups();
  WorkGroups(const WorkGroups&) = delete;
  WorkGroups& operator=(const WorkGroups&) = delete;

  bool measures() const noexcept { return measure_; }
  /// For a kernel whose arguments are set. `key` tells apart what has the same name and size.
  WorkSize choose(const Kernel& kernel, const std::string& key, const WorkSize& items);
  int measured() const noexcept { return measured_; }
  std::int64_t measured_ns() const noexcept { return measured_ns_; }

 private:
  WorkSize rule_of_thumb(const WorkSize& items, std::size_t most) const;
  WorkSize measure(const Kernel& kernel, const WorkSize& items, std::size_t most);
  std::size_t largest(const Kernel& kernel) const;

  const DeviceContext& device_;
  Queue& queue_;
  std::filesystem::path file_;
  bool measure_;
  bool is_new_ = false;
  int measured_ = 0;
  std::int64_t measured_ns_ = 0;
  std::map<std::string, WorkSize> sizes_;  ///< By hash of key, kernel's name and items.
};

/// `items` rounded up to whole work-groups: OpenCL 1.2 has no others. Kernels leave the surplus alone.
inline WorkSize whole_groups(const WorkSize& items, const WorkSize& local) noexcept {
  WorkSize global{};
  for (std::size_t d = 0; d < 3; ++d) global[d] = divide_up(items[d], local[d]) * local[d];
  return global;
}

}  // namespace dnntune::backends::opencl
