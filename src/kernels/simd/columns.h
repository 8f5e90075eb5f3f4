// SPDX-License-Identifier: Apache-2.0
// How kernels that work along an axis in front of others share those others' elements: the columns.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"

namespace dnntune::kernels::simd {

/// Blocks of at least 64 columns; the last takes the rest.
inline constexpr std::int64_t column_blocks(std::int64_t columns) noexcept { return columns < 128 ? 1 : columns / 64; }
inline constexpr std::int64_t kMostColumns = 128;  ///< Of a block, and one more.
inline constexpr base::Range column_block(std::int64_t columns, std::int64_t block) noexcept {
  return {block * 64, block + 1 == column_blocks(columns) ? columns : (block + 1) * 64};
}

}  // namespace dnntune::kernels::simd
