// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <unordered_set>

#include "graph/lower/activation.h"
#include "graph/lower/affine.h"
#include "graph/lower/passes.h"

namespace dnntune::graph::lowering {
namespace {

bool can_absorb(Op op) { return op == Op::Conv || op == Op::ConvTranspose || op == Op::Gemm || op == Op::MatMul; }

class Fuser {
 public:
  explicit Fuser(Ir& ir) : ir_(ir), uses_(ir), removed_(ir.nodes.size(), false) {
    for (const Value& value : ir.values) names_.insert(value.name);
  }

  void run() {
    for (std::size_t i = 0; i < ir_.nodes.size(); ++i) {
      Node& layer = ir_.nodes[i];
      if (removed_[i] || !can_absorb(layer.op) || !layer.unsupported.empty()) continue;
      while (layer.activation.kind == Activation::Kind::none) {
        const int next = only_consumer(layer);
        if (next < 0 || !absorb(layer, ir_.nodes[static_cast<std::size_t>(next)])) break;
        removed_[static_cast<std::size_t>(next)] = true;
      }
    }
    erase_nodes(ir_, removed_);
  }

 private:
  /// The node that alone reads the layer's output; -1 when there are more, none, or the graph itself.
  int only_consumer(const Node& layer) const {
    const auto out = static_cast<std::size_t>(layer.outputs[0]);
    if (layer.outputs.size() != 1 || uses_.is_output[out] || uses_.consumers[out].size() != 1) return -1;
    const int next = uses_.consumers[out].front();
    return ir_.nodes[static_cast<std::size_t>(next)].unsupported.empty() ? next : -1;
  }

  bool absorb(Node& layer, const Node& next) {
    if (ir_.value(layer.outputs[0]).type != DataType::float32) return false;
    if (const auto activation = activation_of(ir_, next))
      layer.activation = *activation;
    else if (!absorb_affine(layer, next))
      return false;
    layer.outputs[0] = next.outputs[0];
    layer.covers.insert(layer.covers.end(), next.covers.begin(), next.covers.end());
    layer.fused_ops.push_back(next.op_type);
    return true;
  }

  bool absorb_affine(Node& layer, const Node& next) {
    const bool is_conv = layer.op == Op::Conv || layer.op == Op::ConvTranspose;
    if (next.op == Op::Mul && !is_conv) return false;
    const auto channels = output_channels(ir_, layer);
    if (!channels) return false;
    const auto affine = affine_of(ir_, next, layer.outputs[0], *channels);
    if (!affine) return false;
    auto folded = fold_affine(ir_, layer, *affine, *channels);
    if (!folded) return false;
    layer.inputs.resize(3, kAbsent);
    if (const Weights& weights = folded->weights; weights.defined())
      layer.inputs[1] = weights.size_bytes() < Weights::kLeastBytes ? add_constant(layer.name + "/weights", weights.whole())
                                                                    : add_constant(layer.name + "/weights", weights);
    layer.inputs[2] = add_constant(layer.name + "/bias", std::move(folded->bias));
    if (layer.op == Op::Gemm) layer.attributes.set("beta", 1.0f);  // beta is in the bias now
    return true;
  }

  /// A Tensor or Weights.
  template <typename Constant>
  ValueId add_constant(std::string name, Constant constant) {
    while (!names_.insert(name).second) name += '\'';
    Value value;
    value.name = std::move(name);
    value.set_constant(std::move(constant));
    return ir_.add_value(std::move(value));
  }

  Ir& ir_;
  const Uses uses_;
  std::vector<bool> removed_;
  std::unordered_set<std::string> names_;
};

}  // namespace

void fuse(Ir& ir) { Fuser(ir).run(); }

}  // namespace dnntune::graph::lowering
