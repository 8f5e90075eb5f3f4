// SPDX-License-Identifier: Apache-2.0
// The shape grid: layers of the operators that backends compete for, with sizes of 1, primes, and around vector lengths.
#pragma once

#include <vector>

#include "backends/layer_case.h"
#include "backends/simd_harness.h"

namespace dnntune::test {

/// The layer in the backends' order of dimensions; inputs other than the `varying` ones are constant.
SimdCase grid_case(const LayerCase& layer, const std::vector<std::size_t>& varying = {0}, graph::Activation activation = {});

std::vector<SimdCase> operator_grid();
/// Layers of 8-bit integers, scales and zero points constant.
std::vector<SimdCase> quantized_grid();

}  // namespace dnntune::test
