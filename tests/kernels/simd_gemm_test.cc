// SPDX-License-Identifier: Apache-2.0
// The product kernels by themselves: packing, every tile height, passes along K, pieces of C. Layers that
// use them are tested in tests/backends.
#include <algorithm>
#include <cstring>
#include <vector>

#include <doctest/doctest.h>

#include "base/half.h"
#include "kernels/guarded.h"
#include "kernels/page_end.h"
#include "kernels/random.h"
#include "kernels/simd/direct.h"
#include "kernels/simd/gemm.h"
#include "kernels/simd/row.h"
#include "kernels/simd_targets.h"
#include "kernels/tolerance.h"

namespace dnntune::test {
namespace {

using namespace kernels::simd;
using Floats = GuardedBuffer<float>;

/// Random operands of a product, and B packed.
struct Product {
  Product(std::int64_t m_, std::int64_t k_, std::int64_t n_)
      : m(m_), k(k_), n(n_), layout{.rows = k_, .columns = n_, .lanes = gemm_kernels().lanes},
        a(Random(1).values(static_cast<std::size_t>(m * k))),
        b(Random(2).values(static_cast<std::size_t>(k * n))),
        bias(Random(3).values(static_cast<std::size_t>(layout.padded_columns()))),
        packed(static_cast<std::size_t>(layout.floats())),
        c(static_cast<std::size_t>(m * n)) {
    pack_panels(layout, b.data(), n, 1, 1.0f, {0, layout.panels()}, packed.data());
  }
  double want(std::int64_t row, std::int64_t column) const {
    double sum = bias[static_cast<std::size_t>(column)];
    for (std::int64_t i = 0; i < k; ++i)
      sum += static_cast<double>(a[static_cast<std::size_t>(row * k + i)]) * b[static_cast<std::size_t>(i * n + column)];
    return sum;
  }
  GemmArgs args() {
    GemmArgs args;
    args.m = m;
    args.layout = layout;
    args.a = a.data();
    args.a_floats = m * k;
    args.a_stride = k;
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
        const bool inside = i >= rows.begin && i < rows.end && j >= columns.begin && j < columns.end;
        if (inside ? !simd_close(got, want(i, j)) : !std::isnan(got)) return false;
      }
    return a.intact() && b.intact() && bias.intact() && packed.intact() && c.intact();
  }

  std::int64_t m, k, n;
  PanelLayout layout;
  Floats a, b, bias, packed, c;
};

void run_block(Product& product, const GemmBlock& block) {
  Floats scratch(static_cast<std::size_t>(gemm_scratch_floats(gemm_kernels(), block.rows.size(), block.depth)));
  gemm_kernels().block(product.args(), block, scratch.data());
  CHECK(scratch.intact());
}

/// B as [n, k], in memory that ends with it.
PageEndBuffer by_columns(const std::vector<float>& b, std::int64_t k, std::int64_t n) {
  PageEndBuffer columns(b.size() * sizeof(float));
  auto* to = reinterpret_cast<float*>(columns.data());
  for (std::int64_t column = 0; column < n; ++column)
    for (std::int64_t row = 0; row < k; ++row) *to++ = b[static_cast<std::size_t>(row * n + column)];
  return columns;
}

/// Panels [range.begin, range.end) as they should be, times `scale`; all else as in a buffer that nothing was written to.
std::vector<float> packed_plainly(const PanelLayout& layout, const std::vector<float>& b, float scale, base::Range range) {
  std::vector<float> packed = Floats(static_cast<std::size_t>(layout.floats())).values();
  for (std::int64_t panel = range.begin; panel < range.end; ++panel)
    for (std::int64_t k = 0; k < layout.rows; ++k)
      for (std::int64_t n = 0; n < layout.width(panel); ++n) {
        const std::int64_t column = panel * layout.panel_columns() + n;
        packed[static_cast<std::size_t>(layout.offset(panel) + k * layout.width(panel) + n)] =
            column < layout.columns ? scale * b[static_cast<std::size_t>(k * layout.columns + column)] : 0.0f;
      }
  return packed;
}

bool same(const Floats& got, const std::vector<float>& want) {
  return got.intact() && std::memcmp(got.data(), want.data(), want.size() * sizeof(float)) == 0;
}

TEST_CASE("panels are the same from rows, from columns, from windows and in pieces") {
  for_each_target([](const std::string& target) {
    CAPTURE(target);
    const std::int64_t lanes = gemm_kernels().lanes;
    for (const std::int64_t k : {1, 3, 4, 17, 72})
      for (const std::int64_t n : {std::int64_t{1}, std::int64_t{3}, lanes, lanes + 1, 2 * lanes, 4 * lanes + 5, 5 * lanes + 3}) {
        CAPTURE(k);
        CAPTURE(n);
        const PanelLayout layout = {.rows = k, .columns = n, .lanes = lanes};
        const std::vector<float> b = Random(2).values(static_cast<std::size_t>(k * n));
        PageEndBuffer columns = by_columns(b, k, n);
        const auto* const of_columns = reinterpret_cast<const float*>(columns.data());
        for (const float scale : {1.0f, -0.3f})
          for (const base::Range range : {base::Range{0, layout.panels()}, base::Range{layout.panels() / 2, layout.panels()}}) {
            const std::vector<float> want = packed_plainly(layout, b, scale, range);
            Floats from_rows(want.size()), from_columns(want.size());
            pack_panels(layout, b.data(), n, 1, scale, range, from_rows.data());
            pack_panels(layout, of_columns, 1, k, scale, range, from_columns.data());
            CHECK(same(from_rows, want));
            CHECK(same(from_columns, want));
          }
        const std::vector<float> want = packed_plainly(layout, b, 2.0f, {0, layout.panels()});
        Floats in_pieces(want.size());
        for (const base::Range rows : {base::Range{0, k / 3}, base::Range{k / 3, k}}) pack_panel_rows(layout, b.data() + rows.begin * n, 2.0f, rows, in_pieces.data());
        CHECK(same(in_pieces, want));
        for (const std::int64_t taps : {1, 3, 9}) {
          if (k % taps != 0) continue;
          // Row (tap, channel) of the panels is row (channel, tap) of the windows.
          std::vector<float> by_tap(b.size());
          for (std::int64_t row = 0; row < k; ++row)
            std::copy_n(b.begin() + (row % (k / taps) * taps + row / (k / taps)) * n, n, by_tap.begin() + row * n);
          Floats windows(want.size());
          pack_window_panels(layout, of_columns, taps, {0, layout.panels()}, windows.data());
          CHECK(same(windows, packed_plainly(layout, by_tap, 1.0f, {0, layout.panels()})));
        }
      }
  });
}

TEST_CASE("panels are vectors wide, the last as narrow as can be, and padded with zeros") {
  for_each_target([](const std::string& target) {
    CAPTURE(target);
    const std::int64_t lanes = gemm_kernels().lanes;
    for (std::int64_t n = 1; n <= 6 * lanes; ++n) {
      const PanelLayout layout = {.rows = 3, .columns = n, .lanes = lanes};
      CHECK(layout.padded_columns() == (n + lanes - 1) / lanes * lanes);
      Floats packed(static_cast<std::size_t>(layout.floats()));
      const std::vector<float> b = Random(4).values(static_cast<std::size_t>(3 * n));
      pack_panels(layout, b.data(), n, 1, 2.0f, {0, layout.panels()}, packed.data());
      CHECK(packed.intact());
      for (std::int64_t panel = 0; panel < layout.panels(); ++panel)
        for (std::int64_t k = 0; k < 3; ++k)
          for (std::int64_t j = 0; j < layout.width(panel); ++j) {
            const std::int64_t column = panel * layout.panel_columns() + j;
            const float want = column < n ? 2.0f * b[static_cast<std::size_t>(k * n + column)] : 0.0f;
            CHECK(packed[static_cast<std::size_t>(layout.offset(panel) + k * layout.width(panel) + j)] == want);
          }
    }
  });
}

TEST_CASE("every tile height, depth and width") {
  for_each_target([](const std::string& target) {
    CAPTURE(target);
    const std::int64_t lanes = gemm_kernels().lanes;
    for (std::int64_t m = 1; m <= 2 * gemm_kernels().tile_rows + 1; ++m)
      for (const std::int64_t k : {1, 15, 16, 17, 40})
        for (const std::int64_t n : {std::int64_t{1}, lanes, lanes + 1, 2 * lanes, 5 * lanes + 1}) {
          CAPTURE(m);
          CAPTURE(k);
          CAPTURE(n);
          for (const std::int64_t depth : {16, 32, 48}) {  // several passes, and one
            Product product(m, k, n);
            run_block(product, {{0, m}, {0, product.layout.panels()}, depth});
            CHECK(product.right({0, m}, {0, n}));
          }
        }
  });
}

TEST_CASE("a block writes its own piece of C only") {
  for_each_target([](const std::string& target) {
    CAPTURE(target);
    const std::int64_t width = 2 * gemm_kernels().lanes;
    Product product(40, 20, 5 * width);
    run_block(product, {{7, 30}, {1, 3}, 16});
    CHECK(product.right({7, 30}, {width, 3 * width}));
  });
}

TEST_CASE("packed rows that are kept serve other panels") {
  for_each_target([](const std::string& target) {
    CAPTURE(target);
    const std::int64_t width = 2 * gemm_kernels().lanes;
    for (const std::int64_t k : {5, 16, 40, 75}) {
      CAPTURE(k);
      Product product(20, k, 3 * width);
      Floats scratch(static_cast<std::size_t>(gemm_scratch_floats(gemm_kernels(), 17, std::max<std::int64_t>(32, (k + 15) / 16 * 16))));
      gemm_kernels().block(product.args(), {{2, 19}, {0, 1}, 32, GemmBlock::Packing::all}, scratch.data());
      CHECK(product.right({2, 19}, {0, width}));
      GemmArgs rest = product.args();
      rest.a = nullptr;  // no longer looked at
      gemm_kernels().block(rest, {{2, 19}, {1, 3}, 32, GemmBlock::Packing::done}, scratch.data());
      CHECK(product.right({2, 19}, {0, 3 * width}));
      CHECK(scratch.intact());
    }
  });
}

TEST_CASE("weights of 16 bits: the bits of float weights of the same values") {
  for_each_target([](const std::string& target) {
    CAPTURE(target);
    const std::int64_t lanes = gemm_kernels().lanes;
    struct Half {
      std::uint16_t (*narrow)(float);
      float (*widen)(std::uint16_t);
      RowFn kernel;
    };
    for (const Half& half : {Half{base::float_to_float16, base::float16_to_float, row_kernels().fp16},
                             Half{base::float_to_bfloat16, base::bfloat16_to_float, row_kernels().bf16}})
      for (const std::int64_t k : {1, 7, 16, 33})
        for (const std::int64_t n : {std::int64_t{1}, lanes, lanes + 1, 2 * lanes, 3 * lanes + 1, 4 * lanes, 9 * lanes}) {
          CAPTURE(k);
          CAPTURE(n);
          Product wide(1, k, n), narrow(1, k, n);
          wide.packed.data()[0] = 3e-6f;  // subnormal in float16
          GuardedBuffer<std::uint16_t> halves(static_cast<std::size_t>(wide.layout.floats()));
          for (std::int64_t i = 0; i < wide.layout.floats(); ++i) {
            halves.data()[i] = half.narrow(wide.packed.data()[i]);
            wide.packed.data()[i] = half.widen(halves.data()[i]);
          }
          const base::Range pairs = {0, (wide.layout.panels() + 1) / 2};
          row_kernels().fp32(wide.args(), pairs);
          GemmArgs args = narrow.args();
          args.b = nullptr;
          args.b_half = halves.data();
          half.kernel(args, pairs);
          CHECK(std::equal(wide.c.data(), wide.c.data() + n, narrow.c.data()));
          CHECK(halves.intact());
          CHECK(narrow.c.intact());
        }
  });
}

TEST_CASE("accumulating starts from C") {
  for_each_target([](const std::string& target) {
    CAPTURE(target);
    for (const std::int64_t m : {1, 9}) {
      Product product(m, 20, 3 * gemm_kernels().lanes);
      for (std::int64_t i = 0; i < m; ++i)
        std::copy_n(product.bias.data(), product.n, product.c.data() + i * product.n);
      GemmArgs args = product.args();
      args.bias = nullptr;
      args.accumulate = true;
      Floats scratch(static_cast<std::size_t>(gemm_scratch_floats(gemm_kernels(), m, 32)));
      if (m == 1) {
        row_kernels().fp32(args, {0, (product.layout.panels() + 1) / 2});
      } else {
        gemm_kernels().block(args, {{0, m}, {0, product.layout.panels()}, 32}, scratch.data());
      }
      CHECK(product.right({0, m}, {0, product.n}));
    }
  });
}

TEST_CASE("one row, whole and in pieces") {
  for_each_target([](const std::string& target) {
    CAPTURE(target);
    const std::int64_t lanes = gemm_kernels().lanes;
    for (std::int64_t n = 1; n <= 9 * lanes; n += lanes > 4 ? 5 : 1) {
      CAPTURE(n);
      Product whole(1, 21, n), pieces(1, 21, n);
      const std::int64_t pairs = (whole.layout.panels() + 1) / 2;
      row_kernels().fp32(whole.args(), {0, pairs});
      CHECK(whole.right({0, 1}, {0, n}));
      for (std::int64_t pair = 0; pair < pairs; ++pair) row_kernels().fp32(pieces.args(), {pair, pair + 1});
      CHECK(whole.c.values() == pieces.c.values());
    }
  });
}

TEST_CASE("windows read in place") {
  for_each_target([](const std::string& target) {
    CAPTURE(target);
    const DirectFn kernel = direct_kernel();
    for (const std::int64_t columns : {1, 2, 5, 6, 7, 11, 12, 13, 14, 15, 28, 29})
      for (const std::int64_t channels : {1, 3, 4, 9}) {
        CAPTURE(columns);
        CAPTURE(channels);
        // 2 x 2 windows over `columns` + 1 pixels of 3 rows.
        const std::int64_t n = gemm_kernels().lanes + 1, row = (columns + 1) * channels;
        Floats image(Random(5).values(static_cast<std::size_t>(3 * row)));
        Product product(1, 4 * channels, n);
        Floats c(static_cast<std::size_t>(2 * columns * n));
        DirectArgs args;
        args.a = image.data();
        args.row_stride = row;
        args.pixel_stride = channels;
        args.runs = 2;
        args.run_values = 2 * channels;
        args.run_stride = row;
        args.layout = product.layout;
        args.b = product.packed.data();
        args.bias = product.bias.data();
        args.c = c.data();
        args.c_row_stride = columns * n;
        args.c_pixel_stride = n;
        kernel(args, {{0, 2}, {0, columns}});
        CHECK(c.intact());
        CHECK(image.intact());
        bool all_right = true;
        for (std::int64_t y = 0; y < 2; ++y)
          for (std::int64_t x = 0; x < columns; ++x)
            for (std::int64_t j = 0; j < n; ++j) {
              double want = product.bias[static_cast<std::size_t>(j)];
              for (std::int64_t k = 0; k < 4 * channels; ++k) {
                const std::int64_t at = (y + k / (2 * channels)) * row + x * channels + k % (2 * channels);
                want += static_cast<double>(image[static_cast<std::size_t>(at)]) * product.b[static_cast<std::size_t>(k * n + j)];
              }
              all_right = all_right && simd_close(c[static_cast<std::size_t>((y * columns + x) * n + j)], want);
            }
        CHECK(all_right);
      }
  });
}

TEST_CASE("padded rows have the image in the middle of zeros") {
  const std::vector<float> image = Random(6).values(3 * 4 * 2);
  for (const std::int64_t pad : {0, 1, 9})
    for (const std::int64_t columns : {1, 3, 4, 6, 12}) {
      CAPTURE(pad);
      CAPTURE(columns);
      Floats padded(static_cast<std::size_t>(6 * columns * 2));
      copy_padded(image.data(), 3, 4, 2, 2, {-1, 5}, pad, columns, padded.data());
      CHECK(padded.intact());
      for (std::int64_t y = -1; y < 5; ++y)
        for (std::int64_t x = 0; x < columns; ++x)
          for (std::int64_t c = 0; c < 2; ++c) {
            const bool inside = y >= 0 && y < 3 && x >= pad && x < pad + 4;
            const float want = inside ? image[static_cast<std::size_t>((y * 4 + x - pad) * 2 + c)] : 0.0f;
            CHECK(padded[static_cast<std::size_t>(((y + 1) * columns + x) * 2 + c)] == want);
          }
    }
}

TEST_CASE("depths are whole turns, and blocks share rows evenly") {
  for (const std::int64_t k : {1, 16, 17, 512, 769, 1152, 4608, 25088}) {
    const std::int64_t depth = gemm_depth(k);
    CHECK(depth % kTurn == 0);
    CHECK(depth >= std::min<std::int64_t>(k, 384));
    const std::int64_t rows = gemm_block_rows(gemm_kernels(), 12544, depth);
    CHECK(rows >= 1);
    CHECK(rows * ((12544 + rows - 1) / rows) >= 12544);
  }
}

}  // namespace
}  // namespace dnntune::test
