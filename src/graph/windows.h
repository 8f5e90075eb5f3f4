// SPDX-License-Identifier: Apache-2.0
// Sliding windows of Conv, ConvTranspose and pooling along one spatial axis: the one place that knows
// auto_pad, ceil_mode and output_padding.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/attributes.h"

namespace dnntune::graph {

/// One spatial axis with its padding resolved.
struct Window {
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::int64_t pad_begin = 0;
  std::int64_t pad_end = 0;
  std::int64_t output = 0;  ///< Size of the output along this axis; -1 when the input's is not known.

  /// Input elements from the first tap to the last.
  std::int64_t extent() const noexcept { return (kernel - 1) * dilation + 1; }
};

/// Windows of Conv and of the pooling operators. `input` holds the spatial dimensions (-1: not known;
/// then paddings that depend on it are 0), `kernel` the kernel's. Throws invalid_model (without the
/// node's name) when an attribute has the wrong length or range, or a kernel does not fit its input.
std::vector<Window> sliding_windows(const Attributes& attributes, const std::vector<std::int64_t>& input,
                                    const std::vector<std::int64_t>& kernel);

/// The same for ConvTranspose: `output` is the larger side.
std::vector<Window> transposed_windows(const Attributes& attributes, const std::vector<std::int64_t>& input,
                                       const std::vector<std::int64_t>& kernel);

}  // namespace dnntune::graph
