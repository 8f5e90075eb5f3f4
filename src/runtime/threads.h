// SPDX-License-Identifier: Apache-2.0
// Which cores the threads of a session were told to use, and which the system lets them.
#pragma once

#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "dnntune/session.h"

namespace dnntune::runtime {

/// Throws not_found when the processor names cores that this machine does not have. Cores that are offline or
/// that the process may not use are not missing: they may come back, and the pin's refusal is reported.
void require_cores(const Processor& processor);

/// Read from the system now; see ThreadPool::placements.
std::vector<ThreadState> thread_states(const base::ThreadPool& pool);

/// For people: on which cores the threads ran, as asked; and a line for each that did not.
std::vector<std::string> thread_notes(const base::ThreadPool& pool);

}  // namespace dnntune::runtime
