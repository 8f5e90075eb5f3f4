// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/reference/quantization.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "backends/layer_helpers.h"

namespace dnntune::backends::cpu {
namespace {

using kernels::Activation;

const TensorSpec& operand(const LayerSpec& layer, int index) noexcept {
  return input(layer, index < 0 ? layer.inputs.size() : static_cast<std::size_t>(index));
}

const std::uint8_t* bytes_at(InputPointers inputs, int index) noexcept {
  return index < 0 || static_cast<std::size_t>(index) >= inputs.size() ? nullptr : static_cast<const std::uint8_t*>(inputs[static_cast<std::size_t>(index)]);
}
const float* floats_at(InputPointers inputs, int index) noexcept { return static_cast<const float*>(inputs[static_cast<std::size_t>(index)]); }

std::int64_t entries(const LayerSpec& layer, int index) {
  const TensorSpec& spec = operand(layer, index);
  return spec.present() ? elements(spec.shape) : 1;
}

}  // namespace

bool is_signed(const TensorSpec& operand) noexcept { return operand.type == DataType::int8; }

void require_bytes(const LayerSpec& layer, const TensorSpec& operand) {
  if (operand.type != DataType::uint8 && operand.type != DataType::int8) throw_unsupported(layer, "there is no kernel for these types");
}

void check_scale(const LayerSpec& layer, const TensorSpec& tensor, ScaleOperands at, std::int64_t channels) {
  for (const int index : {at.scale, at.zero_point}) {
    const TensorSpec& spec = operand(layer, index);
    if (!spec.present()) {
      require(index != at.scale || index < 0, layer, "a scale is missing");
      continue;
    }
    require_type(layer, spec, index == at.scale ? DataType::float32 : tensor.type, index == at.scale ? "a scale" : "a zero point");
    const std::int64_t count = elements(spec.shape);
    require(count == 1 || count == channels, layer, fmt::format("input {} has {} entries", index, count));
  }
}

float read_scale(InputPointers inputs, ScaleOperands at) noexcept { return *floats_at(inputs, at.scale); }

std::int32_t read_zero_point(InputPointers inputs, ScaleOperands at, bool is_signed) noexcept {
  const std::uint8_t* const zero = bytes_at(inputs, at.zero_point);
  return zero == nullptr ? 0 : kernels::load_byte(zero, 0, is_signed);
}

std::vector<const void*> constant_pointers(const LayerSpec& layer) {
  std::vector<const void*> pointers;
  for (const TensorSpec& operand : layer.inputs) pointers.push_back(operand.constant.data());
  return pointers;
}

bool has_known_scale(const LayerSpec& layer, ScaleOperands at) {
  const TensorSpec &scale = operand(layer, at.scale), &zero = operand(layer, at.zero_point);
  if (!scale.constant.defined() || scale.type != DataType::float32 || elements(scale.shape) != 1) return false;
  if (zero.present() && (!zero.constant.defined() || elements(zero.shape) != 1)) return false;
  const float value = scale.constant.as<float>()[0];
  return value > 0.0f && std::isfinite(value);
}

kernels::Quantizer read_quantizer(InputPointers inputs, ScaleOperands at, bool is_signed, const Activation& activation) noexcept {
  kernels::Quantizer quantizer = {read_zero_point(inputs, at, is_signed), is_signed ? -128 : 0, is_signed ? 127 : 255};
  const float scale = read_scale(inputs, at);
  std::int32_t low = quantizer.low, high = quantizer.high;
  if (activation.kind == Activation::Kind::relu) low = quantizer(0.0f);
  if (activation.kind == Activation::Kind::clip) {
    low = quantizer(activation.alpha / scale);
    high = quantizer(activation.beta / scale);
  }
  quantizer.low = std::min(low, high);  // of bounds in the wrong order the upper one holds
  quantizer.high = high;
  return quantizer;
}

Activation clamping_activation(const LayerSpec& layer) {
  const Activation activation = fused_activation(layer);
  using Kind = Activation::Kind;
  if (activation.kind != Kind::none && activation.kind != Kind::relu && activation.kind != Kind::clip)
    throw_unsupported(layer, "an activation on integers");
  return activation;
}

ProductQuantization::ProductQuantization(const LayerSpec& layer, std::size_t weights, std::int64_t rows, std::int64_t channels)
    : rows_(rows), channels_(channels) {
  const TensorSpec &x = input(layer, 0), &w = input(layer, weights), &y = output(layer, 0);
  require_bytes(layer, x);
  require_bytes(layer, w);
  x_signed_ = is_signed(x);
  weights_signed_ = is_signed(w);
  if (weights == 1) {  // ConvInteger, MatMulInteger
    x_ = {.zero_point = 2};
    weights_ = {.zero_point = 3};
    require_type(layer, y, DataType::int32, "the output");
  } else {
    x_ = {1, 2};
    weights_ = {4, 5};
    y_ = {6, 7};
    require_bytes(layer, y);
    y_signed_ = is_signed(y);
    check_scale(layer, y, y_);
    require_type(layer, input(layer, 8), DataType::int32, "the bias");
    if (entries(layer, 1) != 1) throw_unsupported(layer, "a scale for each row");
  }
  check_scale(layer, x, x_, rows);
  check_scale(layer, w, weights_, channels);
  activation_ = clamping_activation(layer);
  if (!requantizes() && activation_.kind != Activation::Kind::none) throw_unsupported(layer, "an activation on integers");
  x_entries_ = entries(layer, x_.zero_point);
  weight_scale_entries_ = entries(layer, weights_.scale);
  weight_zero_entries_ = entries(layer, weights_.zero_point);
}

ProductQuantization::Values ProductQuantization::read(InputPointers inputs, std::byte* scratch) const noexcept {
  auto* const x_zeros = reinterpret_cast<std::int32_t*>(scratch);
  std::int32_t* const weight_zeros = x_zeros + rows_;
  auto* const multipliers = reinterpret_cast<float*>(weight_zeros + channels_);
  const auto expand = [&](int index, bool is_signed, std::int64_t given, std::int64_t wanted, std::int32_t* to) {
    const std::uint8_t* const bytes = bytes_at(inputs, index);
    for (std::int64_t i = 0; i < wanted; ++i) to[i] = bytes == nullptr ? 0 : kernels::load_byte(bytes, given == 1 ? 0 : i, is_signed);
  };
  expand(x_.zero_point, x_signed_, x_entries_, rows_, x_zeros);
  expand(weights_.zero_point, weights_signed_, weight_zero_entries_, channels_, weight_zeros);
  if (!requantizes()) return {x_zeros, weight_zeros, nullptr, {}};
  const float x_scale = read_scale(inputs, x_), y_scale = read_scale(inputs, y_);
  const float* const weight_scale = floats_at(inputs, weights_.scale);
  for (std::int64_t c = 0; c < channels_; ++c) multipliers[c] = x_scale * weight_scale[weight_scale_entries_ == 1 ? 0 : c] / y_scale;
  return {x_zeros, weight_zeros, multipliers, read_quantizer(inputs, y_, y_signed_, activation_)};
}

}  // namespace dnntune::backends::cpu
