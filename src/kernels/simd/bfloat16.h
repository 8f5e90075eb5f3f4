// SPDX-License-Identifier: Apache-2.0
// Products in bfloat16: numbers of 8 bits' precision, two of them in a word of 32 bits, multiplied in pairs and
// added to sums in float32.
#pragma once

#include <cstdint>

namespace dnntune::kernels::simd {

/// Whether this processor has an instruction that multiplies pairs of bfloat16 and adds to a float (AVX-512 BF16, or
/// Arm's BF16 extension). Kernels need it besides the instruction set they are compiled for.
bool has_bfloat16_products() noexcept;

/// Rows of `width` floats, two rows to one of words: word n of row p has element n of rows 2 p and 2 p + 1. A run of
/// `run` rows (there is a whole number of them in `rows`) starts a word: an odd one is filled up with zeros. Rounds to
/// nearest, ties to even. Returns what follows the last word.
std::uint16_t* pair_rows(const float* from, std::int64_t rows, std::int64_t width, std::int64_t run, std::uint16_t* to) noexcept;

}  // namespace dnntune::kernels::simd
