// SPDX-License-Identifier: Apache-2.0
// Matrix product C = activation(A x B + bias) on packed panels of B. The rows of A come from a matrix or
// are the windows of a convolution (implicit GEMM); either way they are first copied to the register
// tile's order, which is where padding, strides and dilation end.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "kernels/activation.h"

namespace dnntune::kernels::simd {

/// Operands are packed in words of 32 bits: one float, or two numbers in bfloat16 that are neighbours along K.
/// Packed A holds a tile's rows in turns of this many words: 64 bytes, a whole number of vectors of every
/// instruction set.
inline constexpr std::int64_t kTurn = 16;

/// How the columns of a K x N matrix are packed: panels of `panel_columns`, each K rows one after the
/// other. The last panel is only one vector wide when that is enough; unused columns are 0.
struct PanelLayout {
  std::int64_t rows = 0;     ///< K; in bfloat16 pairs of rows, the last of which may be filled up with zeros.
  std::int64_t columns = 0;  ///< N
  std::int64_t lanes = 0;    ///< Floats in a vector.

  std::int64_t panel_columns() const noexcept { return 2 * lanes; }
  std::int64_t panels() const noexcept { return (columns + panel_columns() - 1) / panel_columns(); }
  /// Stored columns of a panel.
  std::int64_t width(std::int64_t panel) const noexcept {
    return columns - panel * panel_columns() <= lanes ? lanes : panel_columns();
  }
  std::int64_t offset(std::int64_t panel) const noexcept { return panel * panel_columns() * rows; }
  std::int64_t padded_columns() const noexcept {
    return columns == 0 ? 0 : (panels() - 1) * panel_columns() + width(panels() - 1);
  }
  std::int64_t floats() const noexcept { return padded_columns() * rows; }
  /// The columns of some panels as a matrix of their own; it is packed at offset(range.begin).
  PanelLayout part(base::Range range) const noexcept {
    const std::int64_t first = range.begin * panel_columns(), last = range.end * panel_columns();
    return {.rows = rows, .columns = (last < columns ? last : columns) - first, .lanes = lanes};
  }
};

/// Packs panels [range.begin, range.end) of a matrix whose element (k, n) is
/// scale * b[k * stride_k + n * stride_n].
void pack_panels(const PanelLayout& layout, const float* b, std::int64_t stride_k, std::int64_t stride_n, float scale,
                 base::Range range, float* packed) noexcept;

/// Packs some rows of all panels, `scale` times those at `b`, which lie one after the other.
void pack_panel_rows(const PanelLayout& layout, const float* b, float scale, base::Range rows, float* packed) noexcept;

/// Packs panels of convolution weights [columns, channels, taps] (ONNX's order): rows are in the order (tap, channel).
void pack_window_panels(const PanelLayout& layout, const float* b, std::int64_t taps, base::Range range, float* packed) noexcept;

/// The window of a 2-D convolution over a channels-last image; one row of A an output pixel, ordered
/// (kernel row, kernel column, channel).
struct ConvWindow {
  std::int64_t in_h = 1, in_w = 1;
  std::int64_t pixel_stride = 0;  ///< Floats from one input pixel to the next: all channels.
  std::int64_t channels = 0;      ///< Channels used: those of a group.
  std::int64_t out_h = 1, out_w = 1;
  std::int64_t kernel_h = 1, kernel_w = 1;
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t dilation_h = 1, dilation_w = 1;
  std::int64_t pad_top = 0, pad_left = 0;
};

struct GemmArgs {
  std::int64_t m = 0;
  PanelLayout layout;           ///< K, N and B's packing; must be of the kernels' own lanes.
  const float* a = nullptr;     ///< Matrix, or first channel of the first pixel.
  std::int64_t a_floats = 0;    ///< How many may be read from there.
  std::int64_t a_stride = 0;    ///< Floats between rows of a matrix.
  std::int64_t a_columns = 0;   ///< K, where the kernel multiplies in bfloat16.
  const ConvWindow* window = nullptr;  ///< Null: A is a matrix.
  const float* b = nullptr;     ///< Packed words, 64-byte aligned.
  const std::uint16_t* b_half = nullptr;  ///< In its place where the kernel takes weights of 16 bits.
  const float* bias = nullptr;  ///< layout.padded_columns() floats; null: none.
  float* c = nullptr;
  std::int64_t c_stride = 0;    ///< Floats between rows of C.
  bool accumulate = false;      ///< Start from C instead of the bias. One row: C has room for whole panels.
  Activation activation;
};

/// The piece of C that one call computes, and the block sizes, which decide the order of additions
/// along K and so must not depend on the number of threads.
struct GemmBlock {
  /// What becomes of the packed rows of A: `pass` keeps those of one pass; `all` leaves those of all passes
  /// in the scratch memory, where `done` finds them when other panels are multiplied by the same rows.
  enum class Packing { pass, all, done };
  base::Range rows;
  base::Range panels;
  std::int64_t depth = 0;  ///< Words along K a pass takes; a multiple of kTurn. See `gemm_depth`.
  Packing packing = Packing::pass;
};

/// Rows of A split into register tiles of nearly equal height: a tile of two rows would run at a fraction
/// of the speed.
struct RowTiles {
  RowTiles(std::int64_t rows_, std::int64_t tile_rows) noexcept : rows(rows_), count((rows_ + tile_rows - 1) / tile_rows) {}
  std::int64_t rows, count;
  std::int64_t begin(std::int64_t tile) const noexcept { return rows * tile / count; }
  std::int64_t height(std::int64_t tile) const noexcept { return begin(tile + 1) - begin(tile); }
};

/// C = A x B where A is packed already. Tile t of RowTiles begins `begin(t) * packed_columns(K)` floats into
/// it and holds its rows' first kTurn words, row by row, then the next kTurn.
struct PackedArgs {
  std::int64_t rows = 0;
  PanelLayout layout;
  const float* a = nullptr;
  const float* b = nullptr;      ///< Packed, 64-byte aligned.
  const float* b_end = nullptr;  ///< What follows B, up to here, is fetched ahead; null: nothing, not even B.
  float* c = nullptr;            ///< Has room for whole panels.
  std::int64_t c_stride = 0;
};
/// Words that a row of packed A takes.
inline constexpr std::int64_t packed_columns(std::int64_t columns) noexcept {
  return (columns + kTurn - 1) / kTurn * kTurn;
}

/// The kernels of one instruction set.
struct GemmKernels {
  std::int64_t values;     ///< Of a word: 1, floats, or 2, in bfloat16. A and C lie in memory as floats either way.
  std::int64_t lanes;      ///< Floats in a vector.
  std::int64_t tile_rows;  ///< Rows of the register tile; it is two vectors wide.
  void (*block)(const GemmArgs& args, const GemmBlock& block, float* scratch) noexcept;
  /// All additions along K in one pass, in order.
  void (*packed)(const PackedArgs& args, base::Range panels) noexcept;
};

/// Those of the best instruction set this processor has.
const GemmKernels& gemm_kernels() noexcept;
/// Those that multiply in bfloat16, with the same lanes; null where the processor does not. A is rounded to nearest
/// as it is packed; sums are in float32.
const GemmKernels* bfloat16_gemm_kernels() noexcept;

/// Words along K a pass takes, for a given K in words.
std::int64_t gemm_depth(std::int64_t k) noexcept;
/// Rows of A a block should take so that its packed form stays in a level-2 cache.
std::int64_t gemm_block_rows(const GemmKernels& kernels, std::int64_t m, std::int64_t depth) noexcept;
/// Floats of scratch that `block` needs for that many rows. `depth`: of a pass or, to keep the packed form of
/// all passes, K in words rounded up to whole turns.
std::int64_t gemm_scratch_floats(const GemmKernels& kernels, std::int64_t block_rows, std::int64_t depth) noexcept;
/// Floats to keep for a row of `columns` that is written by whole turns at any position.
inline constexpr std::int64_t plain_stride(std::int64_t columns) noexcept { return columns + 2 * kTurn; }

}  // namespace dnntune::kernels::simd
