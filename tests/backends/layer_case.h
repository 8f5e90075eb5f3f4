// SPDX-License-Identifier: Apache-2.0
// One layer with its operands, made the way the graph room makes them, to run on any backend.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "backends/backend.h"
#include "dnntune/builder.h"
#include "dnntune/error.h"
#include "dnntune/tensor.h"
#include "graph/ir.h"

namespace dnntune::test {

struct LayerCase {
  /// An undefined tensor leaves an input out. Output types and shapes are inferred; throws what
  /// inference throws.
  LayerCase(std::string_view op, std::vector<Tensor> operands, NodeAttributes attributes = {}, int output_count = 1);

  graph::Node node;
  std::vector<Tensor> inputs;          ///< ONNX layout
  std::vector<graph::Value> outputs;
};

Tensor floats(Shape shape, const std::vector<float>& values);
/// The elements of a float32 tensor.
std::vector<float> values_of(const Tensor& tensor);

/// Through cpu::evaluator(): ONNX layout on both sides. Fails the test when there is no kernel.
std::vector<Tensor> evaluate(const LayerCase& layer);

/// `layer` in the physical layout: shapes of activations are permuted, their elements taken as they lie.
struct PhysicalLayer {
  explicit PhysicalLayer(const LayerCase& from, int thread_count = 1);
  backends::LayerSpec spec() const { return {layer->node, inputs, outputs, threads}; }

  const LayerCase* layer;
  std::vector<backends::TensorSpec> inputs, outputs;
  int threads;
};

/// Prepares and runs it, with guard bytes around every operand and the scratch; the outputs' bytes.
std::vector<std::vector<std::byte>> run_guarded(const backends::Backend& backend, const PhysicalLayer& layer);

}  // namespace dnntune::test
