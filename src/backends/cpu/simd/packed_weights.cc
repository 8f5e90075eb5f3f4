// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/simd/packed_weights.h"

#include <algorithm>
#include <cmath>

#include "base/half.h"

namespace dnntune::backends::cpu::simd {

PackedWeights::PackedWeights(std::int64_t k, std::int64_t n, std::int64_t groups)
    : layout_{.rows = k, .columns = n, .lanes = kernels::simd::gemm_kernels().lanes},
      groups_(groups),
      panels_(static_cast<std::size_t>(groups * layout_.floats()) * sizeof(float)) {}

void PackedWeights::pack(std::int64_t group, const float* b, std::int64_t stride_k, std::int64_t stride_n, float scale) {
  kernels::simd::pack_panels(layout_, b, stride_k, stride_n, scale, {0, layout_.panels()},
                             panels_.as<float>() + group * layout_.floats());
}

void PackedWeights::pack_convolution(const float* weights, std::int64_t channels, std::int64_t taps) {
  const std::int64_t group_floats = layout_.columns * layout_.rows;
  base::AlignedBuffer reordered(static_cast<std::size_t>(group_floats) * sizeof(float));
  for (std::int64_t group = 0; group < groups_; ++group, weights += group_floats) {
    for (std::int64_t n = 0; n < layout_.columns; ++n)
      for (std::int64_t c = 0; c < channels; ++c)
        for (std::int64_t tap = 0; tap < taps; ++tap)
          reordered.as<float>()[(n * taps + tap) * channels + c] = weights[(n * channels + c) * taps + tap];
    pack(group, reordered.as<float>(), 1, layout_.rows, 1.0f);
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

kernels::simd::RowFn PackedWeights::row_kernel() const noexcept {
  const kernels::simd::RowKernels& row = kernels::simd::row_kernels();
  return type_ == DataType::float16 ? row.fp16 : type_ == DataType::bfloat16 ? row.bf16 : row.fp32;
}

void PackedWeights::give(kernels::simd::GemmArgs& args, std::int64_t group) const noexcept {
  args.layout = layout_;
  args.bias = bias(group);
  if (type_ == DataType::float32) {
    args.b = panels(group);
  } else {
    args.b_half = panels_.as<std::uint16_t>() + group * layout_.floats();
  }
}

void PackedWeights::set_bias(const float* bias, std::int64_t stride, float scale) {
  const std::int64_t padded = layout_.padded_columns();
  bias_ = base::AlignedBuffer(static_cast<std::size_t>(groups_ * padded) * sizeof(float));
  for (std::int64_t group = 0; group < groups_; ++group)
    for (std::int64_t n = 0; n < padded; ++n)
      bias_.as<float>()[group * padded + n] =
          n < layout_.columns ? scale * bias[(group * layout_.columns + n) * stride] : 0.0f;
}

}  // namespace dnntune::backends::cpu::simd
