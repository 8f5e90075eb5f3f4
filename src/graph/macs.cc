// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/checked.h"
#include "graph/einsum.h"
#include "graph/layer_info.h"

namespace dnntune::graph {
namespace {

std::int64_t product(std::initializer_list<std::int64_t> factors, const Node& layer) {
  return base::element_count(Shape(factors), layer.name);
}

/// Each element of the output sums products over the labels that it lacks.
std::int64_t einsum_macs(const Ir& ir, const Node& layer) {
  std::vector<Shape> shapes;
  for (const ValueId id : layer.inputs) {
    if (id == kAbsent || !ir.value(id).is_static()) return 0;
    shapes.push_back(*ir.value(id).shape);
  }
  return base::element_count(parse_einsum(layer.attributes.text("equation", ""), shapes).sizes, layer.name);
}

/// Every bin of every transform takes a product with each sample.
std::int64_t transform_macs(const Ir& ir, const Node& layer) {
  if (layer.outputs.empty() || layer.inputs.empty() || layer.outputs[0] == kAbsent || layer.inputs[0] == kAbsent) return 0;
  const Value &x = ir.value(layer.inputs[0]), &y = ir.value(layer.outputs[0]);
  if (!x.is_static() || !y.is_static() || x.shape->size() < 2) return 0;
  std::int64_t samples = (*x.shape)[1];  // an upper bound for STFT, whose frames are as long as its window
  if (layer.op == Op::DFT) {
    const std::int64_t axis = layer.attributes.integer("axis", 1), rank = static_cast<std::int64_t>(x.shape->size());
    samples = (*x.shape)[static_cast<std::size_t>(std::clamp<std::int64_t>(axis < 0 ? axis + rank : axis, 0, rank - 1))];
  } else if (layer.inputs.size() > 2 && layer.inputs[2] != kAbsent && ir.value(layer.inputs[2]).is_static()) {
    samples = base::element_count(*ir.value(layer.inputs[2]).shape, layer.name);
  } else if (y.shape->size() == 4 && layer.attributes.integer("onesided", 1) != 0) {
    samples = std::min(samples, 2 * (*y.shape)[2]);
  }
  return product({base::element_count(*y.shape, layer.name), samples}, layer);
}

}  // namespace

std::int64_t count_macs(const Ir& ir, const Node& layer) {
  if (layer.op == Op::Einsum) return layer.unsupported.empty() ? einsum_macs(ir, layer) : 0;
  if (layer.op == Op::DFT || layer.op == Op::STFT) return layer.unsupported.empty() ? transform_macs(ir, layer) : 0;
  const std::size_t weights = layer.op == Op::QLinearConv || layer.op == Op::QLinearMatMul ? 3 : 1;
  if (layer.inputs.size() <= weights || layer.outputs.empty() || !layer.unsupported.empty()) return 0;
  if (layer.inputs[0] == kAbsent || layer.inputs[weights] == kAbsent) return 0;
  const Value &x = ir.value(layer.inputs[0]), &w = ir.value(layer.inputs[weights]);
  if (!x.is_static() || !w.is_static()) return 0;
  const Value* out = layer.outputs[0] == kAbsent ? nullptr : &ir.value(layer.outputs[0]);
  if (out != nullptr && !out->is_static()) return 0;
  const auto count = [&layer](const Value& value) { return base::element_count(*value.shape, layer.name); };
  switch (layer.op) {
    // Each output element takes one product for every weight of its channel.
    case Op::Conv:
    case Op::ConvInteger:
    case Op::QLinearConv: return (*w.shape)[0] == 0 ? 0 : product({count(*out), count(w) / (*w.shape)[0]}, layer);
    // Each input element meets every weight of its channel.
    case Op::ConvTranspose: return (*w.shape)[0] == 0 ? 0 : product({count(x), count(w) / (*w.shape)[0]}, layer);
    case Op::MatMul:
    case Op::MatMulInteger:
    case Op::QLinearMatMul: return x.shape->empty() ? 0 : product({count(*out), x.shape->back()}, layer);
    case Op::Gemm: return product({count(*out), (*x.shape)[layer.attributes.integer("transA", 0) != 0 ? 0 : 1]}, layer);
    case Op::LSTM:
    case Op::GRU:
    case Op::RNN: {  // every step and batch item takes one product for each weight of W and of R
      const Value& r = ir.value(layer.inputs[2]);
      if (!r.is_static()) return 0;
      return product({(*x.shape)[0], (*x.shape)[1], base::checked_add(count(w), count(r), layer.name)}, layer);
    }
    default: return 0;
  }
}

}  // namespace dnntune::graph
