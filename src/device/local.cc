// SPDX-License-Identifier: Apache-2.0
// Device::local: this machine.
#include <cpuinfo.h>
#include <cstring>
#include <sys/utsname.h>
#include <unistd.h>

#include <fmt/format.h>

#include "device/topology.h"
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

}  // namespace

Device Device::local() {
  Device device;
  const std::vector<device::Core> cores = device::allowed_cores(device.notes);
  for (const device::Cluster& cluster : device::clusters_of(cores)) {
    Processor processor;
    processor.name = cluster.name;
    processor.backend = "cpu";
    processor.cores = cluster.cores;
    processor.threads = cluster.physical_cores;
    device.processors.push_back(std::move(processor));
  }

  const bool have_cpuinfo = cpuinfo_initialize();
  device.simd = have_cpuinfo ? simd_name() : baseline_simd_name();
  if (have_cpuinfo && cpuinfo_get_packages_count() > 0)
    device.name = text_of(cpuinfo_get_package(0)->name, sizeof cpuinfo_get_package(0)->name);

  utsname system{};
  if (uname(&system) == 0) {
    device.os = fmt::format("{} {} {}", system.sysname, system.release, system.machine);
    if (device.name.empty()) device.name = system.machine;
  } else {
    device.notes.push_back("the operating system does not tell its name (uname)");
  }

  const long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
  if (pages > 0 && page_bytes > 0)
    device.memory_bytes = static_cast<std::int64_t>(pages) * page_bytes;
  else
    device.notes.push_back("the system does not tell how much memory it has (sysconf)");
  return device;
}

}  // namespace dnntune
