// SPDX-License-Identifier: Apache-2.0
#include "backends/opencl/work_groups.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <limits>
#include <sstream>
#include <vector>

#include <xxhash.h>

#include "base/file.h"

namespace dnntune::backends::opencl {
namespace {

constexpr std::string_view kSchema = "dnntune.opencl-work-groups/1";

std::string size_hash(std::string_view text) { return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size())); }

std::map<std::string, WorkSize> read_sizes(const std::filesystem::path& file) {
  std::map<std::string, WorkSize> sizes;
  try {
    std::istringstream lines(base::read_text_file(file));
    std::string schema, key;
    if (!std::getline(lines, schema) || schema != kSchema) return {};
    WorkSize size{};
    while (lines >> key >> size[0] >> size[1] >> size[2])
      if (key.size() == 16 && size[0] > 0 && size[1] > 0 && size[2] > 0) sizes[key] = size;
  } catch (const Error&) {  // there is none yet, or it cannot be read: measured again
  }
  return sizes;
}

}  // namespace

WorkGroups::WorkGroups(const DeviceContext& device, Queue& queue, const std::filesystem::path& folder, const std::string& device_key,
                       bool measure)
    : device_(device), queue_(queue), measure_(measure) {
  if (!measure || folder.empty()) return;
  file_ = folder / ("work_groups-" + size_hash(device_key) + ".txt");
  sizes_ = read_sizes(file_);
}

WorkGroups::~WorkGroups() {
  if (!is_new_ || file_.empty()) return;
  try {
    std::map<std::string, WorkSize> all = read_sizes(file_);  // another session may have added some
    for (const auto& [key, size] : sizes_) all[key] = size;
    std::string text = fmt::format("{}\n", kSchema);
    for (const auto& [key, size] : all) text += fmt::format("{} {} {} {}\n", key, size[0], size[1], size[2]);
    std::error_code ignored;  // then writing fails
    std::filesystem::create_directories(file_.parent_path(), ignored);
    base::write_file(file_, text);
  } catch (const std::exception&) {  // only not kept
  }
}

WorkSize WorkGroups::choose(const Kernel& kernel, const std::string& key, const WorkSize& items) {
  const std::size_t most = largest(kernel);
  if (!measure_) return rule_of_thumb(items, most);
  const std::string hash = size_hash(fmt::format("{}\n{}\n{} {} {}", key, kernel.name, items[0], items[1], items[2]));
  if (const auto found = sizes_.find(hash); found != sizes_.end() && found->second[0] * found->second[1] * found->second[2] <= most)
    return found->second;
  const WorkSize best = measure(kernel, items, most);
  sizes_[hash] = best;
  is_new_ = true;
  return best;
}

std::size_t WorkGroups::largest(const Kernel& kernel) const {
  std::size_t most = 0;
  const cl_int status = device_.library->GetKernelWorkGroupInfo(kernel.handle.get(), device_.info.id, CL_KERNEL_WORK_GROUP_SIZE,
                                                                sizeof most, &most, nullptr);
  if (status != CL_SUCCESS || most == 0) most = device_.info.max_work_group;
  return std::min(most, device_.info.max_work_group);
}

// CPUs run a work-group as a loop on one core, and PoCL compiles a kernel again for every size: few sizes. GPUs want
// one or two of their warps (32 on NVIDIA, 64 on AMD, 64 or 128 on Adreno, 16 on Valhall Mali).
WorkSize WorkGroups::rule_of_thumb(const WorkSize& items, std::size_t most) const {
  if (device_.info.is_cpu) {
    for (const std::size_t x : {64u, 8u})
      if (items[0] >= x && x <= std::min(most, device_.info.max_work_items[0])) return {x, 1, 1};
    return {1, 1, 1};
  }
  const std::size_t all = std::bit_floor(std::min<std::size_t>(64, most));
  const std::size_t x = std::min(all, std::bit_ceil(items[0]));
  return {x, std::min(all / x, std::bit_ceil(items[1])), 1};
}

WorkSize WorkGroups::measure(const Kernel& kernel, const WorkSize& items, std::size_t most) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<WorkSize> candidates;
  const auto add = [&](std::size_t x, std::size_t y) {
    const WorkSize size{x, y, 1};
    if (x * y > most || x > device_.info.max_work_items[0] || y > device_.info.max_work_items[1]) return;
    if (std::find(candidates.begin(), candidates.end(), size) == candidates.end()) candidates.push_back(size);
  };
  const std::size_t widest = std::bit_ceil(items[0]), highest = std::bit_ceil(items[1]);
  for (const std::size_t all : {32u, 64u, 128u, 256u})
    for (const std::size_t y : {1u, 4u, 16u})
      if (const std::size_t high = std::min<std::size_t>(y, highest); all / high >= 1) add(std::min(all / high, widest), high);
  if (candidates.empty()) candidates.push_back({1, 1, 1});
  WorkSize best = rule_of_thumb(items, most);
  std::int64_t best_ns = std::numeric_limits<std::int64_t>::max();
  // Slow kernels show their best size in few runs; opening a session must not take seconds for each.
  constexpr auto kMostTime = std::chrono::milliseconds(200);
  for (const WorkSize& local : candidates) {
    if (best_ns != std::numeric_limits<std::int64_t>::max() && std::chrono::steady_clock::now() - start > kMostTime) break;
    try {
      const WorkSize global = whole_groups(items, local);
      queue_.time(kernel, global, local);  // the first one may compile
      const std::int64_t ns = std::min(queue_.time(kernel, global, local), queue_.time(kernel, global, local));
      if (ns < best_ns) {
        best_ns = ns;
        best = local;
      }
    } catch (const Error& error) {
      // A size that this driver refuses is none to choose; a device that is gone is the caller's affair.
      if (error.code() == ErrorCode::out_of_memory) throw;
    }
  }
  if (best_ns == std::numeric_limits<std::int64_t>::max())
    throw Error(ErrorCode::io, fmt::format("{}: kernel '{}' runs with no size of work-groups", device_.name, kernel.name));
  ++measured_;
  measured_ns_ += std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start).count();
  return best;
}

}  // namespace dnntune::backends::opencl
