// SPDX-License-Identifier: Apache-2.0
// Products in bfloat16 against sums in double over operands rounded the same way: rounding, packing in pairs, every
// tile height, windows read in place, Winograd's transforms. Only where the processor multiplies bfloat16 is there
// anything to test; the kernels of other instruction sets must not be offered.
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "base/half.h"
#include "kernels/guarded.h"
#include "kernels/page_end.h"
#include "kernels/random.h"
#include "kernels/simd/bfloat16.h"
#include "kernels/simd/direct.h"
#include "kernels/simd/gemm.h"
#include "kernels/simd/winograd.h"
#include "kernels/simd_targets.h"
#include "kernels/tolerance.h"

namespace dnntune::test {
namespace {

using namespace kernels::simd;
using Floats = GuardedBuffer<float>;

/// Calls f(kernels) for every instruction set that multiplies bfloat16.
template <class F>
void for_each_type(F f) {
  for_each_target([&](const std::string& target) {
    CAPTURE(target);
    const GemmKernels* kernels = bfloat16_gemm_kernels();
    CHECK((bfloat16_direct_kernel() != nullptr) == (kernels != nullptr));
    CHECK((bfloat16_round() != nullptr) == (kernels != nullptr));
    if (kernels == nullptr) return;
    REQUIRE(has_bfloat16_products());
    CHECK(kernels->lanes == gemm_kernels().lanes);
    f(*kernels);
  });
}

double rounded(float x) { return static_cast<double>(base::bfloat16_to_float(base::float_to_bfloat16(x))); }

/// B packed by pack_panels and pair_rows, in runs of `run` rows.
Floats paired(const PanelLayout& layout, const std::vector<float>& b, std::int64_t run, PanelLayout& words) {
  words = layout;
  words.rows = layout.rows / run * ((run + 1) / 2);
  std::vector<float> panels(static_cast<std::size_t>(layout.floats()));
  pack_panels(layout, b.data(), layout.columns, 1, 1.0f, {0, layout.panels()}, panels.data());
  Floats packed(static_cast<std::size_t>(words.floats()));
  auto* to = reinterpret_cast<std::uint16_t*>(packed.data());
  for (std::int64_t panel = 0; panel < layout.panels(); ++panel)
    to = pair_rows(panels.data() + layout.offset(panel), layout.rows, layout.width(panel), run, to);
  CHECK(to == reinterpret_cast<std::uint16_t*>(packed.data() + packed.size()));
  CHECK(packed.intact());
  return packed;
}

struct WordProduct {
  WordProduct(std::int64_t m_, std::int64_t k_, std::int64_t n_)
      : m(m_), k(k_), n(n_), b(Random(2).full_values(k * n)), values(Random(1).full_values(m * k)), a(values.size() * sizeof(float)),
        packed(paired({.rows = k, .columns = n, .lanes = bfloat16_gemm_kernels()->lanes}, b, k, layout)),
        bias(Random(3).full_values(layout.padded_columns())), c(static_cast<std::size_t>(m * n)) {
    std::memcpy(a.data(), values.data(), a.size());
  }
  GemmArgs args() {
    GemmArgs args;
    args.m = m;
    args.layout = layout;
    args.a = reinterpret_cast<const float*>(a.data());
    args.a_floats = m * k;
    args.a_stride = args.a_columns = k;
    args.b = packed.data();
    args.bias = bias.data();
    args.c = c.data();
    args.c_stride = n;
    return args;
  }
  /// Every element of C in the piece is right, and every other is still NaN.
  bool right(base::Range rows, base::Range columns) const {
    for (std::int64_t i = 0; i < m; ++i)
      for (std::int64_t j = 0; j < n; ++j) {
        const float got = c[static_cast<std::size_t>(i * n + j)];
        if (i < rows.begin || i >= rows.end || j < columns.begin || j >= columns.end) {
          if (!std::isnan(got)) return false;
          continue;
        }
        double want = static_cast<double>(bias[static_cast<std::size_t>(j)]);
        for (std::int64_t l = 0; l < k; ++l)
          want += rounded(values[static_cast<std::size_t>(i * k + l)]) * rounded(b[static_cast<std::size_t>(l * n + j)]);
        if (!simd_close(static_cast<double>(got), want)) return false;
      }
    return bias.intact() && packed.intact() && c.intact();
  }

  std::int64_t m, k, n;
  PanelLayout layout;  ///< In words.
  std::vector<float> b, values;
  PageEndBuffer a;
  Floats packed, bias, c;
};

TEST_CASE("floats are rounded to the nearest bfloat16, ties to even") {
  for_each_type([](const GemmKernels&) {
    for (const std::int64_t count : {1, 5, 15, 16, 17, 31, 32, 33, 64, 100}) {
      CAPTURE(count);
      std::vector<float> from = Random(7).full_values(count);
      const float special[] = {1.00390625f, 1.01171875f, -1.00390625f, 0.0f, 3.3e38f, std::numeric_limits<float>::infinity(), 1e-30f};
      for (std::size_t i = 0; i < from.size() && i < std::size(special); ++i) from[from.size() - 1 - i] = special[i];
      PageEndBuffer operand(from.size() * sizeof(float));
      std::memcpy(operand.data(), from.data(), operand.size());
      GuardedBuffer<std::uint16_t> to(from.size());
      bfloat16_round()(reinterpret_cast<const float*>(operand.data()), count, to.data());
      CHECK(to.intact());
      for (std::size_t i = 0; i < from.size(); ++i) CHECK(to[i] == base::float_to_bfloat16(from[i]));
      const float nan = std::numeric_limits<float>::quiet_NaN();
      bfloat16_round()(&nan, 1, to.data());
      CHECK(std::isnan(base::bfloat16_to_float(to[0])));
    }
  });
}

TEST_CASE("rows become pairs, each run with a whole number of them") {
  const std::vector<float> rows = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};  // six rows of two
  const auto pairs = [&](std::int64_t run, std::size_t words) {
    GuardedBuffer<std::uint16_t> to(2 * words);
    CHECK(pair_rows(rows.data(), 6, 2, run, to.data()) == to.data() + to.size());
    CHECK(to.intact());
    std::vector<float> values;
    for (const std::uint16_t x : to.values()) values.push_back(base::bfloat16_to_float(x));
    return values;
  };
  CHECK(pairs(6, 6) == std::vector<float>{1, 3, 2, 4, 5, 7, 6, 8, 9, 11, 10, 12});
  CHECK(pairs(3, 8) == std::vector<float>{1, 3, 2, 4, 5, 0, 6, 0, 7, 9, 8, 10, 11, 0, 12, 0});
}

TEST_CASE("bfloat16: every tile height, depth and width") {
  for_each_type([](const GemmKernels& kernels) {
    const std::int64_t lanes = kernels.lanes;
    for (std::int64_t m = 1; m <= 2 * kernels.tile_rows + 1; ++m)
      for (const std::int64_t k : {1, 2, 31, 32, 33, 80})
        for (const std::int64_t n : {std::int64_t{1}, lanes, lanes + 1, 2 * lanes, 5 * lanes + 1}) {
          CAPTURE(m);
          CAPTURE(k);
          CAPTURE(n);
          for (const std::int64_t depth : {16, 32, 48}) {  // words: several passes, and one
            WordProduct product(m, k, n);
            Floats scratch(static_cast<std::size_t>(gemm_scratch_floats(kernels, m, depth)));
            kernels.block(product.args(), {{0, m}, {0, product.layout.panels()}, depth}, scratch.data());
            CHECK(scratch.intact());
            CHECK(product.right({0, m}, {0, n}));
          }
        }
  });
}

TEST_CASE("bfloat16: packed rows that are kept serve other panels") {
  for_each_type([](const GemmKernels& kernels) {
    const std::int64_t width = 2 * kernels.lanes;
    for (const std::int64_t k : {5, 32, 75, 150}) {
      CAPTURE(k);
      WordProduct product(20, k, 3 * width);
      Floats scratch(static_cast<std::size_t>(gemm_scratch_floats(kernels, 17, std::max<std::int64_t>(32, packed_columns((k + 1) / 2)))));
      kernels.block(product.args(), {{2, 19}, {0, 1}, 32, GemmBlock::Packing::all}, scratch.data());
      CHECK(product.right({2, 19}, {0, width}));
      GemmArgs rest = product.args();
      rest.a = nullptr;  // no longer looked at
      kernels.block(rest, {{2, 19}, {1, 3}, 32, GemmBlock::Packing::done}, scratch.data());
      CHECK(product.right({2, 19}, {0, 3 * width}));
      CHECK(scratch.intact());
    }
  });
}

TEST_CASE("bfloat16: windows read in place, runs odd and even") {
  for_each_type([](const GemmKernels& kernels) {
    for (const std::int64_t columns : {1, 2, 5, 7, 12, 13, 14, 15, 28, 29})
      for (const std::int64_t channels : {1, 3, 4}) {
        for (const std::int64_t taps : {1, 2}) {
          CAPTURE(columns);
          CAPTURE(channels);
          CAPTURE(taps);
          // Windows of 2 x `taps` over 3 rows of pixels.
          const std::int64_t n = kernels.lanes + 1, row = (columns + taps - 1) * channels, run = taps * channels;
          const std::vector<float> image = Random(5).full_values(3 * row), b = Random(6).full_values(2 * run * n);
          GuardedBuffer<std::uint16_t> halves(image.size() + 1);
          bfloat16_round()(image.data(), 3 * row, halves.data());
          halves[image.size()] = 0;
          DirectArgs args;
          const Floats packed = paired({.rows = 2 * run, .columns = n, .lanes = kernels.lanes}, b, run, args.layout);
          Floats c(static_cast<std::size_t>(2 * columns * n));
          args.a_half = halves.data();
          args.row_stride = args.run_stride = row;
          args.pixel_stride = channels;
          args.runs = 2;
          args.run_values = run;
          args.b = packed.data();
          args.c = c.data();
          args.c_row_stride = columns * n;
          args.c_pixel_stride = n;
          bfloat16_direct_kernel()(args, {{0, 2}, {0, columns}});
          CHECK(c.intact());
          CHECK(halves.intact());
          bool all_right = true;
          for (std::int64_t y = 0; y < 2; ++y)
            for (std::int64_t x = 0; x < columns; ++x)
              for (std::int64_t j = 0; j < n; ++j) {
                double want = 0.0;
                for (std::int64_t k = 0; k < 2 * run; ++k)
                  want += rounded(image[static_cast<std::size_t>((y + k / run) * row + x * channels + k % run)]) *
                          rounded(b[static_cast<std::size_t>(k * n + j)]);
                all_right = all_right && simd_close(static_cast<double>(c[static_cast<std::size_t>((y * columns + x) * n + j)]), want);
              }
          CHECK(all_right);
        }
      }
  });
}

TEST_CASE("bfloat16: Winograd's transforms of an image are those of float32, rounded") {
  for_each_target([](const std::string& target) {
    CAPTURE(target);
    for (const WinogradKernels& winograd : winograd_kernels()) {
      if (bfloat16_gemm_kernels() == nullptr) continue;
      REQUIRE((winograd.transform_image_bfloat16 != nullptr));
      for (const std::int64_t channels : {1, 3, 16, 17, 31, 32, 33, 80}) {
        CAPTURE(channels);
        const std::int64_t size = 9, words = (channels + 1) / 2;
        const std::vector<float> values = Random(8).full_values(size * size * channels), zeros(static_cast<std::size_t>(channels));
        PageEndBuffer input(values.size() * sizeof(float));
        std::memcpy(input.data(), values.data(), input.size());
        WinogradArgs args;
        args.input = reinterpret_cast<const float*>(input.data());
        args.zeros = zeros.data();
        args.in_h = args.in_w = args.out_h = args.out_w = size;
        args.in_pixel_stride = args.channels = channels;
        args.pad_top = winograd.shape.kernel_h / 2;
        args.pad_left = winograd.shape.kernel_w / 2;
        const std::int64_t tiles = winograd.shape.tiles(size, size), positions = winograd.shape.positions();
        WinogradBlock exact, block;
        exact.tiles = block.tiles = {0, tiles};
        exact.image_stride = winograd_position_floats(tiles, packed_columns(channels));
        block.image_stride = winograd_position_floats(tiles, packed_columns(words));
        Floats exact_image(static_cast<std::size_t>(positions * exact.image_stride)), image(static_cast<std::size_t>(positions * block.image_stride));
        exact.image = exact_image.data();
        block.image = image.data();
        winograd.transform_image(args, exact, {0, tiles});
        winograd.transform_image_bfloat16(args, block, {0, tiles});
        CHECK(image.intact());
        const RowTiles split(tiles, bfloat16_gemm_kernels()->tile_rows);
        std::int64_t wrong = 0;
        for (std::int64_t position = 0; position < positions; ++position)
          for (std::int64_t tile = 0; tile < split.count; ++tile)
            for (std::int64_t row = 0; row < split.height(tile); ++row)
              for (std::int64_t channel = 0; channel < 2 * words; ++channel) {
                const std::int64_t word = channel / 2;
                const float* const want = exact.image + position * exact.image_stride + split.begin(tile) * packed_columns(channels) +
                                          (channel / kTurn * split.height(tile) + row) * kTurn + channel % kTurn;
                const float* const pair = block.image + position * block.image_stride + split.begin(tile) * packed_columns(words) +
                                          (word / kTurn * split.height(tile) + row) * kTurn + word % kTurn;
                std::uint16_t got[2];
                std::memcpy(got, pair, sizeof(got));
                wrong += got[channel % 2] == (channel < channels ? base::float_to_bfloat16(*want) : 0) ? 0 : 1;
              }
        CHECK(wrong == 0);
      }
    }
  });
}

}  // namespace
}  // namespace dnntune::test
