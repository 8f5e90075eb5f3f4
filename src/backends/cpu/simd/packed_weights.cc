// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/simd/packed_weights.h"

#include <algorithm>
#include <cmath>

#include "base/half.h"
#include "kernels/simd/bfloat16.h"

namespace dnntune::backends::cpu::simd {

using kernels::simd::PanelLayout;

PackedWeights::PackedWeights(std::int64_t k, std::int64_t n, std::int64_t groups, bool biased)
    : layout_{.rows = k, .columns = n, .lanes = kernels::simd::gemm_kernels().lanes},
      k_(k),
      groups_(groups),
      panels_(static_cast<std::size_t>(groups * layout_.floats()) * sizeof(float)) {
  if (biased) bias_ = base::AlignedBuffer(static_cast<std::size_t>(groups * layout_.padded_columns()) * sizeof(float));
}

void PackedWeights::pack_rows(std::int64_t group, ConstantFloats& b, std::int64_t first, float scale) {
  constexpr std::int64_t kPieceFloats = 1024 * 1024 / 4;
  const std::int64_t step = std::max<std::int64_t>(1, kPieceFloats / std::max<std::int64_t>(1, layout_.columns));
  for (std::int64_t row = 0; row < layout_.rows; row += step) {
    const base::Range rows = {row, std::min(layout_.rows, row + step)};
    kernels::simd::pack_panel_rows(layout_, b.read(first + row * layout_.columns, rows.size() * layout_.columns), scale, rows, matrix(group));
  }
}

void PackedWeights::pack_columns(std::int64_t group, ConstantFloats& b, std::int64_t first, float scale) {
  each_piece(layout_, layout_.rows, [&](base::Range panels) {
    const PanelLayout part = layout_.part(panels);
    const float* const from = b.read(first + panels.begin * layout_.panel_columns() * layout_.rows, part.columns * layout_.rows);
    kernels::simd::pack_panels(part, from, 1, layout_.rows, scale, {0, part.panels()}, matrix(group) + layout_.offset(panels.begin));
  });
}

void PackedWeights::pack_convolution(ConstantFloats& weights, std::int64_t taps) {
  const std::int64_t group_floats = layout_.columns * layout_.rows;
  for (std::int64_t group = 0; group < groups_; ++group) {
    if (taps == 1) {
      pack_columns(group, weights, group * group_floats, 1.0f);
      continue;
    }
    each_piece(layout_, layout_.rows, [&](base::Range panels) {
      const PanelLayout part = layout_.part(panels);
      const float* const from = weights.read(group * group_floats + panels.begin * layout_.panel_columns() * layout_.rows, part.columns * layout_.rows);
      kernels::simd::pack_window_panels(part, from, taps, {0, part.panels()}, matrix(group) + layout_.offset(panels.begin));
    });
  }
}

bool PackedWeights::fit(DataType type) const noexcept {
  if (type != DataType::float16 && type != DataType::bfloat16) return true;
  // What rounds to infinity: the middle between the largest number and the next power of two. NaN stays with
  // float32, because not every instruction set widens one to a NaN.
  const float too_large = type == DataType::float16 ? 65520.0f : 0x1.ffp127f;
  const float* const from = panels_.as<float>();
  return std::all_of(from, from + panels_.size() / sizeof(float), [&](float w) { return std::abs(w) < too_large; });
}

void PackedWeights::narrow(DataType type) {
  if ((type != DataType::float16 && type != DataType::bfloat16) || !fit(type)) return;
  const std::size_t count = panels_.size() / sizeof(float);
  const float* const from = panels_.as<float>();
  base::AlignedBuffer halves(count * sizeof(std::uint16_t));
  std::transform(from, from + count, halves.as<std::uint16_t>(),
                 type == DataType::float16 ? base::float_to_float16 : base::float_to_bfloat16);
  panels_ = std::move(halves);
  type_ = type;
}

bool PackedWeights::pair(std::int64_t run) {
  if (kernels::simd::bfloat16_gemm_kernels() == nullptr || !fit(DataType::bfloat16)) return false;
  kernels::simd::PanelLayout words = layout_;
  words.rows = k_ / run * ((run + 1) / 2);
  base::AlignedBuffer pairs(static_cast<std::size_t>(groups_ * words.floats()) * sizeof(float));
  auto* to = pairs.as<std::uint16_t>();
  for (std::int64_t group = 0; group < groups_; ++group)
    for (std::int64_t panel = 0; panel < layout_.panels(); ++panel)
      to = kernels::simd::pair_rows(panels(group) + layout_.offset(panel), k_, layout_.width(panel), run, to);
  panels_ = std::move(pairs);
  layout_ = words;
  paired_ = true;
  return true;
}

kernels::simd::RowFn PackedWeights::row_kernel() const noexcept {
  const kernels::simd::RowKernels& row = kernels::simd::row_kernels();
  return type_ == DataType::float16 ? row.fp16 : type_ == DataType::bfloat16 ? row.bf16 : row.fp32;
}

void PackedWeights::give(kernels::simd::GemmArgs& args, std::int64_t group) const noexcept {
  args.layout = layout_;
  args.a_columns = k_;
  args.bias = bias(group);
  if (type_ == DataType::float32) {
    args.b = panels(group);
  } else {
    args.b_half = panels_.as<std::uint16_t>() + group * layout_.floats();
  }
}

void PackedWeights::set_bias(const float* bias, std::int64_t stride, float scale) {
  const std::int64_t padded = layout_.padded_columns();
  for (std::int64_t group = 0; group < groups_; ++group)
    for (std::int64_t n = 0; n < padded; ++n)
      bias_.as<float>()[group * padded + n] =
          n < layout_.columns ? scale * bias[(group * layout_.columns + n) * stride] : 0.0f;
}

}  // namespace dnntune::backends::cpu::simd
