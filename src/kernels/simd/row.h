// SPDX-License-Identifier: Apache-2.0
// Products of one row: each weight is read once, so that they are as fast as the memory the weights lie in.
// Weights of 16 bits take half the time; arithmetic is on floats all the same.
#pragma once

#include "base/thread_pool.h"
#include "kernels/simd/gemm.h"

namespace dnntune::kernels::simd {

/// C for m == 1 and a matrix A, without packing A. Items are pairs of panels.
using RowFn = void (*)(const GemmArgs& args, base::Range pairs) noexcept;

/// By the type of the packed weights: GemmArgs::b of floats, GemmArgs::b_half of the others.
struct RowKernels {
  RowFn fp32, fp16, bf16;
};
/// For the best instruction set this processor has.
const RowKernels& row_kernels() noexcept;

}  // namespace dnntune::kernels::simd
