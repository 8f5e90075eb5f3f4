// SPDX-License-Identifier: Apache-2.0
// Our own kernels as a backend, and the reference kernels as the oracle and the constant folder.
#pragma once

#include "backends/backend.h"
#include "graph/evaluator.h"

namespace dnntune::backends::cpu {

/// SIMD kernels where there are any, else the reference ones.
const Backend& cpu_backend() noexcept;
/// Reference kernels only.
const Backend& reference_backend() noexcept;
/// Folds constants with the reference kernels.
const graph::Evaluator& evaluator() noexcept;

}  // namespace dnntune::backends::cpu
