// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/simd/quantized_product.h"

#include <algorithm>
#include <cmath>

#include "backends/layer_helpers.h"
#include "backends/cpu/simd/grain.h"

namespace dnntune::backends::cpu::simd {

using kernels::simd::ByteColumns;
using kernels::simd::QuantizedGemmArgs;

bool ProductConstants::has_weight_zeros() const noexcept {
  return std::any_of(weight_zeros.begin(), weight_zeros.end(), [](std::int32_t zero) { return zero != 0; });
}

std::optional<ProductConstants> product_constants(const LayerSpec& layer, std::size_t weights, std::int64_t rows, std::int64_t channels) {
  const bool requantizes = weights == 3;
  const std::size_t x_zero = requantizes ? 2 : weights + 1;
  std::vector<const void*> pointers;
  for (std::size_t i = 0; i < layer.inputs.size(); ++i) {
    const TensorSpec& operand = layer.inputs[i];
    pointers.push_back(operand.constant.data());
    const bool may_vary = i == 0 || (!requantizes && i == x_zero);
    if (operand.present() && !operand.constant.defined() && !may_vary) return std::nullopt;
  }
  const ProductQuantization quantization(layer, weights, rows, channels);
  if (input(layer, x_zero).present() && elements(input(layer, x_zero).shape) != 1) return std::nullopt;
  ProductConstants constants;
  constants.key.add(input(layer, 0).type);
  for (std::size_t i = 1; i < layer.inputs.size(); ++i) constants.key.add(layer.inputs[i]);
  constants.x_signed = quantization.x_signed();
  constants.weights_signed = quantization.weights_signed();
  constants.output_signed = is_signed(output(layer, 0));
  constants.knows_x_zero = !input(layer, x_zero).present() || input(layer, x_zero).constant.defined();
  constants.weights = static_cast<const std::uint8_t*>(input(layer, weights).constant.data());
  if (requantizes && input(layer, 8).present()) constants.bias = static_cast<const std::int32_t*>(input(layer, 8).constant.data());
  std::vector<std::byte> values_memory(quantization.scratch_bytes());
  const ProductQuantization::Values values = quantization.read(pointers, values_memory.data());
  constants.x_zero = values.x_zeros[0];
  for (std::int64_t c = 0; c < channels; ++c) {
    constants.weight_zeros.push_back(values.weight_zeros[c] - (constants.weights_signed ? 0 : 128));
    if (values.multipliers == nullptr) continue;
    if (!(values.multipliers[c] > 0.0f) || !std::isfinite(values.multipliers[c])) return std::nullopt;
    constants.multipliers.push_back(values.multipliers[c]);
  }
  constants.quantizer = values.quantizer;
  return constants;
}

QuantizedProduct::QuantizedProduct(const LayerSpec& layer, const Shape& shape, const ProductConstants& constants, const kernels::simd::ConvWindow* window)
    : kernels_(kernels::simd::quantized_gemm_kernels()),
      shape_(shape),
      layout_{shape.k, shape.n, kernels_.panel_columns},
      has_window_(window != nullptr),
      knows_x_zero_(constants.knows_x_zero),
      x_signed_(constants.x_signed),
      output_signed_(constants.output_signed),
      has_multipliers_(!constants.multipliers.empty()),
      has_weight_zeros_(constants.has_weight_zeros()),
      x_zero_(constants.x_zero),
      quantizer_(constants.quantizer),
      threads_(layer.threads) {
  if (window != nullptr) window_ = *window;
  FormKey key = constants.key;
  key.add(std::vector<std::int64_t>{shape.k, shape.n, shape.groups, shape.b_stride_k, shape.b_stride_n, shape.b_group_stride, shape.taps});
  weights_ = shared_form<Weights>(layer, key, [&] { return room(); }, [&](Weights& weights) { pack(constants, weights); });

  // Packed rows of A stay in a level-2 cache. Threads share the rows; few rows, and they share the panels.
  constexpr std::int64_t kBlockBytes = 192 * 1024;
  const std::int64_t most = std::max(kernels_.tile_rows, kBlockBytes / kernels::simd::packed_row_bytes(shape.k) / kernels_.tile_rows * kernels_.tile_rows);
  blocks_ = divide_up(shape.m, most);
  if (threads_ > 1 && shape.m >= 4 * threads_ * kernels_.tile_rows) blocks_ = divide_up(blocks_, threads_) * threads_;
  block_rows_ = divide_up(shape.m, blocks_);
  constexpr std::int64_t kNoteBytes = 64;  // before a thread's scratch: which rows it holds, packed
  thread_bytes_ = static_cast<std::int64_t>(
      base::round_up(static_cast<std::size_t>(kNoteBytes + kernels::simd::quantized_gemm_scratch_bytes(kernels_, block_rows_, shape.k))));
}

QuantizedProduct::Weights QuantizedProduct::room() const {
  const std::int64_t columns = shape_.groups * layout_.padded_columns();
  return {base::AlignedBuffer(static_cast<std::size_t>(shape_.groups * layout_.bytes())),
          base::AlignedBuffer(static_cast<std::size_t>(columns) * 5 * sizeof(std::int32_t))};
}

void QuantizedProduct::pack(const ProductConstants& constants, Weights& weights) const {
  const Shape& shape = shape_;
  const std::int64_t columns = shape.groups * layout_.padded_columns();
  auto* const sums = weights.columns.as<std::int32_t>();
  std::fill_n(sums, 5 * columns, 0);
  for (std::int64_t group = 0; group < shape.groups; ++group) {
    const std::uint8_t* const b = constants.weights + group * shape.b_group_stride;
    std::int8_t* const to = weights.panels.as<std::int8_t>() + group * layout_.bytes();
    if (shape.taps == 1) {
      kernels::simd::pack_bytes(layout_, b, shape.b_stride_k, shape.b_stride_n, constants.weight_flip(), to);
    } else {  // ONNX has [n, channels, taps], windows are read tap by tap
      std::vector<std::uint8_t> ordered(static_cast<std::size_t>(shape.k * shape.n));
      const std::int64_t channels = shape.k / shape.taps;
      for (std::int64_t n = 0; n < shape.n; ++n)
        for (std::int64_t c = 0; c < channels; ++c)
          for (std::int64_t tap = 0; tap < shape.taps; ++tap)
            ordered[static_cast<std::size_t>(n * shape.k + tap * channels + c)] = b[(n * channels + c) * shape.taps + tap];
      kernels::simd::pack_bytes(layout_, ordered.data(), 1, shape.k, constants.weight_flip(), to);
    }
    for (std::int64_t n = 0; n < shape.n; ++n) {
      const std::int64_t at = group * layout_.padded_columns() + n;
      const auto channel = static_cast<std::size_t>(group * shape.n + n);
      const std::int8_t* column = to + n / layout_.panel_columns * layout_.panel_bytes() + n % layout_.panel_columns * 4;
      for (std::int64_t quad = 0; quad < layout_.quads(); ++quad, column += layout_.panel_columns * 4)
        for (int i = 0; i < 4; ++i) sums[at] += column[i];
      if (constants.bias != nullptr) sums[columns + at] = constants.bias[channel];
      sums[2 * columns + at] = constants.weight_zeros[channel];
      if (has_multipliers_) reinterpret_cast<float*>(sums + 4 * columns)[at] = constants.multipliers[channel];
    }
  }
  set_start(sums, x_zero_, sums + 3 * columns);
}

std::int32_t QuantizedProduct::stored_x_zero(std::int32_t x_zero) const noexcept {
  return x_zero + (x_signed_ == kernels_.signed_a ? 0 : x_signed_ ? 128 : -128);
}

// sum (a - za) (w - zw) = sum a w - zw sum a - za sum w + k za zw; the sums of a are the kernel's.
void QuantizedProduct::set_start(const std::int32_t* sums, std::int32_t x_zero, std::int32_t* start) const noexcept {
  const std::int64_t columns = shape_.groups * layout_.padded_columns();
  const std::int64_t zero = stored_x_zero(x_zero);
  for (std::int64_t i = 0; i < columns; ++i)
    start[i] = static_cast<std::int32_t>(sums[columns + i] - zero * sums[i] + shape_.k * zero * sums[2 * columns + i]);
}

std::size_t QuantizedProduct::scratch_bytes() const noexcept {
  const std::int64_t starts = knows_x_zero_ ? 0 : shape_.groups * layout_.padded_columns() * 4;
  return static_cast<std::size_t>(threads_ * thread_bytes_ + starts);
}

void QuantizedProduct::run(const std::uint8_t* a, void* c, std::int32_t x_zero, std::byte* scratch, base::ThreadPool& pool) const {
  const std::int64_t columns = shape_.groups * layout_.padded_columns();
  const auto* const sums = weights_->columns.as<std::int32_t>();
  const std::int32_t* start = sums + 3 * columns;
  if (knows_x_zero_) {
    x_zero = x_zero_;
  } else {
    auto* const own = reinterpret_cast<std::int32_t*>(scratch + threads_ * thread_bytes_);
    set_start(sums, x_zero, own);
    start = own;
  }
  QuantizedGemmArgs args;
  args.m = shape_.m;
  args.layout = layout_;
  args.a_stride = shape_.a_stride;
  args.window = has_window_ ? &window_ : nullptr;
  args.padding = static_cast<std::uint8_t>(x_zero);
  args.flip = x_signed_ == kernels_.signed_a ? 0 : 0x80;
  args.c_stride = shape_.c_stride;
  args.quantizer = quantizer_;
  args.output_signed = output_signed_;
  const std::int64_t element = has_multipliers_ ? 1 : 4, panels = layout_.panels();
  const auto note = [&](int worker) { return reinterpret_cast<std::int64_t*>(scratch + worker * thread_bytes_); };
  for (int worker = 0; worker < threads_; ++worker) *note(worker) = -1;
  const std::int64_t item_macs = block_rows_ * shape_.k * layout_.panel_columns / 4;
  pool.parallel_for(shape_.groups * blocks_ * panels, grain_for(item_macs), [&](base::Range items, int worker) {
    for (std::int64_t item = items.begin; item < items.end;) {
      const std::int64_t panel = item % panels, group_block = item / panels, group = group_block / blocks_;
      const std::int64_t panel_end = std::min(panels, panel + items.end - item), first = group * layout_.padded_columns();
      QuantizedGemmArgs own = args;
      own.a = a + group * shape_.a_group_stride;
      own.a_bytes = shape_.a_bytes - group * shape_.a_group_stride;
      own.b = weights_->panels.as<std::int8_t>() + group * layout_.bytes();
      own.columns = {start + first, has_multipliers_ ? reinterpret_cast<const float*>(sums + 4 * columns) + first : nullptr,
                     has_weight_zeros_ ? sums + 2 * columns + first : nullptr};
      own.c = static_cast<std::byte*>(c) + group * shape_.n * element;
      kernels_.block(own, {even_part(shape_.m, group_block % blocks_, blocks_), {panel, panel_end}, *note(worker) == group_block},
                     scratch + worker * thread_bytes_ + 64);
      *note(worker) = group_block;
      item += panel_end - panel;
    }
  });
}

}  // namespace dnntune::backends::cpu::simd
