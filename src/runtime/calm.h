// SPDX-License-Identifier: Apache-2.0
// Whether cores are as fast as they can be just now. On a machine that others use too, a neighbour on the same physical
// core takes up to half of it for seconds; a clock that is throttled shows the same way.
#pragma once

#include "base/thread_pool.h"

namespace dnntune::runtime {

/// Multiplies and adds for some 20 us on every thread of the pool, all at once. True when each reaches `least_flops`
/// operations a second.
bool is_calm(base::ThreadPool& pool, double least_flops);

}  // namespace dnntune::runtime
