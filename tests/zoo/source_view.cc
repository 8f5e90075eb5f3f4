// SPDX-License-Identifier: Apache-2.0
#include "zoo/source_view.h"

#include <cmath>
#include <set>

#include "graph/graph_impl.h"

namespace dnntune::zoo_test {
namespace {

using graph::Op;

enum class Role { operand, trained, statistic };

Role role_of(Op op, std::size_t input, const Tensor& tensor) {
  if (tensor.type() != DataType::float32) return Role::operand;
  switch (op) {
    case Op::BatchNormalization: return input >= 3 ? Role::statistic : Role::trained;
    case Op::Conv:
    case Op::Gemm:
    case Op::MatMul:
    case Op::LSTM:
    case Op::LayerNormalization:
    case Op::Gather: return Role::trained;
    // A bias [n] or positions [1, words, n]; the attention mask is [1, 1, words, words].
    case Op::Add: return tensor.shape().size() <= 3 ? Role::trained : Role::operand;
    default: return Role::operand;  // scales, bounds
  }
}

}  // namespace

SourceView view(const Graph& graph) {
  const graph::GraphImpl& impl = graph.impl();
  SourceView result;
  result.metadata.insert(impl.model.metadata.begin(), impl.model.metadata.end());
  std::set<graph::ValueId> seen;
  for (const graph::Node& node : impl.source.nodes) {
    ++result.nodes[node.op_type];
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const graph::ValueId id = node.inputs[i];
      if (id == graph::kAbsent) continue;
      const Tensor& tensor = impl.source.value(id).constant;
      if (!tensor.defined() || !seen.insert(id).second) continue;
      const Role role = role_of(node.op, i, tensor);
      if (role == Role::operand) continue;
      (role == Role::trained ? result.trained : result.statistics) += static_cast<std::int64_t>(tensor.element_count());
      for (const float w : tensor.as<float>()) result.not_normal += !std::isnormal(w);
    }
  }
  return result;
}

}  // namespace dnntune::zoo_test
