// SPDX-License-Identifier: Apache-2.0
// Moves blocks of pixels into channels and back, channels-last.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/thread_pool.h"

namespace dnntune::kernels::reference {

/// The wide side is [batch, height * block, width * block, channels]; the deep side is
/// [batch, height, width, channels * block * block]. Elements are copied as bytes.
struct DepthToSpaceArgs {
  const std::byte* input = nullptr;
  std::byte* output = nullptr;  ///< Not `input`
  std::size_t element_bytes = 0;
  std::int64_t height = 0;    ///< Of the deep side
  std::int64_t width = 0;     ///< Of the deep side
  std::int64_t channels = 0;  ///< Of the wide side
  std::int64_t block = 1;
  /// Deep channel = (channel, block row, block column); else (block row, block column, channel).
  bool channel_first = false;
};

/// Items of both are pixels of the deep side: batch * height * width.
void depth_to_space(const DepthToSpaceArgs& args, base::Range pixels) noexcept;
void space_to_depth(const DepthToSpaceArgs& args, base::Range pixels) noexcept;

}  // namespace dnntune::kernels::reference
