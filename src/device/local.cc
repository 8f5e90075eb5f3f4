// SPDX-License-Identifier: Apache-2.0
// Device::local: this machine, from its files; and from cpuinfo what they do not say.
#include <algorithm>
#include <cpuinfo.h>
#include <cstring>
#include <sys/utsname.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/cores.h"
#include "device/describe.h"
#include "dnntune/device.h"

namespace dnntune {
namespace {

/// The name Highway gives to the instruction set that our kernels will choose on this processor.
const char* simd_name() {
#if CPUINFO_ARCH_X86 || CPUINFO_ARCH_X86_64
  if (cpuinfo_has_x86_avx512f() && cpuinfo_has_x86_avx512cd() && cpuinfo_has_x86_avx512dq() && cpuinfo_has_x86_avx512bw() &&
      cpuinfo_has_x86_avx512vl())
    return "AVX3";
  if (cpuinfo_has_x86_avx2() && cpuinfo_has_x86_fma3()) return "AVX2";
  if (cpuinfo_has_x86_sse4_1()) return "SSE4";
  return "SSE2";
#elif CPUINFO_ARCH_ARM || CPUINFO_ARCH_ARM64
  return cpuinfo_has_arm_neon() ? "NEON" : "scalar";
#else
  return "";
#endif
}

/// What is always there on an architecture, for processors that cpuinfo does not know.
const char* baseline_simd_name() {
#if defined(__aarch64__) || defined(__ARM_NEON)
  return "NEON";
#elif defined(__x86_64__)
  return "SSE2";
#else
  return "";
#endif
}

std::string text_of(const char* text, std::size_t capacity) { return {text, strnlen(text, capacity)}; }

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

  const bool have_cpuinfo = cpuinfo_initialize();
  device.simd = have_cpuinfo ? simd_name() : baseline_simd_name();
  if (have_cpuinfo && cpuinfo_get_packages_count() > 0) {
    const std::string name = text_of(cpuinfo_get_package(0)->name, sizeof cpuinfo_get_package(0)->name);
    if (!name.empty() && name != "Unknown") device.name = name;
  }
  const auto sized = [](const Cache& cache) { return cache.size_bytes > 0; };
  if (have_cpuinfo && std::none_of(device.caches.begin(), device.caches.end(), sized)) {
    device.caches.clear();
    add_caches(device);
  }

  utsname system{};
  if (uname(&system) == 0) {
    device.os = fmt::format("{} {} {}", system.sysname, system.release, system.machine);
    if (device.name.empty()) device.name = system.machine;
  } else {
    device.notes.push_back("the operating system does not tell its name (uname)");
  }

  if (device.memory_bytes == 0) {
    const long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    if (pages > 0 && page_bytes > 0) device.memory_bytes = static_cast<std::int64_t>(pages) * page_bytes;
    else device.notes.push_back("the system does not tell how much memory it has");
  }
  return device;
}

}  // namespace dnntune
