// SPDX-License-Identifier: Apache-2.0
#include "backends/layer_helpers.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/checked.h"

namespace dnntune::backends {
namespace {

std::string type_list(std::span<const TensorSpec> operands) {
  std::string text;
  for (const TensorSpec& operand : operands) {
    if (!text.empty()) text += ", ";
    text += operand.present() ? to_string(operand.type) + to_string(operand.shape) : std::string("none");
  }
  return text;
}

std::string describe(const LayerSpec& layer, std::string_view reason) {
  return fmt::format("{} '{}' ({} -> {}): {}", layer.node.op_type, layer.node.name, type_list(layer.inputs),
                     type_list(layer.outputs), reason);
}

const TensorSpec& absent() noexcept {
  static const TensorSpec none;
  return none;
}

}  // namespace

void throw_unsupported(const LayerSpec& layer, std::string_view reason) {
  throw Error(ErrorCode::unsupported, describe(layer, reason));
}

void throw_invalid(const LayerSpec& layer, std::string_view reason) {
  throw Error(ErrorCode::invalid_model, describe(layer, reason));
}

void require_shape(const LayerSpec& layer, const TensorSpec& operand, const Shape& wanted, std::string_view what) {
  if (operand.shape != wanted)
    throw_invalid(layer, fmt::format("{} has shape {} but must have {}", what, to_string(operand.shape), to_string(wanted)));
}

void require_type(const LayerSpec& layer, const TensorSpec& operand, DataType wanted, std::string_view what) {
  if (operand.present() && operand.type != wanted)
    throw_invalid(layer, fmt::format("{} is {} but must be {}", what, to_string(operand.type), to_string(wanted)));
}

const TensorSpec& input(const LayerSpec& layer, std::size_t index) noexcept {
  return index < layer.inputs.size() ? layer.inputs[index] : absent();
}

const TensorSpec& output(const LayerSpec& layer, std::size_t index) noexcept {
  return index < layer.outputs.size() ? layer.outputs[index] : absent();
}

std::int64_t grain(std::int64_t cost_per_item) noexcept {
  return std::max<std::int64_t>(1, (std::int64_t{1} << 15) / std::max<std::int64_t>(1, cost_per_item));
}

std::int64_t elements(const Shape& shape) { return elements(shape, 0, shape.size()); }

std::int64_t elements(const Shape& shape, std::size_t begin, std::size_t end) {
  std::int64_t count = 1;
  for (std::size_t i = begin; i < end; ++i) count = base::checked_mul(count, shape[i], "elements of a layer's operand");
  return count;
}

std::vector<std::int64_t> dense_strides(const Shape& shape) {
  std::vector<std::int64_t> strides(shape.size());
  std::int64_t stride = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride = base::checked_mul(stride, shape[i], "stride of a layer's operand");
  }
  return strides;
}

std::vector<std::int64_t> broadcast_strides(const LayerSpec& layer, const Shape& from, const Shape& to) {
  require(from.size() <= to.size(), layer, "an operand has more dimensions than the result");
  const std::vector<std::int64_t> dense = dense_strides(from);
  std::vector<std::int64_t> strides(to.size(), 0);
  const std::size_t lead = to.size() - from.size();
  for (std::size_t i = 0; i < from.size(); ++i) {
    require(from[i] == 1 || from[i] == to[lead + i], layer,
            fmt::format("{} does not broadcast to {}", to_string(from), to_string(to)));
    strides[lead + i] = from[i] == 1 ? 0 : dense[i];
  }
  return strides;
}

std::size_t normalized_axis(const LayerSpec& layer, std::int64_t axis, std::size_t rank) {
  const auto signed_rank = static_cast<std::int64_t>(rank);
  require(axis >= -signed_rank && axis < signed_rank, layer, fmt::format("axis {} is outside rank {}", axis, rank));
  return static_cast<std::size_t>(axis < 0 ? axis + signed_rank : axis);
}

std::vector<std::int64_t> constant_integers(const LayerSpec& layer, std::size_t input_index) {
  const TensorSpec& operand = input(layer, input_index);
  if (!operand.constant.defined()) throw_unsupported(layer, fmt::format("input {} must be constant", input_index));
  if (operand.type == DataType::int32) {
    const auto values = operand.constant.as<std::int32_t>();
    return {values.begin(), values.end()};
  }
  require(operand.type == DataType::int64, layer, fmt::format("input {} must be a list of integers", input_index));
  const auto values = operand.constant.as<std::int64_t>();
  return {values.begin(), values.end()};
}

kernels::Activation fused_activation(const LayerSpec& layer) {
  using From = graph::Activation::Kind;
  using To = kernels::Activation::Kind;
  const graph::Activation& fused = layer.node.activation;
  const auto kind = [&] {
    switch (fused.kind) {
      case From::none: return To::none;
      case From::relu: return To::relu;
      case From::clip: return To::clip;
      case From::leaky_relu: return To::leaky_relu;
      case From::sigmoid: return To::sigmoid;
      case From::tanh: return To::tanh;
      case From::hard_sigmoid: return To::hard_sigmoid;
      case From::hard_swish: return To::hard_swish;
    }
    return To::none;
  }();
  return {kind, fused.alpha, fused.beta};
}

}  // namespace dnntune::backends
