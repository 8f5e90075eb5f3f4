// SPDX-License-Identifier: Apache-2.0
#include "backends/layer_case.h"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "backends/cpu/cpu_backend.h"
#include "graph/lower.h"
#include "kernels/guarded.h"

namespace dnntune::test {
namespace {

graph::Ir ir_around(const LayerCase& layer, graph::Node& node, int output_count) {
  graph::Ir ir;
  for (const Tensor& tensor : layer.inputs) {
    if (!tensor.defined()) {
      node.inputs.push_back(graph::kAbsent);
      continue;
    }
    graph::Value value;
    value.name = "in" + std::to_string(node.inputs.size());
    value.type = tensor.type();
    value.shape = tensor.shape();
    value.constant = tensor;
    node.inputs.push_back(ir.add_value(std::move(value)));
  }
  for (int i = 0; i < output_count; ++i) {
    graph::Value value;
    value.name = "out" + std::to_string(i);
    node.outputs.push_back(ir.add_value(std::move(value)));
  }
  return ir;
}

bool is_channels_last(const graph::Node& node, std::size_t operand, std::size_t rank) {
  return operand == 0 && rank >= 3 && graph::find_operator(node.op)->layout == graph::Layout::channels_last;
}

Shape physical_shape(const graph::Node& node, std::size_t operand, Shape shape) {
  if (is_channels_last(node, operand, shape.size())) std::rotate(shape.begin() + 1, shape.begin() + 2, shape.end());
  return shape;
}

GuardedBuffer<std::byte> guarded_copy(const Tensor& tensor) {
  const auto* bytes = static_cast<const std::byte*>(tensor.data());
  return GuardedBuffer<std::byte>(std::vector<std::byte>(bytes, bytes + tensor.size_bytes()));
}

}  // namespace

LayerCase::LayerCase(std::string_view op, std::vector<Tensor> operands, NodeAttributes attributes, int output_count)
    : inputs(std::move(operands)) {
  const graph::OpInfo* info = graph::find_operator(op);
  REQUIRE_MESSAGE(info != nullptr, op);
  node.op = info->op;
  node.op_type = op;
  node.name = "case";
  node.attributes = graph::Attributes(std::move(attributes));
  graph::Ir ir = ir_around(*this, node, output_count);
  graph::infer_node(ir, node);
  for (const graph::ValueId id : node.outputs) outputs.push_back(ir.value(id));
}

Tensor floats(Shape shape, const std::vector<float>& values) { return Tensor::from<float>(std::move(shape), values); }

std::vector<float> values_of(const Tensor& tensor) {
  const auto elements = tensor.as<float>();
  return {elements.begin(), elements.end()};
}

std::vector<Tensor> evaluate(const LayerCase& layer) {
  std::vector<Tensor> results;
  REQUIRE(backends::cpu::evaluator().evaluate(layer.node, layer.inputs, layer.outputs, results));
  return results;
}

PhysicalLayer::PhysicalLayer(const LayerCase& from, int thread_count) : layer(&from), threads(thread_count) {
  for (std::size_t i = 0; i < from.inputs.size(); ++i) {
    const Tensor& tensor = from.inputs[i];
    if (tensor.defined()) {
      const Tensor moved = tensor.reshaped(physical_shape(from.node, i, tensor.shape()));
      inputs.push_back({moved.type(), moved.shape(), moved});
    } else {
      inputs.emplace_back();
    }
  }
  for (std::size_t i = 0; i < from.outputs.size(); ++i)
    outputs.push_back({from.outputs[i].type, physical_shape(from.node, i, from.outputs[i].shape.value()), {}});
}

std::vector<std::vector<std::byte>> run_guarded(const backends::Backend& backend, const PhysicalLayer& layer) {
  const auto prepared = backend.prepare(layer.spec());
  REQUIRE(prepared != nullptr);
  std::vector<GuardedBuffer<std::byte>> inputs, outputs;
  std::vector<const void*> input_data;
  std::vector<void*> output_data;
  for (const backends::TensorSpec& spec : layer.inputs) {
    inputs.push_back(guarded_copy(spec.constant));
    input_data.push_back(spec.present() ? inputs.back().data() : nullptr);
  }
  for (const backends::TensorSpec& spec : layer.outputs) {
    outputs.emplace_back(Tensor(spec.type, spec.shape).size_bytes());
    output_data.push_back(outputs.back().data());
  }
  GuardedBuffer<std::byte> scratch(prepared->scratch_bytes());
  base::ThreadPool pool(layer.threads);
  prepared->run({input_data, output_data, scratch.data()}, pool);

  CHECK(scratch.intact());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    CHECK(inputs[i].intact());
    CHECK(inputs[i].values() == guarded_copy(layer.inputs[i].constant).values());  // unchanged
  }
  std::vector<std::vector<std::byte>> results;
  for (const auto& output : outputs) {
    CHECK(output.intact());
    results.push_back(output.values());
  }
  return results;
}

}  // namespace dnntune::test
