// SPDX-License-Identifier: Apache-2.0
// The right operand of a matrix product or convolution with its bias, in the kernels' own order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "backends/cpu/simd/constant_floats.h"
#include "backends/weight_store.h"
#include "base/aligned.h"
#include "dnntune/tensor.h"
#include "kernels/simd/direct.h"
#include "kernels/simd/gemm.h"
#include "kernels/simd/row.h"

namespace dnntune::backends::cpu::simd {

/// Calls f(range of panels) until all panels had their turn: few enough that their columns, of `column_floats` each,
/// take about 1 MiB. What is read from a file has gone through a small buffer then, and its pages can be given back.
template <typename F>
void each_piece(const kernels::simd::PanelLayout& layout, std::int64_t column_floats, F f) {
  constexpr std::int64_t kPieceFloats = 1024 * 1024 / 4;
  const std::int64_t step = std::max<std::int64_t>(1, kPieceFloats / std::max<std::int64_t>(1, column_floats * layout.panel_columns()));
  for (std::int64_t panel = 0; panel < layout.panels(); panel += step) f(base::Range{panel, std::min(panel + step, layout.panels())});
}

/// How weights are stored, where they fit: as float32, or...
struct WeightStorage {
  DataType row_type = DataType::float32;  ///< ... in that type, for products of one row, or ...
  std::int64_t pair_run = 0;              ///< ... if not 0, as pairs of bfloat16: see PackedWeights::pair.
  void add_to(FormKey& key) const { key.add(row_type).add(pair_run); }
  bool reduces() const noexcept { return row_type != DataType::float32 || pair_run > 0; }
};

/// `groups` matrices of one size. Made once, by the thread that prepares a layer.
class PackedWeights {
 public:
  PackedWeights() = default;
  /// Memory for all of it, nothing written yet.
  PackedWeights(std::int64_t k, std::int64_t n, std::int64_t groups, bool biased);

  /// Packs a group's matrix, `scale` times elements [first, first + k * n) of `b`, which lie row by row...
  void pack_rows(std::int64_t group, ConstantFloats& b, std::int64_t first, float scale);
  /// ... or column by column.
  void pack_columns(std::int64_t group, ConstantFloats& b, std::int64_t first, float scale);
  /// Packs ONNX's convolution weights, [groups * n, channels, taps], with rows in the order (tap, channel).
  void pack_convolution(ConstantFloats& weights, std::int64_t taps);
  /// Of weights that are `biased`: the bias of column n of all groups together is bias[n * stride] * scale; stride 0 repeats one
  /// value.
  void set_bias(const float* bias, std::int64_t stride, float scale);

  /// Of the words that the kernels take.
  const kernels::simd::PanelLayout& layout() const noexcept { return layout_; }
  /// Words of float32, or of bfloat16 after `pair`.
  const float* panels(std::int64_t group = 0) const noexcept { return panels_.as<float>() + group * layout_.floats(); }
  /// Null: none.
  const float* bias(std::int64_t group = 0) const noexcept {
    return bias_.size() == 0 ? nullptr : bias_.as<float>() + group * layout_.padded_columns();
  }
  /// Whether `type`, float16 or bfloat16, holds all of them: none is a NaN or beyond its range. True for float32.
  bool fit(DataType type) const noexcept;
  /// Stores the matrices in 16 bits a weight, for products of one row: `type` is float16 or bfloat16, or float32
  /// for nothing to be done. Weights that do not fit leave all as they are.
  void narrow(DataType type);
  DataType type() const noexcept { return type_; }
  /// Turns the matrices into words of two bfloat16, for kernels that multiply such: pairs of rows, starting anew with
  /// each run of `run` rows. False, and all is left as it is, where the processor has no such kernels or a weight does
  /// not fit.
  bool pair(std::int64_t run);
  bool paired() const noexcept { return paired_; }
  void store(const WeightStorage& storage) {
    narrow(storage.row_type);
    if (storage.pair_run > 0) pair(storage.pair_run);
  }
  /// Narrowed or paired.
  bool reduced() const noexcept { return paired_ || type_ != DataType::float32; }
  std::int64_t k() const noexcept { return k_; }
  /// The kernels for more than one row.
  const kernels::simd::GemmKernels& gemm_kernels() const noexcept {
    return paired_ ? *kernels::simd::bfloat16_gemm_kernels() : kernels::simd::gemm_kernels();
  }
  /// The kernel for one row, and the operands that it takes from here.
  kernels::simd::RowFn row_kernel() const noexcept;
  void give(kernels::simd::GemmArgs& args, std::int64_t group) const noexcept;

  std::size_t bytes() const noexcept { return panels_.size() + bias_.size(); }

 private:
  float* matrix(std::int64_t group) noexcept { return panels_.as<float>() + group * layout_.floats(); }

  kernels::simd::PanelLayout layout_;
  std::int64_t k_ = 0;
  std::int64_t groups_ = 1;
  bool paired_ = false;
  DataType type_ = DataType::float32;
  base::AlignedBuffer panels_;
  base::AlignedBuffer bias_;
};

/// As layers hold them: those of other plans may hold them too.
using SharedWeights = std::shared_ptr<const PackedWeights>;

/// The weights of that key, which `pack(PackedWeights&)` packs as float32 and which are then stored as told. Whether numbers
/// fit 16 bits their contents decide: such weights are packed even where only sizes are wanted.
template <typename Pack>
SharedWeights shared_weights(const LayerSpec& layer, const FormKey& key, std::int64_t k, std::int64_t n, std::int64_t groups, bool biased,
                             const WeightStorage& storage, Pack pack) {
  const auto make = [&] {
    PackedWeights weights(k, n, groups, biased);
    if (!storage.reduces()) return weights;
    pack(weights);
    weights.store(storage);
    return weights;
  };
  return shared_form<PackedWeights>(layer, key, make, [&](PackedWeights& weights) {
    if (!storage.reduces()) pack(weights);
  });
}

}  // namespace dnntune::backends::cpu::simd
