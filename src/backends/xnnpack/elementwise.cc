// SPDX-License-Identifier: Apache-2.0
// Functions of one and of two operands, element by element, and softmax.
#include <algorithm>
#include <vector>

#include "backends/cpu/simd/tries.h"
#include "backends/xnnpack/binders.h"

namespace dnntune::backends::xnnpack {
namespace {

using graph::Op;

/// The node for a layer of one operand; nullopt where there is none, with the reason noted.
std::optional<UnaryNode> unary_of(const LayerSpec& layer) {
  const auto& attributes = layer.node.attributes;
  constexpr float kMost = std::numeric_limits<float>::infinity();
  switch (layer.node.op) {
    case Op::Abs: return UnaryNode{Unary::abs};
    case Op::Ceil: return UnaryNode{Unary::ceil};
    case Op::Elu: return UnaryNode{Unary::elu, attributes.number("alpha", 1.0f)};
    case Op::Exp: return UnaryNode{Unary::exp};
    case Op::Floor: return UnaryNode{Unary::floor};
    case Op::HardSwish: return UnaryNode{Unary::hard_swish};
    case Op::LeakyRelu: return UnaryNode{Unary::leaky_relu, attributes.number("alpha", 0.01f)};
    case Op::Log: return UnaryNode{Unary::log};
    case Op::Neg: return UnaryNode{Unary::negate};
    case Op::Relu: return UnaryNode{Unary::clamp, 0.0f, kMost};
    case Op::Round: return UnaryNode{Unary::round};
    case Op::Sigmoid: return UnaryNode{Unary::sigmoid};
    case Op::Sqrt: return UnaryNode{Unary::square_root};
    case Op::Tanh: return UnaryNode{Unary::tanh};
    case Op::Gelu:
      if (attributes.text("approximate", "none") == "none") return UnaryNode{Unary::gelu};
      return refuse(layer, "an approximation"), std::nullopt;
    case Op::Clip: {
      UnaryNode node = {Unary::clamp, -kMost, kMost};
      for (const std::size_t k : {1u, 2u}) {
        const TensorSpec& bound = input(layer, k);
        if (!bound.present()) continue;
        if (!bound.constant.defined() || elements(bound.shape) != 1) return refuse(layer, "bounds that are not constant"), std::nullopt;
        (k == 1 ? node.alpha : node.beta) = bound.constant.as<float>()[0];
      }
      return node;
    }
    case Op::Pow: {
      const TensorSpec& power = input(layer, 1);
      const bool square = power.constant.defined() && elements(power.shape) == 1 && power.constant.as<float>()[0] == 2.0f &&
                          input(layer, 0).shape == output(layer, 0).shape;
      if (square) return UnaryNode{Unary::square};
      return refuse(layer, "other than squares"), std::nullopt;
    }
    default: return refuse(layer, "no node for the operator"), std::nullopt;
  }
}

std::optional<Binary> binary_of(Op op) noexcept {
  switch (op) {
    case Op::Add:
    case Op::Sum: return Binary::add;
    case Op::Div: return Binary::divide;
    case Op::Max: return Binary::maximum;
    case Op::Min: return Binary::minimum;
    case Op::Mul: return Binary::multiply;
    case Op::Sub: return Binary::subtract;
    default: return std::nullopt;
  }
}

/// The shapes of two operands with as few dimensions as tell how they are repeated. They fit together.
struct Pair {
  Shape a, b;

  Pair(const LayerSpec& layer, const Shape& of_a, const Shape& of_b, const Shape& to) {
    broadcast_strides(layer, of_a, to);  // refuses what does not fit
    broadcast_strides(layer, of_b, to);
    for (std::size_t d = 0; d < to.size(); ++d) {
      const std::int64_t a_dim = dim(of_a, d, to.size()), b_dim = dim(of_b, d, to.size());
      if (a_dim == 1 && b_dim == 1) continue;
      const bool as_before = !a.empty() && (a.back() == 1) == (a_dim == 1) && (b.back() == 1) == (b_dim == 1);
      if (as_before) {
        a.back() *= a_dim;
        b.back() *= b_dim;
      } else {
        a.push_back(a_dim);
        b.push_back(b_dim);
      }
    }
    if (a.empty()) a = b = {1};
  }
  std::size_t rank() const noexcept { return a.size(); }
  Shape output() const {
    Shape shape = a;
    for (std::size_t d = 0; d < shape.size(); ++d) shape[d] = std::max(a[d], b[d]);
    return shape;
  }

 private:
  static std::int64_t dim(const Shape& shape, std::size_t d, std::size_t rank) noexcept {
    return d + shape.size() < rank ? 1 : shape[d + shape.size() - rank];
  }
};

}  // namespace

bool is_float(const LayerSpec& layer) noexcept { return cpu::simd::all_float(layer); }

std::unique_ptr<PreparedLayer> prepare_unary(const LayerSpec& layer) {
  const std::optional<UnaryNode> node = unary_of(layer);
  if (!node) return nullptr;
  if (!is_float(layer)) return refuse(layer, "other than float32");
  if (!has(node->function)) return refuse(layer, "not in this release of XNNPACK, or not right");
  const TensorType values = floats({elements(output(layer, 0).shape)});
  Subgraph graph(2);
  graph.input(0, values);
  graph.output(1, values);
  graph.node([&](xnn_subgraph_t g) { return define_unary(g, *node, 0, 1); });
  return make_layer(layer, graph, {.kernel = "xnnpack.unary", .in_place = true});
}

std::unique_ptr<PreparedLayer> prepare_binary(const LayerSpec& layer) {
  const std::optional<Binary> function = binary_of(layer.node.op);
  if (!function || !is_float(layer)) return refuse(layer, "other than float32");
  if (layer.inputs.size() != 2) return refuse(layer, "other than two operands");
  const Shape& to = output(layer, 0).shape;
  const Pair pair(layer, input(layer, 0).shape, input(layer, 1).shape, to);
  if (pair.rank() > XNN_MAX_TENSOR_DIMS) return refuse(layer, "more dimensions than XNNPACK has");
  Traits traits = {.kernel = "xnnpack.binary", .operands = {}, .in_place = input(layer, 0).shape == to};
  Subgraph graph(3);
  std::uint32_t ids[2];
  for (const std::size_t i : {0u, 1u}) {
    const TensorSpec& operand = input(layer, i);
    const TensorType type = floats(i == 0 ? pair.a : pair.b);
    if (operand.is_constant()) {
      const Tensor whole = constant_of(operand);
      if (has_nan(whole)) return refuse(layer, "NaNs in a constant");
      traits.constants.push_back(padded_copy(whole.data(), whole.size_bytes()));
      traits.weight_bytes += traits.constants.back().size();
      traits.held |= 1u << i;
      ids[i] = graph.constant(type, traits.constants.back().data());
    } else {
      ids[i] = static_cast<std::uint32_t>(traits.operands.size());
      graph.input(ids[i], type);
      traits.operands.push_back(i);
    }
  }
  const auto result = static_cast<std::uint32_t>(traits.operands.size());
  if (result == 0) return refuse(layer, "constants alone");
  traits.in_place = traits.in_place && traits.operands[0] == 0;
  graph.output(result, floats(pair.output()));
  graph.node([&](xnn_subgraph_t g) { return define_binary(g, *function, ids[0], ids[1], result); });
  return make_layer(layer, graph, std::move(traits));
}

std::unique_ptr<PreparedLayer> prepare_prelu(const LayerSpec& layer) {
  const TensorSpec &x = input(layer, 0), &slope = input(layer, 1);
  if (!is_float(layer)) return refuse(layer, "other than float32");
  if (x.shape.empty() || !slope.is_constant()) return refuse(layer, "slopes that are not constant");
  const std::int64_t channels = x.shape.back(), count = elements(slope.shape);
  if (count != 1 && (count != channels || slope.shape.back() != channels)) return refuse(layer, "slopes other than one of each channel");
  const Tensor given = constant_of(slope);
  std::vector<float> slopes(static_cast<std::size_t>(channels), given.as<float>()[0]);
  if (count == channels) std::copy_n(given.as<float>().begin(), channels, slopes.begin());
  Traits traits = {.kernel = "xnnpack.prelu", .held = 0b10, .in_place = true};
  traits.constants.push_back(padded_copy(slopes.data(), slopes.size() * sizeof(float)));
  traits.weight_bytes = traits.constants.back().size();
  const TensorType values = floats({1, 1, elements(x.shape) / channels, channels});
  Subgraph graph(2);
  graph.input(0, values);
  graph.output(1, values);
  const std::uint32_t id = graph.constant(floats({channels}), traits.constants.back().data());
  graph.node([&](xnn_subgraph_t g) { return define_binary(g, Binary::prelu, 0, id, 1); });
  return make_layer(layer, graph, std::move(traits));
}

std::unique_ptr<PreparedLayer> prepare_softmax(const LayerSpec& layer) {
  const Shape& shape = input(layer, 0).shape;
  if (!is_float(layer)) return refuse(layer, "other than float32");
  if (shape.empty()) return refuse(layer, "a single number");
  // Before opset 13 all axes from `axis` on were one vector.
  const bool flattens = layer.node.attributes.integer("flatten_axis_semantics", 0) != 0;
  const std::size_t axis = normalized_axis(layer, layer.node.attributes.integer("axis", flattens ? 1 : -1), shape.size());
  if (!flattens && axis + 1 != shape.size()) return refuse(layer, "an axis that is not the innermost");
  const TensorType rows = floats({elements(shape, 0, axis), elements(shape, axis, shape.size())});
  Subgraph graph(2);
  graph.input(0, rows);
  graph.output(1, rows);
  graph.node([&](xnn_subgraph_t g) { return xnn_define_softmax(g, 0, 1, 0); });
  return make_layer(layer, graph, {.kernel = "xnnpack.softmax", .in_place = true});
}

}  // namespace dnntune::backends::xnnpack
