// SPDX-License-Identifier: Apache-2.0
// The register tile of a matrix product: how its sums start and how they end up in C. What lies between
// is the loop over K, which differs in how it finds A.

#if defined(DNNTUNE_KERNELS_SIMD_TILE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef DNNTUNE_KERNELS_SIMD_TILE_INL_H
#undef DNNTUNE_KERNELS_SIMD_TILE_INL_H
#else
#define DNNTUNE_KERNELS_SIMD_TILE_INL_H
#endif

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include <hwy/highway.h>

#include "kernels/simd/math-inl.h"
#include "kernels/simd/words-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dnntune::kernels::simd {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr std::int64_t kLanes = hn::MaxLanes(D());

// 2 x 14 accumulators and the operands fill 32 vector registers, 2 x 6 fill 16. For NEON compilers load
// several values of A at once to multiply by a lane of them: two rows fewer leave room for that.
#if DNNTUNE_AVX3
constexpr int kTileRows = 14;
#elif DNNTUNE_NEON
constexpr int kTileRows = 12;
#else
constexpr int kTileRows = 6;
#endif

// Where masked loads and stores touch nothing but what they are asked for.
#undef DNNTUNE_MASKED_EDGES
#if DNNTUNE_AVX2
#define DNNTUNE_MASKED_EDGES 1
#else
#define DNNTUNE_MASKED_EDGES 0
#endif

/// Where the sums of a tile start and go.
struct TileOut {
  float* c;
  std::int64_t c_stride;
  std::int64_t columns;     ///< To store; fewer than the tile has at the right edge of C.
  const float* bias;        ///< Of the first column; null: none.
  float low, high;          ///< Bounds applied at the end.
  bool first = true;        ///< Start from the bias, else from C.
  bool last = true;         ///< Apply the bounds.
};

/// kRows x kVectors sums. The loops have fixed bounds and are unrolled: the sums live in registers.
template <int kRows, int kVectors>
struct Tile {
  static constexpr std::int64_t kWidth = kVectors * kLanes;
  V sum[kRows][kVectors];

  /// Written out because an implicit constructor would not be compiled for this instruction set.
  HWY_INLINE Tile() noexcept {}

  HWY_INLINE void start(const TileOut& out) noexcept {
    const D d;
    if (out.first) {
      HWY_UNROLL(16)
      for (int j = 0; j < kVectors; ++j) {
        const V bias = out.bias == nullptr ? hn::Zero(d) : hn::LoadU(d, out.bias + j * kLanes);
        HWY_UNROLL(16)
        for (int i = 0; i < kRows; ++i) sum[i][j] = bias;
      }
      return;
    }
#if DNNTUNE_MASKED_EDGES
    if (out.columns != kWidth) {
      const auto wanted = edge_mask(out);
      HWY_UNROLL(16)
      for (int i = 0; i < kRows; ++i) {
        const float* const row = out.c + i * out.c_stride;
        HWY_UNROLL(16)
        for (int j = 0; j + 1 < kVectors; ++j) sum[i][j] = hn::LoadU(d, row + j * kLanes);
        sum[i][kVectors - 1] = hn::MaskedLoad(wanted, d, row + (kVectors - 1) * kLanes);
      }
      return;
    }
#endif
    HWY_ALIGN float edge[kRows * kWidth];
    const Place<const float> from = place<const float>(out, edge);
    if (from.c == edge)
      for (int i = 0; i < kRows; ++i) {
        std::fill_n(edge + i * kWidth, kWidth, 0.0f);
        std::copy_n(out.c + i * out.c_stride, out.columns, edge + i * kWidth);
      }
    HWY_UNROLL(16)
    for (int i = 0; i < kRows; ++i) {
      HWY_UNROLL(16)
      for (int j = 0; j < kVectors; ++j) sum[i][j] = hn::LoadU(d, from.c + i * from.stride + j * kLanes);
    }
  }

  HWY_INLINE void finish(const TileOut& out) noexcept {
    const D d;
    if (out.last) {
      const V low = hn::Set(d, out.low);
      const V high = hn::Set(d, out.high);
      HWY_UNROLL(16)
      for (int i = 0; i < kRows; ++i) {
        HWY_UNROLL(16)
        for (int j = 0; j < kVectors; ++j) sum[i][j] = clamp(sum[i][j], low, high);
      }
    }
#if DNNTUNE_MASKED_EDGES
    if (out.columns != kWidth) {
      const auto wanted = edge_mask(out);
      HWY_UNROLL(16)
      for (int i = 0; i < kRows; ++i) {
        float* const row = out.c + i * out.c_stride;
        HWY_UNROLL(16)
        for (int j = 0; j + 1 < kVectors; ++j) hn::StoreU(sum[i][j], d, row + j * kLanes);
        hn::BlendedStore(sum[i][kVectors - 1], wanted, d, row + (kVectors - 1) * kLanes);
      }
      return;
    }
#endif
    HWY_ALIGN float edge[kRows * kWidth];
    const Place<float> to = place<float>(out, edge);
    HWY_UNROLL(16)
    for (int i = 0; i < kRows; ++i) {
      HWY_UNROLL(16)
      for (int j = 0; j < kVectors; ++j) hn::StoreU(sum[i][j], d, to.c + i * to.stride + j * kLanes);
    }
    if (to.c == edge)
      for (int i = 0; i < kRows; ++i) std::copy_n(edge + i * kWidth, out.columns, out.c + i * out.c_stride);
  }

  /// sum[i] += a(i) * b for one row b of the panel; a(i) is a broadcast word.
  template <class Words, class A>
  HWY_INLINE void multiply_add(const float* HWY_RESTRICT b, A a) noexcept {
    const D d;
    V columns[kVectors];
    HWY_UNROLL(16)
    for (int j = 0; j < kVectors; ++j) columns[j] = hn::Load(d, b + j * kLanes);
    HWY_UNROLL(16)
    for (int i = 0; i < kRows; ++i) {
      const V row = hn::Set(d, a(i));
      HWY_UNROLL(16)
      for (int j = 0; j < kVectors; ++j) sum[i][j] = Words::multiply_add(row, columns[j], sum[i][j]);
    }
  }

 private:
#if DNNTUNE_MASKED_EDGES
  /// The columns of the last vector that are C's: a panel is no wider than it must be, so those before are whole.
  static HWY_INLINE hn::Mask<D> edge_mask(const TileOut& out) noexcept {
    return hn::FirstN(D(), static_cast<std::size_t>(out.columns - (kVectors - 1) * kLanes));
  }
#endif
  template <class F>
  struct Place {
    F* c;
    std::int64_t stride;
  };
  /// C itself, or `edge` in its place where the tile sticks out of C.
  template <class F>
  static HWY_INLINE Place<F> place(const TileOut& out, F* edge) noexcept {
    return out.columns == kWidth ? Place<F>{out.c, out.c_stride} : Place<F>{edge, kWidth};
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace dnntune::kernels::simd
HWY_AFTER_NAMESPACE();

#endif  // per target
