// SPDX-License-Identifier: Apache-2.0
// Just enough kernels to fold the constants of these tests: int64 vectors and scalars.
#pragma once

#include <vector>

#include "graph/evaluator.h"

namespace dnntune::graph::testing {

class TinyEvaluator : public Evaluator {
 public:
  bool evaluate(const Node& node, std::span<const Tensor> inputs, std::span<const Value> output_values,
                std::vector<Tensor>& outputs) const override {
    if (node.op != Op::Gather && node.op != Op::Concat && node.op != Op::Mul && node.op != Op::ConstantOfShape) return false;
    ++calls;
    const auto data = [&](std::size_t i) { return inputs[i].as<std::int64_t>(); };
    std::vector<std::int64_t> result;
    if (node.op == Op::Gather) {  // axis 0 of a vector
      for (const std::int64_t at : data(1)) result.push_back(data(0)[static_cast<std::size_t>(at)]);
    } else if (node.op == Op::Concat) {
      for (std::size_t i = 0; i < inputs.size(); ++i) result.insert(result.end(), data(i).begin(), data(i).end());
    } else if (node.op == Op::Mul) {
      for (std::size_t i = 0; i < data(0).size(); ++i) result.push_back(data(0)[i] * data(1)[data(1).size() == 1 ? 0 : i]);
    } else {
      outputs.assign(1, Tensor(output_values[0].type, *output_values[0].shape));
      return true;
    }
    outputs.assign(1, Tensor::from<std::int64_t>(*output_values[0].shape, result));
    return true;
  }

  mutable int calls = 0;
};

}  // namespace dnntune::graph::testing
