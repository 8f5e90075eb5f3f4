// SPDX-License-Identifier: Apache-2.0
#include "device/identity.h"

#include <cpuinfo.h>
#include <cstring>
#include <sys/utsname.h>

#include <fmt/format.h>

#include "device/topology.h"

namespace dnntune::device {
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

/// "" where cpuinfo does not know the processor.
std::string package_name() {
  const cpuinfo_package* const package = cpuinfo_get_packages_count() > 0 ? cpuinfo_get_package(0) : nullptr;
  if (package == nullptr) return "";
  std::string name(package->name, strnlen(package->name, sizeof package->name));
  return name == "Unknown" ? "" : name;
}

}  // namespace

Identity identify(std::string board) {
  const bool have_cpuinfo = cpuinfo_initialize();
  Identity identity{have_cpuinfo ? package_name() : "", "", have_cpuinfo ? simd_name() : baseline_simd_name()};
  if (identity.name.empty()) identity.name = board.empty() ? board_name("/") : std::move(board);
  utsname system{};
  if (uname(&system) == 0) {
    identity.os = fmt::format("{} {} {}", system.sysname, system.release, system.machine);
    if (identity.name.empty()) identity.name = system.machine;
  }
  return identity;
}

}  // namespace dnntune::device
