// SPDX-License-Identifier: Apache-2.0
#include "cost/features.h"

#include <algorithm>
#include <array>

#include "base/checked.h"

namespace dnntune::cost {
namespace {

constexpr std::array<std::string_view, 12> kDenseOperators = {
    "Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "Gemm", "MatMul", "MatMulInteger", "QLinearMatMul", "Einsum", "LSTM",
    "GRU",  "RNN"};

std::int64_t output_elements(const Graph& graph, const LayerInfo& layer) {
  std::int64_t total = 0;
  for (const std::string& name : layer.outputs) {
    const Shape& shape = graph.value(name).shape;
    if (std::any_of(shape.begin(), shape.end(), [](std::int64_t d) { return d < 0; })) continue;  // counts nothing
    total = base::checked_add(total, base::element_count(shape, name), name);
  }
  return total;
}

}  // namespace

bool is_dense(std::string_view op) noexcept {
  return std::find(kDenseOperators.begin(), kDenseOperators.end(), op.substr(0, op.find('+'))) != kDenseOperators.end();
}

std::int64_t flops_of(const Graph& graph, const LayerInfo& layer) {
  return layer.macs > 0 ? base::checked_mul(2, layer.macs, layer.name) : output_elements(graph, layer);
}

Features features_of(const Graph& graph, const LayerInfo& layer) {
  return {is_dense(layer.op), static_cast<double>(flops_of(graph, layer)),
          static_cast<double>(layer.input_bytes) + static_cast<double>(layer.output_bytes) + static_cast<double>(layer.weight_bytes)};
}

Features features_of(const LayerProfile& layer) noexcept {
  return {is_dense(layer.op), static_cast<double>(layer.flops),
          static_cast<double>(layer.input_bytes) + static_cast<double>(layer.output_bytes) + static_cast<double>(layer.weight_bytes)};
}

}  // namespace dnntune::cost
