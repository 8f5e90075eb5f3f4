// SPDX-License-Identifier: Apache-2.0
// How fast memory can be read: what a product of one row, which reads each weight once, is compared with.
#pragma once

#include <cstdint>

#include "base/aligned.h"
#include "base/thread_pool.h"
#include "report.h"

namespace dnntune::bench {

/// Threads that this process may run at the same time, at most `wanted`.
int possible_threads(int wanted) noexcept;

/// Reads all floats and does as little as possible with them, each thread its own stretch. The sum is
/// returned so that no compiler leaves the reading out.
float read_all(const float* from, std::int64_t floats, base::ThreadPool& pool) noexcept;

}  // namespace dnntune::bench
