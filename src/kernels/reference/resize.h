// SPDX-License-Identifier: Apache-2.0
// Resampling of any dimensions: each output element is a weighted sum of input elements, with weights
// that factor over the dimensions. Nearest, linear and cubic differ in the taps alone.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {

/// What one dimension of the output reads: for output coordinate x, `taps` input coordinates
/// index[x * taps...] with weights. Borrowed.
struct ResizeDim {
  std::int64_t out_size = 0;
  std::int64_t in_stride = 0;  ///< Elements
  std::int64_t taps = 1;
  const std::int64_t* index = nullptr;
  const double* weight = nullptr;
  const unsigned char* outside = nullptr;  ///< Per coordinate: the result is the extrapolation value; or null
};

struct ResizeArgs {
  const void* input = nullptr;
  void* output = nullptr;  ///< Dense, of the dims' out_size
  std::span<const ResizeDim> dims;
  double extrapolation = 0.0;
};

/// At most this many dimensions.
inline constexpr std::size_t kMaxResizeRank = 8;

/// Items are output elements.
using ResizeKernel = Kernel<ResizeArgs>;
ResizeKernel resize_kernel(DataType type) noexcept;

}  // namespace dnntune::kernels::reference
