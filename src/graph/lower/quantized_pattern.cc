// SPDX-License-Identifier: Apache-2.0
#include "graph/lower/quantized_pattern.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "graph/lower/activation.h"

namespace dnntune::graph::lowering {
namespace {

std::size_t index(ValueId id) { return static_cast<std::size_t>(id); }

bool is_bytes(DataType type) { return type == DataType::uint8 || type == DataType::int8; }

/// How a layer takes part.
enum class Kind { none, product, sum, mean, moves };

Kind kind_of(const Node& node) {
  switch (node.op) {
    case Op::Conv:
    case Op::MatMul:
    case Op::Gemm: return Kind::product;
    case Op::Add: return Kind::sum;
    case Op::GlobalAveragePool: return Kind::mean;
    case Op::MaxPool:
    case Op::Reshape:
    case Op::Flatten:
    case Op::Squeeze:
    case Op::Unsqueeze:
    case Op::Transpose:
    case Op::Concat:
    case Op::Slice:
    case Op::DepthToSpace:
    case Op::SpaceToDepth: return Kind::moves;
    default: return Kind::none;
  }
}

class Matcher {
 public:
  Matcher(const Ir& ir, const Uses& uses, const Node& node) : ir_(ir), uses_(uses), node_(node) {}

  std::optional<QuantizedPattern> match() {
    const Kind kind = kind_of(node_);
    if (kind == Kind::none || !node_.unsupported.empty() || node_.outputs.size() != 1) return std::nullopt;
    QuantizedPattern pattern;
    pattern.moves_only = kind == Kind::moves;
    const std::size_t operands = kind == Kind::sum ? 2 : node_.op == Op::Concat ? node_.inputs.size() : 1;
    for (std::size_t i = 0; i < operands; ++i) {
      const auto operand = one_scale(dequantized(input(i)));
      if (!operand) return std::nullopt;
      pattern.data.push_back(*operand);
    }
    if (!find_quantize(pattern)) return std::nullopt;
    if (kind == Kind::product ? !find_weights(pattern) : !has_one_type(pattern)) return std::nullopt;
    if (kind == Kind::moves && !has_one_scale(pattern)) return std::nullopt;
    return pattern;
  }

 private:
  ValueId input(std::size_t i) const { return i < node_.inputs.size() ? node_.inputs[i] : kAbsent; }
  const Tensor& constant(ValueId id) const { return ir_.value(id).constant; }

  /// A constant scale of positive numbers, and a constant zero point if any.
  bool has_known_scale(const QuantizedOperand& operand) const {
    const Tensor& scale = constant(operand.scale);
    if (!scale.defined() || scale.type() != DataType::float32 || scale.element_count() == 0) return false;
    const auto values = scale.as<float>();
    if (!std::all_of(values.begin(), values.end(), [](float s) { return s > 0.0f && std::isfinite(s); })) return false;
    return operand.zero_point == kAbsent || constant(operand.zero_point).defined();
  }

  std::optional<QuantizedOperand> dequantized(ValueId id) const {
    if (id == kAbsent || uses_.producer[index(id)] < 0) return std::nullopt;
    const int maker = uses_.producer[index(id)];
    const Node& node = ir_.nodes[static_cast<std::size_t>(maker)];
    if (node.op != Op::DequantizeLinear || !node.unsupported.empty()) return std::nullopt;
    const QuantizedOperand operand = {node.inputs[0], node.inputs[1], node.inputs.size() > 2 ? node.inputs[2] : kAbsent, maker};
    return has_known_scale(operand) ? std::optional(operand) : std::nullopt;
  }

  std::optional<QuantizedOperand> one_scale(std::optional<QuantizedOperand> operand) const {
    const bool fits = operand && is_bytes(ir_.value(operand->value).type) && constant(operand->scale).element_count() == 1;
    return fits ? operand : std::nullopt;
  }

  /// The node that alone reads what `maker` makes.
  int only_reader(const Node& maker) const {
    const std::size_t out = index(maker.outputs[0]);
    if (uses_.is_output[out] || uses_.consumers[out].size() != 1) return -1;
    const int reader = uses_.consumers[out].front();
    return ir_.nodes[static_cast<std::size_t>(reader)].unsupported.empty() ? reader : -1;
  }

  bool find_quantize(QuantizedPattern& pattern) const {
    int reader = only_reader(node_);
    if (reader < 0) return false;
    if (const auto activation = activation_of(ir_, ir_.nodes[static_cast<std::size_t>(reader)])) {
      const bool clamps = activation->kind == Activation::Kind::relu || activation->kind == Activation::Kind::clip;
      if (!clamps || pattern.moves_only) return false;
      pattern.activation = reader;
      reader = only_reader(ir_.nodes[static_cast<std::size_t>(reader)]);
      if (reader < 0) return false;
    }
    const Node& node = ir_.nodes[static_cast<std::size_t>(reader)];
    if (node.op != Op::QuantizeLinear) return false;
    pattern.quantize = reader;
    const QuantizedOperand result = result_of(pattern);
    return has_known_scale(result) && one_scale(result);
  }

  QuantizedOperand result_of(const QuantizedPattern& pattern) const {
    const Node& node = ir_.nodes[static_cast<std::size_t>(pattern.quantize)];
    return {node.outputs[0], node.inputs[1], node.inputs.size() > 2 ? node.inputs[2] : kAbsent, pattern.quantize};
  }

  bool has_one_type(const QuantizedPattern& pattern) const {
    const DataType type = ir_.value(result_of(pattern).value).type;
    return std::all_of(pattern.data.begin(), pattern.data.end(), [&](const QuantizedOperand& x) { return ir_.value(x.value).type == type; });
  }

  /// Zero points as numbers: one that is left out is 0.
  std::int32_t zero_point(const QuantizedOperand& operand) const {
    if (operand.zero_point == kAbsent) return 0;
    const Tensor& zero = constant(operand.zero_point);
    const auto byte = *static_cast<const std::uint8_t*>(zero.data());
    return zero.type() == DataType::int8 ? static_cast<std::int8_t>(byte) : byte;
  }

  bool has_one_scale(const QuantizedPattern& pattern) const {
    const QuantizedOperand y = result_of(pattern);
    const float scale = constant(y.scale).as<float>()[0];
    return std::all_of(pattern.data.begin(), pattern.data.end(), [&](const QuantizedOperand& x) {
      return constant(x.scale).as<float>()[0] == scale && zero_point(x) == zero_point(y);
    });
  }

  bool find_weights(QuantizedPattern& pattern) const {
    const auto weights = dequantized(input(1));
    if (!weights || !constant(weights->value).defined() || !is_bytes(ir_.value(weights->value).type)) return false;
    const Shape& shape = constant(weights->value).shape();
    const Attributes& a = node_.attributes;
    const bool trans_b = a.integer("transB", 0) != 0;
    if (node_.op == Op::Gemm && (a.integer("transA", 0) != 0 || a.number("alpha", 1.0f) != 1.0f)) return false;
    if (node_.op != Op::Conv && shape.size() != 2) return false;
    if (shape.empty()) return false;
    const std::size_t channel_axis = node_.op == Op::Conv || trans_b ? 0 : 1;
    const std::int64_t channels = shape[channel_axis];
    if (constant(weights->scale).element_count() != 1) {
      const std::int64_t stated = ir_.nodes[static_cast<std::size_t>(weights->node)].attributes.integer("axis", 1);
      if (static_cast<std::size_t>(stated < 0 ? stated + static_cast<std::int64_t>(shape.size()) : stated) != channel_axis) return false;
    }
    pattern.weights = weights;
    if (input(2) == kAbsent) return true;
    if (node_.op == Op::Gemm && a.number("beta", 1.0f) != 1.0f) return false;
    const auto is_list = [&](const Tensor& tensor) { return tensor.defined() && tensor.shape() == Shape{channels}; };
    pattern.bias = dequantized(input(2));
    if (pattern.bias) {
      const bool has_zero = pattern.bias->zero_point != kAbsent && !is_zero(constant(pattern.bias->zero_point));
      return is_list(constant(pattern.bias->value)) && ir_.value(pattern.bias->value).type == DataType::int32 && !has_zero;
    }
    pattern.float_bias = input(2);
    return is_list(constant(input(2))) && constant(input(2)).type() == DataType::float32;
  }

  static bool is_zero(const Tensor& tensor) {
    const auto* bytes = static_cast<const std::uint8_t*>(tensor.data());
    return std::all_of(bytes, bytes + tensor.size_bytes(), [](std::uint8_t byte) { return byte == 0; });
  }

  const Ir& ir_;
  const Uses& uses_;
  const Node& node_;
};

}  // namespace

std::optional<QuantizedPattern> quantized_pattern(const Ir& ir, const Uses& uses, int index) {
  return Matcher(ir, uses, ir.nodes[static_cast<std::size_t>(index)]).match();
}

}  // namespace dnntune::graph::lowering
