// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/direct.h"

#include <cstring>

#include "kernels/simd/bfloat16.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/direct.cc"
#include "kernels/simd/targets.h"  // first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/simd/activation-inl.h"
#include "kernels/simd/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {

namespace {

struct TileArgs {
  const char* a;
  std::int64_t pixel_bytes;
  std::int64_t runs, run_words, run_bytes;
  const float* b;
  TileOut out;
};

/// Word k; of bfloat16 it need not be aligned.
HWY_INLINE float at(const char* row, std::int64_t bytes, int k) noexcept {
  float word;
  std::memcpy(&word, row + bytes + k * static_cast<int>(sizeof(float)), sizeof(float));
  return word;
}

template <class Words, int kRows, int kVectors>
HWY_NOINLINE void compute_tile(const TileArgs& args) noexcept {
  Tile<kRows, kVectors> tile;
  tile.start(args.out);
  const float* HWY_RESTRICT b = args.b;
  const std::int64_t pixel = args.pixel_bytes;
  // One pointer for three rows, which reach by address arithmetic for free: fourteen would not fit the
  // general registers.
  constexpr int kBases = (kRows + 2) / 3;
  for (std::int64_t run = 0; run < args.runs; ++run) {
    const char* base[kBases];
    HWY_UNROLL(16)
    for (int i = 0; i < kBases; ++i) {
      base[i] = args.a + run * args.run_bytes + 3 * i * pixel;
    }
    const auto step = [&](int k) HWY_ATTR __attribute__((always_inline)) {
      tile.template multiply_add<Words>(b + k * tile.kWidth, [&](int i) HWY_ATTR { return at(base[i / 3], i % 3 * pixel, k); });
    };
    const auto advance = [&](int count) HWY_ATTR {
      HWY_UNROLL(16)
      for (int i = 0; i < kBases; ++i) base[i] += count * static_cast<int>(sizeof(float));
      b += count * tile.kWidth;
    };
    std::int64_t k = args.run_words;
    for (; k >= 4; k -= 4) {
      HWY_UNROLL(4)
      for (int u = 0; u < 4; ++u) step(u);
      advance(4);
    }
    for (; k > 0; --k) {
      step(0);
      advance(1);
    }
  }
  tile.finish(args.out);
}

using TileFn = void (*)(const TileArgs&) noexcept;
template <class Words, int kVectors, int... kRows>
constexpr auto tile_table(std::integer_sequence<int, kRows...>) {
  return std::array<TileFn, sizeof...(kRows)>{&compute_tile<Words, kRows + 1, kVectors>...};
}
template <class Words>
constexpr std::array<std::array<TileFn, kTileRows>, 2> kTiles = {
    tile_table<Words, 1>(std::make_integer_sequence<int, kTileRows>()),
    tile_table<Words, 2>(std::make_integer_sequence<int, kTileRows>())};

template <class Words>
void direct(const DirectArgs& args, const DirectBlock& block) noexcept {
  constexpr auto kBytes = static_cast<std::int64_t>(sizeof(float)) / Words::kValues;  // of a number
  const char* const a = Words::kValues == 1 ? reinterpret_cast<const char*>(args.a) : reinterpret_cast<const char*>(args.a_half);
  const PanelLayout& layout = args.layout;
  const Clamp clamp = clamp_of(args.activation);
  const std::int64_t width = block.columns.size();
  const std::int64_t tiles = (width + kTileRows - 1) / kTileRows;
  for (std::int64_t panel = 0; panel < layout.panels(); ++panel) {
    const std::int64_t first_column = panel * layout.panel_columns();
    const std::int64_t panel_width = layout.width(panel);
    const auto& kernels = kTiles<Words>[static_cast<std::size_t>(panel_width / kLanes - 1)];
    for (std::int64_t row = block.rows.begin; row < block.rows.end; ++row) {
      for (std::int64_t tile = 0; tile < tiles; ++tile) {
        const std::int64_t begin = block.columns.begin + width * tile / tiles;
        const std::int64_t count = block.columns.begin + width * (tile + 1) / tiles - begin;
        const TileOut out = {.c = args.c + row * args.c_row_stride + begin * args.c_pixel_stride + first_column,
                             .c_stride = args.c_pixel_stride,
                             .columns = std::min(panel_width, layout.columns - first_column),
                             .bias = args.bias == nullptr ? nullptr : args.bias + first_column,
                             .low = clamp.low,
                             .high = clamp.high};
        kernels[static_cast<std::size_t>(count - 1)]({.a = a + (row * args.row_stride + begin * args.pixel_stride) * kBytes,
                                                      .pixel_bytes = args.pixel_stride * kBytes,
                                                      .runs = args.runs,
                                                      .run_words = (args.run_values + Words::kValues - 1) / Words::kValues,
                                                      .run_bytes = args.run_stride * kBytes,
                                                      .b = args.b + layout.offset(panel),
                                                      .out = out});
        if (!clamp.complete)
          for (std::int64_t i = 0; i < count; ++i) activate(args.activation, out.c + i * out.c_stride, out.columns);
      }
    }
  }
}

DirectFn kernel() { return &direct<FloatWords>; }

#if DNNTUNE_BFLOAT16
void round(const float* from, std::int64_t count, std::uint16_t* to) noexcept {
  constexpr std::int64_t kStep = PairWords::kTurnValues;
  HWY_ALIGN float turn[kTurn];
  for (std::int64_t i = 0; i < count; i += kStep) {
    const std::int64_t part = std::min(kStep, count - i);
    HWY_ALIGN float rest[kStep] = {};
    if (part < kStep) std::copy_n(from + i, part, rest);
    PairWords::copy_turn(part < kStep ? rest : from + i, turn);
    std::memcpy(to + i, turn, static_cast<std::size_t>(part) * sizeof(std::uint16_t));
  }
}
DirectFn bfloat16_kernel() { return &direct<PairWords>; }
RoundFn round_kernel() { return &round; }
#else
DirectFn bfloat16_kernel() { return nullptr; }
RoundFn round_kernel() { return nullptr; }
#endif

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dnntune::kernels::simd {
HWY_EXPORT(kernel);
HWY_EXPORT(bfloat16_kernel);
HWY_EXPORT(round_kernel);
DirectFn direct_kernel() noexcept { return HWY_DYNAMIC_DISPATCH(kernel)(); }
DirectFn bfloat16_direct_kernel() noexcept {
  return has_bfloat16_products() ? HWY_DYNAMIC_DISPATCH(bfloat16_kernel)() : nullptr;
}
RoundFn bfloat16_round() noexcept { return has_bfloat16_products() ? HWY_DYNAMIC_DISPATCH(round_kernel)() : nullptr; }

bool prefers_direct(const PanelLayout& layout, std::int64_t pixel_stride) noexcept {
  constexpr std::int64_t kPageFloats = 4096 / 4;
  return layout.panels() <= 4 && layout.rows <= 1536 && pixel_stride % kPageFloats != 0;
}

void copy_padded(const float* image, std::int64_t in_h, std::int64_t in_w, std::int64_t channels, std::int64_t pixel_stride,
                 base::Range rows, std::int64_t pad_left, std::int64_t columns, float* to) noexcept {
  const std::int64_t inside = std::clamp(columns - pad_left, std::int64_t{0}, in_w);
  for (std::int64_t row = rows.begin; row < rows.end; ++row, to += columns * channels) {
    if (row < 0 || row >= in_h || inside == 0) {
      std::fill_n(to, columns * channels, 0.0f);
      continue;
    }
    std::fill_n(to, pad_left * channels, 0.0f);
    const float* const from = image + row * in_w * pixel_stride;
    if (pixel_stride == channels)
      std::copy_n(from, inside * channels, to + pad_left * channels);
    else
      for (std::int64_t x = 0; x < inside; ++x) std::copy_n(from + x * pixel_stride, channels, to + (pad_left + x) * channels);
    std::fill_n(to + (pad_left + inside) * channels, (columns - pad_left - inside) * channels, 0.0f);
  }
}
}  // namespace dnntune::kernels::simd
#endif
