// SPDX-License-Identifier: Apache-2.0
// Device::local: this machine, from its files; and from cpuinfo what they do not say.
#include <algorithm>
#include <cpuinfo.h>
#include <unistd.h>
#include <utility>

#include "base/cores.h"
#include "device/describe.h"
#include "device/identity.h"
#include "dnntune/device.h"

namespace dnntune {
namespace {

/// Android kernels seldom publish their caches; cpuinfo knows those of many phones.
void add_caches(Device& device) {
  const std::vector<int>& usable = device.processors.front().cores;
  const auto add = [&](int level, const char* type, std::uint32_t count, const cpuinfo_cache* caches) {
    for (std::uint32_t i = 0; caches != nullptr && i < count; ++i) {
      Cache cache{level, type, caches[i].size, {}};
      for (std::uint32_t p = 0; p < caches[i].processor_count; ++p) {
        const cpuinfo_processor* processor = cpuinfo_get_processor(caches[i].processor_start + p);
        if (processor != nullptr && std::find(usable.begin(), usable.end(), processor->linux_id) != usable.end()) cache.cores.push_back(processor->linux_id);
      }
      std::sort(cache.cores.begin(), cache.cores.end());
      if (!cache.cores.empty()) device.caches.push_back(std::move(cache));
    }
  };
  add(1, "data", cpuinfo_get_l1d_caches_count(), cpuinfo_get_l1d_caches());
  add(2, "unified", cpuinfo_get_l2_caches_count(), cpuinfo_get_l2_caches());
  add(3, "unified", cpuinfo_get_l3_caches_count(), cpuinfo_get_l3_caches());
}

}  // namespace

Device Device::local() {
  std::optional<std::vector<int>> allowed;
  if (const auto mask = base::CoreMask::of_thread()) allowed = mask->cores();
  Device device = device::describe("/", allowed);

  device::Identity identity = device::identify(std::move(device.name));
  device.name = std::move(identity.name);
  device.os = std::move(identity.os);
  device.simd = std::move(identity.simd);
  if (device.os.empty()) device.notes.push_back("the operating system does not tell its name (uname)");

  const auto sized = [](const Cache& cache) { return cache.size_bytes > 0; };
  if (cpuinfo_initialize() && std::none_of(device.caches.begin(), device.caches.end(), sized)) {
    device.caches.clear();
    add_caches(device);
  }

  if (device.memory_bytes == 0) {
    const long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    if (pages > 0 && page_bytes > 0) device.memory_bytes = static_cast<std::int64_t>(pages) * page_bytes;
    else device.notes.push_back("the system does not tell how much memory it has");
  }
  return device;
}

}  // namespace dnntune
