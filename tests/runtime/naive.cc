// SPDX-License-Identifier: Apache-2.0
#include "runtime/naive.h"

#include <cmath>
#include <cstring>
#include <random>
#include <stdexcept>

#include "backends/cpu/cpu_backend.h"
#include "graph/graph_impl.h"
#include "graph/lower.h"

namespace naive {

using namespace dnntune;

Tensors evaluate(const Graph& graph, const Tensors& inputs) {
  graph::Ir ir = graph.impl().source;
  for (const graph::ValueId id : ir.inputs) {
    graph::Value& value = ir.value(id);
    value.constant = inputs.at(value.name);
    value.shape = value.constant.shape();
  }
  for (std::size_t n = 0; n < ir.nodes.size(); ++n) {
    const graph::Node node = ir.nodes[n];
    // What the shapes of the file say must not help: every value takes the shape its operands give it.
    for (const graph::ValueId id : node.outputs)
      if (id != graph::kAbsent) ir.value(id).shape.reset();
    graph::infer_node(ir, node);
    std::vector<Tensor> operands, results;
    std::vector<graph::Value> outputs;
    for (const graph::ValueId id : node.inputs) operands.push_back(id == graph::kAbsent ? Tensor() : ir.value(id).whole_constant());
    for (const graph::ValueId id : node.outputs) outputs.push_back(id == graph::kAbsent ? graph::Value() : ir.value(id));
    if (!backends::cpu::evaluator().evaluate(node, operands, outputs, results)) throw std::runtime_error("no reference kernel for " + node.name);
    for (std::size_t o = 0; o < node.outputs.size(); ++o)
      if (node.outputs[o] != graph::kAbsent) ir.value(node.outputs[o]).constant = results[o];
  }
  Tensors outputs;
  for (const graph::ValueId id : ir.outputs) outputs[ir.value(id).name] = ir.value(id).whole_constant();
  return outputs;
}

namespace {

std::string compare_names(const Tensors& a, const Tensors& b) {
  if (a.size() != b.size()) return std::to_string(a.size()) + " tensors against " + std::to_string(b.size());
  for (const auto& [name, tensor] : a) {
    const auto other = b.find(name);
    if (other == b.end()) return name + " is missing";
    if (tensor.type() != other->second.type()) return name + " has another type";
    if (tensor.shape() != other->second.shape()) return name + ": " + to_string(tensor.shape()) + " against " + to_string(other->second.shape());
  }
  return "";
}

}  // namespace

std::string bit_difference(const Tensors& a, const Tensors& b) {
  if (std::string text = compare_names(a, b); !text.empty()) return text;
  for (const auto& [name, tensor] : a) {
    const auto* x = static_cast<const unsigned char*>(tensor.data());
    const auto* y = static_cast<const unsigned char*>(b.at(name).data());
    for (std::size_t i = 0; i < tensor.size_bytes(); ++i)
      if (x[i] != y[i]) return name + " " + to_string(tensor.shape()) + ": byte " + std::to_string(i) + " differs";
  }
  return "";
}

std::string difference(const Tensors& a, const Tensors& b, double tolerance) {
  if (std::string text = compare_names(a, b); !text.empty()) return text;
  for (const auto& [name, tensor] : a) {
    if (tensor.type() != DataType::float32) {
      if (std::string text = bit_difference({{name, tensor}}, {{name, b.at(name)}}); !text.empty()) return text;
      continue;
    }
    const auto x = tensor.as<float>(), y = b.at(name).as<float>();
    double largest = 1e-6;
    for (const float v : y) largest = std::max(largest, std::isfinite(v) ? std::abs(static_cast<double>(v)) : 0.0);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double distance = std::abs(static_cast<double>(x[i]) - static_cast<double>(y[i]));
      if (x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i])) || distance <= tolerance * largest) continue;
      return name + " " + to_string(tensor.shape()) + "[" + std::to_string(i) + "]: " + std::to_string(x[i]) + " against " + std::to_string(y[i]);
    }
  }
  return "";
}

Processor cpu(int threads) {
  Processor processor;
  processor.name = "cpu:all x" + std::to_string(threads);
  processor.backend = "cpu";
  processor.threads = threads;
  return processor;
}

Tensor random_tensor(Shape shape, unsigned seed) {
  Tensor tensor(DataType::float32, std::move(shape));
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-1.0f, 1.0f);
  for (float& v : tensor.as_mutable<float>()) v = uniform(random);
  return tensor;
}

}  // namespace naive
