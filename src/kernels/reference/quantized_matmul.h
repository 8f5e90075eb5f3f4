// SPDX-License-Identifier: Apache-2.0
// Product of matrices of 8-bit integers, summed in 32 bits.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "kernels/quantization.h"
#include "kernels/reference/strided.h"

namespace dnntune::kernels::reference {

/// As QuantizedConvArgs; a is [m, k] and b [k, n] in each batch.
struct QuantizedMatmulArgs {
  const std::uint8_t* a = nullptr;
  const std::uint8_t* b = nullptr;
  void* output = nullptr;  ///< [batches, m, n]; 8-bit integers, or int32 without multipliers
  bool a_signed = false, b_signed = false;
  std::int64_t m = 0, n = 0, k = 0;
  std::int64_t b_row_stride = 0, b_column_stride = 1;
  StridedDims a_batches, b_batches;            ///< The same dims; strides 0 where repeated
  const std::int32_t* a_zeros = nullptr;       ///< [m]
  const std::int32_t* b_zeros = nullptr;       ///< [n]
  const std::int32_t* bias = nullptr;          ///< [n], or null
  const float* multipliers = nullptr;          ///< [n], or null
  Quantizer quantizer;
};
/// Items are output rows: batches * m.
void quantized_matmul(const QuantizedMatmulArgs& args, base::Range rows) noexcept;

}  // namespace dnntune::kernels::reference
