// SPDX-License-Identifier: Apache-2.0
// The two sides of the experiment on one machine: a core for the device, whose instruction set is limited, and a core for the cloud.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <dnntune/device.h>
#include <dnntune/graph.h>
#include <dnntune/split.h>

#include "demo/server_process.h"

namespace dnntune::live {

/// Two cores of this process. Threads and processes run where the thread that starts them does.
struct Cores {
  int device = 0;
  int cloud = 0;
};
/// The first two cores that the process may use. Throws unsupported when it has only one.
Cores two_cores();
/// Keeps the calling thread, and what it starts from now on, on one core. Throws unsupported when the system refuses.
void stay_on(int core);

/// One thread of the core that the calling thread is held to.
Processor own_processor();
/// What the cloud's process does: says where it listens and serves these networks until it is killed, or its parent is gone.
[[noreturn]] void serve(const std::vector<Graph>& graphs);

/// Instruction sets that this process can be held to, slowest first: "scalar", "SSE4", ...
std::vector<std::string> instruction_sets();
/// Our kernels use nothing beyond this instruction set in this process from now on; before the first session. Throws not_found
/// listing the names.
void limit_instructions(const std::string& name);

/// The cloud, a process on its core, and the link to it: a relay on the same core. The device's thread is back on its own core afterwards.
class Cloud {
 public:
  /// `program serve arguments...` says where it listens.
  Cloud(const Cores& cores, const std::string& program, const std::vector<std::string>& arguments);
  /// A server that is there already, and a relay wherever the system runs it.
  explicit Cloud(const std::string& url);

  const std::string& direct_url() const { return url_; }
  std::string url() const { return shaper_->url(); }
  void shape(const Link& link) { shaper_->set_link(link); }

 private:
  std::unique_ptr<demo::ServerProcess> server_;  ///< Null for one that was there.
  std::string url_;
  std::unique_ptr<LinkShaper> shaper_;
};

}  // namespace dnntune::live
