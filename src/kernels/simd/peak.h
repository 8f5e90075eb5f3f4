// SPDX-License-Identifier: Apache-2.0
// The machine's own limits, for programs that measure it: multiply-adds and streaming reads on the calling thread.
#pragma once

#include <cstdint>

namespace dnntune::kernels::simd {

/// Rounds of 12 multiply-adds of vectors, in registers only. Returns a sum, so that no compiler leaves them out.
float multiply_add(std::int64_t rounds) noexcept;
/// Floating-point operations, two a multiply-add, of one round.
std::int64_t multiply_add_flops() noexcept;
/// Reads all floats, in 64-byte aligned memory, and does as little as possible with them.
float read_floats(const float* from, std::int64_t floats) noexcept;
/// Name of the instruction set that is used.
const char* instruction_set() noexcept;

}  // namespace dnntune::kernels::simd
