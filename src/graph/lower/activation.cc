// SPDX-License-Identifier: Apache-2.0
#include "graph/lower/activation.h"

#include <limits>

namespace dnntune::graph::lowering {
namespace {

/// A bound of Clip; `fallback` when it is left out, unset when it is not a known number.
std::optional<float> bound(const Ir& ir, const Node& clip, std::size_t i, float fallback) {
  if (i >= clip.inputs.size() || clip.inputs[i] == kAbsent) return fallback;
  const Tensor& tensor = ir.value(clip.inputs[i]).constant;
  if (!tensor.defined() || tensor.type() != DataType::float32 || tensor.element_count() != 1) return std::nullopt;
  const float value = tensor.as<float>()[0];
  return value == value ? std::optional<float>(value) : std::nullopt;
}

}  // namespace

std::optional<Activation> activation_of(const Ir& ir, const Node& node) {
  using Kind = Activation::Kind;
  const Attributes& a = node.attributes;
  switch (node.op) {
    case Op::Relu: return Activation{Kind::relu};
    case Op::LeakyRelu: return Activation{Kind::leaky_relu, a.number("alpha", 0.01f)};
    case Op::Sigmoid: return Activation{Kind::sigmoid};
    case Op::Tanh: return Activation{Kind::tanh};
    case Op::HardSigmoid: return Activation{Kind::hard_sigmoid, a.number("alpha", 0.2f), a.number("beta", 0.5f)};
    case Op::HardSwish: return Activation{Kind::hard_swish};
    case Op::Clip: {
      const auto low = bound(ir, node, 1, -std::numeric_limits<float>::infinity());
      const auto high = bound(ir, node, 2, std::numeric_limits<float>::infinity());
      return low && high ? std::optional(Activation{Kind::clip, *low, *high}) : std::nullopt;
    }
    default: return std::nullopt;
  }
}

}  // namespace dnntune::graph::lowering
