// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/quantized_gemm.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

#include "kernels/simd/cpu_features.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/quantized_gemm.cc"
#include "kernels/simd/integer_targets.h"  // first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/simd/byte_rows-inl.h"
#include "kernels/simd/dot-inl.h"
#include "kernels/simd/requantize-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace {

// Tiles are built for some heights only; a height between takes the next one. The tallest leaves registers for the
// operands, and where products take several instructions, for what lies between.
#if DNNTUNE_VNNI
constexpr int kVectors = 2;
constexpr std::array kHeights = {1, 2, 4, 6, 8, 10, 12, 14};
#elif DNNTUNE_NEON
constexpr int kVectors = 4;
constexpr std::array kHeights = {1, 2, 4, 6};
#else
constexpr int kVectors = 2;
constexpr std::array kHeights = {1, 2, 4};
#endif
constexpr std::int64_t kTileRows = kHeights.back();
constexpr std::int64_t kPanelColumns = kVectors * kIntLanes;
constexpr std::int64_t kTurnQuads = kTurnBytes / 4;

struct TileArgs {
  const std::uint8_t* a;  // packed: turns, in each the rows' one after the other
  const std::int8_t* b;   // the panel
  std::int64_t quads;
  const std::int32_t* row_sums;  // of the tile's rows; null when B's zero points are 0
  ByteColumns columns;    // of the panel's first column
  void* c;
  std::int64_t c_stride;
  std::int64_t rows;      // to store, at most the tile's height
  std::int64_t width;     // columns to store
  const VectorQuantizer* quantizer;
};

/// The tile's sums, row by row, to the output. Not inlined: tiles of all heights share it.
HWY_NOINLINE void store_tile(const TileArgs& args, const VI (*sums)[kVectors]) noexcept {
  const DI d;
  const hn::ScalableTag<float> df;
  const bool whole = args.width == kPanelColumns, requantizes = args.columns.multiplier != nullptr;
  const VectorQuantizer quantizer = *args.quantizer;
  hn::Vec<hn::ScalableTag<float>> multipliers[kVectors];
  for (int j = 0; j < kVectors; ++j) multipliers[j] = requantizes ? hn::LoadU(df, args.columns.multiplier + j * kIntLanes) : hn::Zero(df);
  for (std::int64_t row = 0; row < args.rows; ++row) {
    HWY_ALIGN std::int32_t edge[kPanelColumns];
    auto* const c = static_cast<std::byte*>(args.c) + row * args.c_stride * (requantizes ? 1 : 4);
    void* const to = whole ? static_cast<void*>(c) : edge;
    for (int j = 0; j < kVectors; ++j) {
      VI total = sums[row][j];
      if (args.row_sums != nullptr)
        total = hn::Sub(total, hn::Mul(hn::Set(d, args.row_sums[row]), hn::LoadU(d, args.columns.zero_point + j * kIntLanes)));
      if (requantizes)
        hn::StoreU(quantizer(hn::Mul(hn::ConvertTo(df, total), multipliers[j])), VectorQuantizer::DB(), static_cast<std::uint8_t*>(to) + j * kIntLanes);
      else
        hn::StoreU(total, d, static_cast<std::int32_t*>(to) + j * kIntLanes);
    }
    if (!whole) std::memcpy(c, edge, static_cast<std::size_t>(args.width) * (requantizes ? 1 : 4));
  }
}

/// Few rows have too few sums to hide how long a product takes: several sums a column, added at the end.
template <int kRows, bool kHasDot>
HWY_NOINLINE void compute_tile(const TileArgs& args) noexcept {
  constexpr int kParts = kRows == 1 ? 4 : kRows == 2 ? 2 : 1;
  const DI d;
  VI sum[kParts][kRows][kVectors];
  HWY_UNROLL(16)
  for (int j = 0; j < kVectors; ++j) {
    const VI start = hn::LoadU(d, args.columns.start + j * kIntLanes);
    HWY_UNROLL(16)
    for (int i = 0; i < kRows; ++i) {
      sum[0][i][j] = start;
      HWY_UNROLL(4)
      for (int p = 1; p < kParts; ++p) sum[p][i][j] = hn::Zero(d);
    }
  }
  const std::uint8_t* HWY_RESTRICT a = args.a;
  const auto* HWY_RESTRICT b = reinterpret_cast<const std::int32_t*>(args.b);
  const auto add = [&](int p, std::int64_t q) HWY_ATTR {
    VI columns[kVectors];
    HWY_UNROLL(16)
    for (int j = 0; j < kVectors; ++j) columns[j] = hn::Load(d, b + j * kIntLanes);
    b += kPanelColumns;
    HWY_UNROLL(16)
    for (int i = 0; i < kRows; ++i) {
      const VI quad = broadcast_quad(a + i * kTurnBytes + q * 4);
      HWY_UNROLL(16)
      for (int j = 0; j < kVectors; ++j) sum[p][i][j] = dot<kHasDot>(sum[p][i][j], quad, columns[j]);
    }
  };
  for (std::int64_t left = args.quads; left > 0; left -= kTurnQuads, a += kRows * kTurnBytes) {
    const std::int64_t count = std::min(left, kTurnQuads);
    std::int64_t q = 0;
    for (; q + kParts <= count; q += kParts) {
      HWY_UNROLL(4)
      for (int p = 0; p < kParts; ++p) add(p, q + p);
    }
    for (; q < count; ++q) add(0, q);
  }
  HWY_UNROLL(16)
  for (int i = 0; i < kRows; ++i) {
    HWY_UNROLL(16)
    for (int j = 0; j < kVectors; ++j) {
      HWY_UNROLL(4)
      for (int p = 1; p < kParts; ++p) sum[0][i][j] = hn::Add(sum[0][i][j], sum[p][i][j]);
    }
  }
  store_tile(args, sum[0]);
}

using TileFn = void (*)(const TileArgs&) noexcept;
template <bool kHasDot, std::size_t... kIndex>
constexpr auto tile_table(std::index_sequence<kIndex...>) {
  return std::array<TileFn, sizeof...(kIndex)>{&compute_tile<kHeights[kIndex], kHasDot>...};
}
template <bool kHasDot>
constexpr auto kTiles = tile_table<kHasDot>(std::make_index_sequence<kHeights.size()>());

/// Which tile has room for so many rows.
std::size_t tile_for(std::int64_t rows) noexcept {
  return static_cast<std::size_t>(std::lower_bound(kHeights.begin(), kHeights.end(), static_cast<int>(rows)) - kHeights.begin());
}

/// Sum of a packed row's bytes.
template <bool kHasDot>
std::int32_t row_sum(const std::uint8_t* turns, std::int64_t stride, std::int64_t k) noexcept {
  const DI d;
  VI sum = hn::Zero(d);
  for (; k > 0; k -= kTurnBytes, turns += stride)
    for (std::int64_t i = 0; i < kTurnBytes; i += 4 * kIntLanes)
      sum = dot<kHasDot>(sum, hn::LoadU(d, reinterpret_cast<const std::int32_t*>(turns + i)), hn::Set(d, 0x01010101));
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

template <bool kHasDot>
void block(const QuantizedGemmArgs& args, const QuantizedGemmBlock& block, std::byte* scratch) noexcept {
  const BytePanels& layout = args.layout;
  const RowTiles tiles(block.rows.size(), kTileRows);
  const std::int64_t tile_bytes = kTileRows * packed_row_bytes(layout.rows);
  auto* const packed = reinterpret_cast<std::uint8_t*>(scratch);
  auto* const row_sums = reinterpret_cast<std::int32_t*>(packed + tiles.count * tile_bytes);
  std::uint8_t* const spare = reinterpret_cast<std::uint8_t*>(row_sums + tiles.count * kTileRows);
  for (std::int64_t tile = 0; tile < tiles.count && !block.is_packed; ++tile) {
    const std::int64_t stride = kHeights[tile_for(tiles.height(tile))] * kTurnBytes;
    for (std::int64_t i = 0; i < tiles.height(tile); ++i) {
      std::uint8_t* const to = packed + tile * tile_bytes + i * kTurnBytes;
      pack_byte_row(args, block.rows.begin + tiles.begin(tile) + i, spare, to, stride);
      if (args.columns.zero_point != nullptr) row_sums[tile * kTileRows + i] = row_sum<kHasDot>(to, stride, layout.rows);
    }
  }
  const VectorQuantizer quantizer(args.quantizer, args.output_signed);
  const std::int64_t element = args.columns.multiplier == nullptr ? 4 : 1;
  for (std::int64_t panel = block.panels.begin; panel < block.panels.end; ++panel) {
    const std::int64_t first = panel * kPanelColumns;
    for (std::int64_t tile = 0; tile < tiles.count; ++tile) {
      const TileArgs tile_args = {
          .a = packed + tile * tile_bytes,
          .b = args.b + panel * layout.panel_bytes(),
          .quads = layout.quads(),
          .row_sums = args.columns.zero_point == nullptr ? nullptr : row_sums + tile * kTileRows,
          .columns = {args.columns.start + first, args.columns.multiplier == nullptr ? nullptr : args.columns.multiplier + first,
                      args.columns.zero_point == nullptr ? nullptr : args.columns.zero_point + first},
          .c = static_cast<std::byte*>(args.c) + ((block.rows.begin + tiles.begin(tile)) * args.c_stride + first) * element,
          .c_stride = args.c_stride,
          .rows = tiles.height(tile),
          .width = std::min(kPanelColumns, layout.columns - first),
          .quantizer = &quantizer};
      kTiles<kHasDot>[tile_for(tile_args.rows)](tile_args);
    }
  }
}

const QuantizedGemmKernels* kernels(bool has_dot) {
  static constexpr QuantizedGemmKernels plain = {kPanelColumns, kTileRows, kSignedA, &block<false>};
#if DNNTUNE_NEON
  static constexpr QuantizedGemmKernels with_dot = {kPanelColumns, kTileRows, kSignedA, &block<true>};
  return has_dot ? &with_dot : &plain;
#else
  static_cast<void>(has_dot);
  return &plain;
#endif
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::kernels::simd {
HWY_EXPORT(kernels);

const QuantizedGemmKernels& quantized_gemm_kernels() noexcept { return *HWY_DYNAMIC_DISPATCH(kernels)(has_arm_dot_product()); }

std::int64_t quantized_gemm_scratch_bytes(const QuantizedGemmKernels& kernels, std::int64_t block_rows, std::int64_t k) noexcept {
  const RowTiles tiles(block_rows, kernels.tile_rows);
  const std::int64_t rows = tiles.count * kernels.tile_rows;
  return rows * (packed_row_bytes(k) + 4) + packed_row_bytes(k) + 192;
}

void pack_bytes(const BytePanels& layout, const std::uint8_t* b, std::int64_t stride_k, std::int64_t stride_n, std::uint8_t flip,
                std::int8_t* packed) noexcept {
  for (std::int64_t panel = 0; panel < layout.panels(); ++panel)
    for (std::int64_t quad = 0; quad < layout.quads(); ++quad)
      for (std::int64_t column = 0; column < layout.panel_columns; ++column)
        for (std::int64_t i = 0; i < 4; ++i) {
          const std::int64_t k = quad * 4 + i, n = panel * layout.panel_columns + column;
          const bool inside = k < layout.rows && n < layout.columns;
          *packed++ = inside ? static_cast<std::int8_t>(b[k * stride_k + n * stride_n] ^ flip) : std::int8_t{0};
        }
}

}  // namespace dnntune::kernels::simd
#endif
