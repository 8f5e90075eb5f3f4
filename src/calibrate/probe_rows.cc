// SPDX-License-Identifier: Apache-2.0
// Random networks on rows: dense layers, recurrences, attention, arithmetic on elements.
#include <algorithm>
#include <cmath>
#include <vector>

#include "calibrate/probe.h"

namespace dnntune::probes {
namespace {

using Ints = std::vector<std::int64_t>;

/// Weights of one layer: 64 MiB, more than most last-level caches' share.
constexpr std::int64_t kMostWeights = 16 << 20;

std::int64_t width_for(Probe& probe, std::int64_t in, std::int64_t rows) {
  const auto by_time = static_cast<std::int64_t>(1.5e8 / static_cast<double>(in * rows));
  return std::max<std::int64_t>(8, Probe::at_most(probe.random.size(16, 4096), std::min(kMostWeights / in, by_time)));
}

std::string scalar(Probe& probe, float value) { return probe.builder.constant("s", Tensor::from<float>({}, std::vector<float>{value})); }

std::string layer_norm(Probe& probe, const std::string& x, std::int64_t width) {
  return probe.builder.node("LayerNormalization", {x, probe.weights({width}, 1), probe.weights({width}, 1)}, {{"axis", std::int64_t{-1}}});
}

std::string matmul(Probe& probe, const std::string& x, std::int64_t in, std::int64_t out, bool bias) {
  const std::string y = probe.builder.node("MatMul", {x, probe.weights({in, out}, in)});
  return bias ? probe.builder.node("Add", {y, probe.weights({out}, 100)}) : y;
}

/// x [1, words, width] -> [1, heads, words, width / heads], or keys turned over.
std::string heads(Probe& probe, const std::string& x, std::int64_t words, std::int64_t width, std::int64_t count, bool keys) {
  const std::string y = probe.reshape(matmul(probe, x, width, width, probe.random.chance(0.5)), {1, words, count, width / count});
  return probe.builder.node("Transpose", {y}, {{"perm", keys ? Ints{0, 2, 3, 1} : Ints{0, 2, 1, 3}}});
}

/// As exporters write it.
std::string gelu(Probe& probe, const std::string& x) {
  std::string y = probe.builder.node("Erf", {probe.builder.node("Div", {x, scalar(probe, 1.41421356f)})});
  y = probe.builder.node("Mul", {x, probe.builder.node("Add", {y, scalar(probe, 1.0f)})});
  return probe.builder.node("Mul", {y, scalar(probe, 0.5f)});
}

}  // namespace

void write_products(Probe& probe) {
  const std::int64_t rows = probe.random.chance(0.5) ? 1 : probe.random.size(2, 128);
  std::string x = probe.builder.input("x", DataType::float32, {rows, probe.random.size(16, 2048)});
  for (std::int64_t i = probe.random.pick(2, 6); i > 0; --i) {
    x = probe.dense(x, width_for(probe, probe.dim(x, 1), rows));
    if (probe.random.chance(0.8)) x = probe.activation(x);
  }
  if (probe.random.chance(0.4)) x = probe.builder.node("Softmax", {x});
  probe.builder.output(x);
}

void write_recurrence(Probe& probe) {
  const std::int64_t steps = probe.random.size(4, 50), features = probe.random.size(16, 1024);
  const std::int64_t hidden = probe.random.size(32, std::min<std::int64_t>(1600, static_cast<std::int64_t>(std::sqrt(2e9 / static_cast<double>(8 * steps)))));
  std::string x = probe.builder.input("x", DataType::float32, {steps, features});
  x = probe.reshape(x, {steps, 1, features});
  for (std::int64_t i = probe.random.pick(1, 2); i > 0; --i) {
    const bool lstm = probe.random.chance(0.75);
    const std::int64_t gates = lstm ? 4 : 3, in = probe.dim(x, 2);
    const std::string w = probe.weights({1, gates * hidden, in}, in), r = probe.weights({1, gates * hidden, hidden}, hidden);
    const std::string y = probe.builder.node_multi(lstm ? "LSTM" : "GRU", {x, w, r, probe.weights({1, 2 * gates * hidden}, hidden)}, 1, {{"hidden_size", hidden}})[0];
    x = probe.builder.node("Squeeze", {y}, {{"axes", Ints{1}}});
  }
  x = probe.reshape(x, {steps, hidden});
  probe.builder.output(probe.dense(x, width_for(probe, hidden, steps)));
}

void write_attention(Probe& probe) {
  const std::int64_t words = probe.random.size(5, 200), count = probe.random.of({2, 4, 8, 12});
  const std::int64_t head = probe.random.of({16, 32, 48, 64, 64, 80}), width = std::min<std::int64_t>(count * head, 768) / count * count;
  std::string x = probe.builder.input("x", DataType::float32, {1, words, width});
  for (std::int64_t i = probe.random.pick(1, 2); i > 0; --i) {
    const std::string q = heads(probe, x, words, width, count, false), k = heads(probe, x, words, width, count, true), v = heads(probe, x, words, width, count, false);
    std::string y = probe.builder.node("Mul", {probe.builder.node("MatMul", {q, k}), scalar(probe, 0.125f)});
    if (probe.random.chance(0.4)) y = probe.builder.node("Add", {y, probe.weights({words, words}, 1)});
    y = probe.builder.node("MatMul", {probe.builder.node("Softmax", {y}), v});
    y = probe.reshape(probe.builder.node("Transpose", {y}, {{"perm", Ints{0, 2, 1, 3}}}), {1, words, width});
    x = layer_norm(probe, probe.builder.node("Add", {x, matmul(probe, y, width, width, probe.random.chance(0.5))}), width);
    const std::int64_t inner = width * probe.random.pick(2, 4);
    y = matmul(probe, x, width, inner, true);
    y = probe.random.chance(0.5) ? gelu(probe, y) : probe.builder.node("Relu", {y});
    x = layer_norm(probe, probe.builder.node("Add", {x, matmul(probe, y, inner, width, true)}), width);
  }
  probe.builder.output(x);
}

void write_elements(Probe& probe) {
  const bool image = probe.random.chance(0.6);
  const std::int64_t side = probe.random.size(4, 112);
  const Shape shape = image ? Shape{1, probe.random.size(8, 200), side, side} : Shape{probe.random.size(1, 400), probe.random.size(16, 2000)};
  std::string x = probe.builder.input("x", DataType::float32, shape);
  std::vector<std::string> made = {x};
  for (std::int64_t i = probe.random.pick(4, 8); i > 0; --i) {
    static constexpr const char* kUnary[] = {"Relu", "Sigmoid", "Tanh", "HardSwish", "Exp", "Sqrt", "Erf", "Abs", "Neg", "HardSigmoid", "LeakyRelu", "Elu"};
    static constexpr const char* kBinary[] = {"Add", "Mul", "Sub", "Div"};
    const std::string other = made[static_cast<std::size_t>(probe.random.pick(0, static_cast<std::int64_t>(made.size()) - 1))];
    switch (probe.random.pick(0, 6)) {
      case 0:
      case 1: x = probe.builder.node(kUnary[probe.random.pick(0, 11)], {x}); break;
      case 2: x = probe.builder.node(kBinary[probe.random.pick(0, 3)], {x, probe.random.chance(0.5) ? scalar(probe, 1.5f) : other}); break;
      case 3: x = probe.builder.node("Softmax", {x}); break;
      case 4: x = probe.builder.node(kBinary[probe.random.pick(0, 1)], {x, other}); break;
      case 5: x = probe.activation(x); break;
      default: x = image ? probe.builder.node("Transpose", {x}, {{"perm", Ints{0, 1, 3, 2}}}) : layer_norm(probe, x, shape.back());
    }
    made.push_back(x);
  }
  probe.builder.output(x);
}

}  // namespace dnntune::probes
