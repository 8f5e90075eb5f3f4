// SPDX-License-Identifier: Apache-2.0
// Product of matrices of bytes, summed in 32 bits. The rows of A come from a matrix or are the windows of a
// convolution; either way they are first copied to the register tile's order. B is packed once.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "kernels/quantization.h"
#include "kernels/simd/gemm.h"

namespace dnntune::kernels::simd {

/// Packed B: panels of `panel_columns`; in each, four rows of B at a time, column by column, four bytes a column.
/// Bytes are signed. What is missing at the edges is 0.
struct BytePanels {
  std::int64_t rows = 0;     ///< K
  std::int64_t columns = 0;  ///< N
  std::int64_t panel_columns = 0;

  std::int64_t panels() const noexcept { return (columns + panel_columns - 1) / panel_columns; }
  std::int64_t quads() const noexcept { return (rows + 3) / 4; }
  std::int64_t padded_columns() const noexcept { return panels() * panel_columns; }
  std::int64_t panel_bytes() const noexcept { return quads() * 4 * panel_columns; }
  std::int64_t bytes() const noexcept { return panels() * panel_bytes(); }
};

/// Per column, padded_columns() of each: what a sum starts from (bias and zero points of A), the multiplier to
/// output steps (null: the output is the sum), and the zero points of B (null: all 0).
struct ByteColumns {
  const std::int32_t* start = nullptr;
  const float* multiplier = nullptr;
  const std::int32_t* zero_point = nullptr;
};

struct QuantizedGemmArgs {
  std::int64_t m = 0;
  BytePanels layout;
  const std::uint8_t* a = nullptr;     ///< Matrix, or first channel of the first pixel.
  std::int64_t a_bytes = 0;            ///< How many may be read from there.
  std::int64_t a_stride = 0;           ///< Between rows of a matrix.
  const ConvWindow* window = nullptr;  ///< Null: A is a matrix. Counts bytes where it says floats.
  std::uint8_t padding = 0;            ///< The byte that stands for real zero, as A has it.
  std::uint8_t flip = 0;               ///< 0x80 where A has the other sign than the kernels compute with.
  const std::int8_t* b = nullptr;      ///< Packed, 64-byte aligned.
  ByteColumns columns;
  void* c = nullptr;                   ///< Bytes, or int32 without multipliers.
  std::int64_t c_stride = 0;           ///< Elements between rows of C.
  Quantizer quantizer;
  bool output_signed = false;
};

/// The piece of C that one call computes.
struct QuantizedGemmBlock {
  base::Range rows;
  base::Range panels;
  bool is_packed = false;  ///< The scratch memory still holds these rows, from a call for other panels.
};

/// The kernels of one instruction set.
struct QuantizedGemmKernels {
  std::int64_t panel_columns;
  std::int64_t tile_rows;
  bool signed_a;  ///< They compute with A less 128 as signed bytes.
  void (*block)(const QuantizedGemmArgs& args, const QuantizedGemmBlock& block, std::byte* scratch) noexcept;
};

const QuantizedGemmKernels& quantized_gemm_kernels() noexcept;

/// Bytes of a packed row of A.
inline constexpr std::int64_t packed_row_bytes(std::int64_t k) noexcept { return (k + 63) / 64 * 64; }
/// Scratch that `block` needs for so many rows of K bytes.
std::int64_t quantized_gemm_scratch_bytes(const QuantizedGemmKernels& kernels, std::int64_t block_rows, std::int64_t k) noexcept;

/// Packs a K x N matrix whose byte (k, n) is b[k * stride_k + n * stride_n] ^ flip.
void pack_bytes(const BytePanels& layout, const std::uint8_t* b, std::int64_t stride_k, std::int64_t stride_n, std::uint8_t flip,
                std::int8_t* packed) noexcept;

}  // namespace dnntune::kernels::simd
