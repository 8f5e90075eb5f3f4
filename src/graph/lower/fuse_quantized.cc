// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <unordered_set>

#include "graph/lower/activation.h"
#include "graph/lower/passes.h"
#include "graph/lower/quantized_pattern.h"

namespace dnntune::graph::lowering {
namespace {

class QuantizedFuser {
 public:
  explicit QuantizedFuser(Ir& ir) : ir_(ir), uses_(ir), patterns_(ir.nodes.size()), absorbed_(ir.nodes.size(), false), replaced_(ir.nodes.size(), false) {
    for (const Value& value : ir.values) names_.insert(value.name);
  }

  void run() {
    for (std::size_t i = 0; i < ir_.nodes.size(); ++i) {
      patterns_[i] = quantized_pattern(ir_, uses_, static_cast<int>(i));
      if (patterns_[i] && patterns_[i]->weights && !find_bias(ir_.nodes[i], *patterns_[i])) patterns_[i].reset();
    }
    for (std::size_t i = 0; i < ir_.nodes.size(); ++i)
      if (patterns_[i] && !all_readers_fuse(*patterns_[i])) give_up(i);
    for (std::size_t i = 0; i < ir_.nodes.size(); ++i)
      if (patterns_[i]) fuse(ir_.nodes[i], *patterns_[i]);
    erase_nodes(ir_, replaced_);
    remove_dead_nodes(ir_);  // what dequantized for layers that read the integers now
  }

 private:
  Node& node(int index) { return ir_.nodes[static_cast<std::size_t>(index)]; }
  const Tensor& constant(ValueId id) const { return ir_.value(id).constant; }
  float scale(const QuantizedOperand& operand, std::int64_t channel) const {
    const auto values = constant(operand.scale).as<float>();
    return values[values.size() == 1 ? 0 : static_cast<std::size_t>(channel)];
  }

  /// Whether nobody but layers of integers reads the operands' floats. Constants may be both.
  bool all_readers_fuse(const QuantizedPattern& pattern) {
    return std::all_of(pattern.data.begin(), pattern.data.end(), [&](const QuantizedOperand& operand) {
      if (constant(operand.value).defined()) return true;
      const auto out = static_cast<std::size_t>(node(operand.node).outputs[0]);
      return !uses_.is_output[out] && std::all_of(uses_.consumers[out].begin(), uses_.consumers[out].end(), [&](int reader) {
        return patterns_[static_cast<std::size_t>(reader)].has_value();
      });
    });
  }

  /// The layer stays one of floats, and so do those that share an operand with it.
  void give_up(std::size_t index) {
    std::vector<std::size_t> waiting = {index};
    while (!waiting.empty()) {
      const std::size_t at = waiting.back();
      waiting.pop_back();
      if (!patterns_[at]) continue;
      const std::vector<QuantizedOperand> data = std::move(patterns_[at]->data);
      patterns_[at].reset();
      for (const QuantizedOperand& operand : data) {
        if (constant(operand.value).defined()) continue;
        for (const int reader : uses_.consumers[static_cast<std::size_t>(node(operand.node).outputs[0])])
          waiting.push_back(static_cast<std::size_t>(reader));
      }
    }
  }

  /// A bias in steps of x_scale * weight_scale, as sums have them: the file's own, or one rounded to such steps.
  /// False when it does not fit 32 bits.
  bool find_bias(const Node& layer, QuantizedPattern& pattern) {
    if (!pattern.bias && pattern.float_bias == kAbsent) return true;
    const Tensor& given = constant(pattern.bias ? pattern.bias->value : pattern.float_bias);
    const auto channels = static_cast<std::int64_t>(given.element_count());
    std::vector<std::int32_t> steps(static_cast<std::size_t>(channels));
    bool as_given = pattern.bias.has_value();
    for (std::int64_t c = 0; c < channels; ++c) {
      const double step = static_cast<double>(scale(pattern.data[0], 0)) * scale(*pattern.weights, c);
      const auto i = static_cast<std::size_t>(c);
      const double own_step = pattern.bias ? scale(*pattern.bias, c) : 1.0;
      const double value = (pattern.bias ? static_cast<double>(given.as<std::int32_t>()[i]) : static_cast<double>(given.as<float>()[i])) * own_step;
      as_given = as_given && std::abs(own_step - step) <= 1e-6 * step;
      const double rounded = std::nearbyint(value / step);
      if (!(std::abs(rounded) <= std::numeric_limits<std::int32_t>::max())) return false;
      steps[i] = static_cast<std::int32_t>(rounded);
    }
    if (!as_given) {
      pattern.bias.emplace();
      pattern.bias->value = add_constant(layer.name + "/bias", Tensor::from(Shape{channels}, steps));
    }
    return true;
  }

  ValueId add_constant(std::string name, Tensor tensor) {
    while (!names_.insert(name).second) name += '\'';
    Value value;
    value.name = std::move(name);
    value.type = tensor.type();
    value.shape = tensor.shape();
    value.constant = std::move(tensor);
    return ir_.add_value(std::move(value));
  }

  /// The zero point, or a new one that says 0 where it is left out.
  ValueId zero_point(const Node& layer, const QuantizedOperand& operand) {
    if (operand.zero_point != kAbsent) return operand.zero_point;
    return add_constant(layer.name + "/zero_point", Tensor(ir_.value(operand.value).type, constant(operand.scale).shape()));
  }

  void append(Node& layer, std::vector<ValueId>& inputs, const QuantizedOperand& operand) {
    inputs.insert(inputs.end(), {operand.value, operand.scale, zero_point(layer, operand)});
  }

  void cover(Node& layer, int covered) {
    if (absorbed_[static_cast<std::size_t>(covered)]) return;
    absorbed_[static_cast<std::size_t>(covered)] = true;
    const std::vector<int>& more = node(covered).covers;
    layer.covers.insert(layer.covers.end(), more.begin(), more.end());
  }

  void become(Node& layer, Op op) {
    layer.op = op;
    layer.op_type = find_operator(op)->name;
    layer.domain = domain_of(op);
    layer.fused_ops = {layer.op_type};
  }

  void fuse(Node& layer, const QuantizedPattern& pattern) {
    const Node& quantize = node(pattern.quantize);
    if (pattern.moves_only) {
      for (std::size_t i = 0; i < pattern.data.size(); ++i) layer.inputs[i] = pattern.data[i].value;
    } else {
      std::vector<ValueId> inputs;
      for (const QuantizedOperand& operand : pattern.data) append(layer, inputs, operand);
      if (pattern.weights) append(layer, inputs, *pattern.weights);
      const QuantizedOperand result = {quantize.outputs[0], quantize.inputs[1], quantize.inputs.size() > 2 ? quantize.inputs[2] : kAbsent};
      inputs.insert(inputs.end(), {result.scale, zero_point(layer, result)});
      if (pattern.bias) inputs.push_back(pattern.bias->value);
      layer.inputs = std::move(inputs);
      become(layer, layer.op == Op::Conv  ? Op::QLinearConv
                    : layer.op == Op::Add ? Op::QLinearAdd
                    : pattern.weights     ? Op::QLinearMatMul
                                          : Op::QLinearGlobalAveragePool);
    }
    if (pattern.activation >= 0) {
      layer.activation = *activation_of(ir_, node(pattern.activation));
      layer.fused_ops.push_back(node(pattern.activation).op_type);
    }
    layer.outputs[0] = quantize.outputs[0];
    for (const QuantizedOperand& operand : pattern.data) cover(layer, operand.node);
    if (pattern.weights) cover(layer, pattern.weights->node);
    if (pattern.bias && pattern.bias->node >= 0) cover(layer, pattern.bias->node);  // not one that was made here
    for (const int behind : {pattern.activation, pattern.quantize}) {
      if (behind < 0) continue;
      cover(layer, behind);
      replaced_[static_cast<std::size_t>(behind)] = true;
    }
  }

  Ir& ir_;
  const Uses uses_;
  std::vector<std::optional<QuantizedPattern>> patterns_;  ///< By node.
  std::vector<bool> absorbed_;                             ///< Nodes that are covered by a layer already.
  std::vector<bool> replaced_;                             ///< Nodes whose output another layer writes.
  std::unordered_set<std::string> names_;
};

}  // namespace

void fuse_quantized(Ir& ir) { QuantizedFuser(ir).run(); }

}  // namespace dnntune::graph::lowering
