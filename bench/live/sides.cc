// SPDX-License-Identifier: Apache-2.0
#include "live/sides.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hwy/targets.h>

#include <dnntune/error.h>
#include <dnntune/server.h>

namespace dnntune::live {
namespace {

struct Target {
  std::string name;
  std::int64_t bit;
};

std::string name_of(std::int64_t bit) { return bit == HWY_SCALAR || bit == HWY_EMU128 ? "scalar" : hwy::TargetName(bit); }

/// Highway numbers the better ones lower, and what a processor cannot do without cannot be switched off.
std::vector<Target> targets() {
  std::vector<Target> found;
  const std::int64_t supported = hwy::SupportedTargets(), always = HWY_ENABLED_BASELINE;
  const std::int64_t slowest = std::int64_t{1} << (63 - __builtin_clzll(static_cast<unsigned long long>(always)));
  for (std::int64_t bit = slowest; bit > 0; bit >>= 1) {
    if ((supported & bit) == 0) continue;
    const std::string name = name_of(bit);
    if (found.empty() || found.back().name != name) found.push_back({name, bit});
  }
  return found;
}

}  // namespace

Cores two_cores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  std::vector<int> cores;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0)
    for (int core = 0; core < CPU_SETSIZE && cores.size() < 2; ++core)
      if (CPU_ISSET(core, &allowed)) cores.push_back(core);
  if (cores.size() < 2) throw Error(ErrorCode::unsupported, "device and cloud need a core each, and this process has one");
  return {cores[0], cores[1]};
}

void stay_on(int core) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(core, &only);
  if (::sched_setaffinity(0, sizeof only, &only) != 0)
    throw Error(ErrorCode::unsupported, fmt::format("cannot stay on core {}: {}", core, std::strerror(errno)));
}

Processor own_processor() { return Device::local().processor("cpu:all x1"); }

[[noreturn]] void serve(const std::vector<Graph>& graphs) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ServerOptions options;
  options.max_suffixes = 8;  // prepared suffixes of a large network take half a gigabyte each
  Server server(own_processor(), options);
  for (const Graph& graph : graphs) server.add_model(graph);
  server.start();
  fmt::print("listening on {}\n", server.url());
  std::fflush(stdout);
  for (;;) ::pause();
}

std::vector<std::string> instruction_sets() {
  std::vector<std::string> names;
  for (const Target& target : targets()) names.push_back(target.name);
  return names;
}

void limit_instructions(const std::string& name) {
  for (const Target& target : targets()) {
    if (target.name != name) continue;
    hwy::DisableTargets(target.bit - 1);  // all better ones
    return;
  }
  throw Error(ErrorCode::not_found, fmt::format("no instruction set '{}' to hold this processor to; there are: {}", name, fmt::join(instruction_sets(), ", ")));
}

Cloud::Cloud(const Cores& cores, const std::string& program, const std::vector<std::string>& arguments) {
  stay_on(cores.cloud);
  server_ = std::make_unique<demo::ServerProcess>(program, arguments);
  url_ = server_->url();
  shaper_ = std::make_unique<LinkShaper>(Link::named("loopback"), url_);
  stay_on(cores.device);
}

Cloud::Cloud(const std::string& url) : url_(url), shaper_(std::make_unique<LinkShaper>(Link::named("loopback"), url)) {}

}  // namespace dnntune::live
