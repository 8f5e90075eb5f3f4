// SPDX-License-Identifier: Apache-2.0
#include "runtime/threads.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include "base/cores.h"
#include "device/topology.h"
#include "dnntune/error.h"

namespace dnntune::runtime {
namespace {

std::string problem_of(const base::Placement& placement) {
  if (placement.asked_core < 0) return "";
  if (placement.error == ENOSYS) return fmt::format("pin to core {} accepted by the system but not kept to", placement.asked_core);
  if (placement.error != 0)
    return fmt::format("pin to core {} refused: {}", placement.asked_core, std::generic_category().message(placement.error));
  if (placement.cores.empty()) return "";  // not tried yet, or the system does not tell
  const bool there = placement.cores == std::vector<int>{placement.asked_core};
  return there ? "" : fmt::format("moved away from core {} after it was pinned there", placement.asked_core);
}

}  // namespace

void require_cores(const Processor& processor) {
  if (processor.cores.empty()) return;
  const std::optional<std::vector<int>> present = device::present_cores("/");
  if (!present) return;
  std::vector<int> missing;
  for (const int core : processor.cores)
    if (!std::binary_search(present->begin(), present->end(), core)) missing.push_back(core);
  if (missing.empty()) return;
  throw Error(ErrorCode::not_found, fmt::format("processor '{}' names core {}; this machine has cores {}. SessionOptions::allow_missing_cores lets its "
                                                "threads run where they can",
                                                processor.name, base::core_list_text(missing), base::core_list_text(*present)));
}

std::vector<ThreadState> thread_states(const base::ThreadPool& pool) {
  std::vector<ThreadState> states;
  for (base::Placement& placement : pool.placements()) {
    ThreadState state;
    state.asked_core = placement.asked_core;
    state.pinned = placement.asked_core >= 0 && placement.cores == std::vector<int>{placement.asked_core};
    state.problem = problem_of(placement);
    state.cores = std::move(placement.cores);
    states.push_back(std::move(state));
  }
  return states;
}

std::vector<std::string> thread_notes(const base::ThreadPool& pool) {
  const std::vector<ThreadState> states = thread_states(pool);
  if (states.front().asked_core < 0) return {"threads not pinned to cores"};
  std::vector<std::string> notes;
  std::vector<int> as_asked;
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (states[i].problem.empty()) {
      as_asked.push_back(states[i].asked_core);
      continue;
    }
    const std::string where = states[i].cores.empty() ? "cores that the system does not tell" : "cores " + base::core_list_text(states[i].cores);
    notes.push_back(fmt::format("warning: thread {}: {}; it may run on {}", i, states[i].problem, where));
  }
  if (!as_asked.empty()) {
    const char* some = notes.empty() ? "threads" : "other threads";
    notes.push_back(fmt::format("{} ran on cores {} as asked", some, base::core_list_text(as_asked)));
  }
  return notes;
}

}  // namespace dnntune::runtime
