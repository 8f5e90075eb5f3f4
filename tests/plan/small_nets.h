// SPDX-License-Identifier: Apache-2.0
// Networks for the planner's tests, made without ONNX, kernels or a runtime: the planner links without
// a single kernel, and these tests prove it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "dnntune/graph.h"
#include "dnntune/link.h"
#include "graph/graph_impl.h"
#include "profiles.h"

namespace dnntune::test {

/// Collects nodes; values are numbers.
class NetBuilder {
 public:
  explicit NetBuilder(std::string name = "net") { ir_.name = std::move(name); }

  int input(Shape shape, DataType type = DataType::float32) {
    const int id = value("in" + std::to_string(ir_.inputs.size()), {std::move(shape), type});
    ir_.inputs.push_back(id);
    return id;
  }
  int relu(int x) { return node(graph::Op::Relu, "Relu", {x}, {{shape(x), type(x)}}).front(); }
  int cast(int x, DataType to) {
    return node(graph::Op::Cast, "Cast", {x}, {{shape(x), to}}, {{"to", static_cast<std::int64_t>(to)}}).front();
  }
  /// Of one-dimensional values.
  int concat(const std::vector<int>& xs) {
    std::int64_t total = 0;
    for (const int x : xs) total += shape(x)[0];
    return node(graph::Op::Concat, "Concat", xs, {{{total}, type(xs.front())}}, {{"axis", std::int64_t{0}}}).front();
  }
  /// Two halves of a one-dimensional value with an even number of elements.
  std::vector<int> split(int x) {
    const Kind half = {{shape(x)[0] / 2}, type(x)};
    return node(graph::Op::Split, "Split", {x}, {half, half}, {{"axis", std::int64_t{0}}});
  }
  /// 1x1 convolution with zero weights.
  int conv(int x, std::int64_t channels, std::int64_t stride, const std::string& name) {
    const Shape in = shape(x);
    const int weights = value(name + "_w", {{channels, in[1], 1, 1}, DataType::float32});
    ir_.value(weights).constant = Tensor(DataType::float32, {channels, in[1], 1, 1});
    const Kind out = {{in[0], channels, (in[2] - 1) / stride + 1, (in[3] - 1) / stride + 1}, DataType::float32};
    return node(graph::Op::Conv, "Conv", {x, weights}, {out}, {{"strides", std::vector<std::int64_t>{stride, stride}}}, name).front();
  }
  /// An operator this library does not know: it can only run in the cloud.
  int unknown(int x) {
    const int y = node(graph::Op::Unknown, "FancyOp", {x}, {{shape(x), type(x)}}).front();
    ir_.nodes.back().domain = "com.example";
    ir_.nodes.back().unsupported = "com.example.FancyOp: not an operator of this build";
    ir_.value(y).shape.reset();
    return y;
  }
  void output(int x) { ir_.outputs.push_back(x); }

  const Shape& shape(int x) const { return *ir_.value(x).shape; }
  DataType type(int x) const { return ir_.value(x).type; }
  bool is_input(int x) const { return std::find(ir_.inputs.begin(), ir_.inputs.end(), x) != ir_.inputs.end(); }

  Graph build() {
    return Graph(graph::make_graph_impl(std::move(ir_), graph::ModelInfo{}, graph::Bindings{}, nullptr, {}, true));
  }

 private:
  using Kind = std::pair<Shape, DataType>;

  int value(const std::string& name, const Kind& kind) {
    graph::Value v;
    v.name = name;
    v.shape = kind.first;
    v.type = kind.second;
    return ir_.add_value(std::move(v));
  }
  std::vector<int> node(graph::Op op, const std::string& op_type, const std::vector<int>& inputs, const std::vector<Kind>& outputs,
                        NodeAttributes attributes = {}, const std::string& name = "") {
    graph::Node n;
    n.op = op;
    n.op_type = op_type;
    n.name = name.empty() ? "layer" + std::to_string(ir_.nodes.size()) : name;
    n.attributes = graph::Attributes(std::move(attributes));
    n.inputs.assign(inputs.begin(), inputs.end());
    std::vector<int> made;
    for (const Kind& kind : outputs) {
      made.push_back(value(n.name + "_out" + std::to_string(made.size()), kind));
      n.outputs.push_back(made.back());
    }
    ir_.nodes.push_back(std::move(n));
    return made;
  }

  graph::Ir ir_;
};

using Random = std::mt19937_64;
/// In [low, high]. std::uniform_int_distribution differs between libraries; tests should not.
inline std::int64_t pick(Random& random, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1));
}

/// A chain of `layers` Relu over `elements` elements.
inline Graph chain(int layers, std::int64_t elements) {
  NetBuilder net("chain");
  int x = net.input({elements});
  for (int i = 0; i < layers; ++i) x = net.relu(x);
  net.output(x);
  return net.build();
}

/// A random directed acyclic graph of `layers` layers: several inputs, values with many consumers,
/// layers with two outputs, values used twice by one layer, outputs in the middle.
inline Graph random_dag(Random& random, int layers) {
  NetBuilder net("random");
  std::vector<int> values;
  std::vector<int> uses;
  const auto add = [&](int x) {
    values.push_back(x);
    uses.push_back(0);
  };
  const auto choose = [&](std::int64_t window) {  // near the end: deeper graphs; anywhere: wider ones
    const auto n = static_cast<std::int64_t>(values.size());
    const auto k = static_cast<std::size_t>(pick(random, std::max<std::int64_t>(0, n - window), n - 1));
    ++uses[k];
    return values[k];
  };
  for (std::int64_t i = pick(random, 1, 3); i > 0; --i) add(net.input({2 * pick(random, 1, 50)}));
  const std::int64_t window = pick(random, 1, 8);
  for (int i = 0; i < layers; ++i) {
    const int x = choose(window);
    switch (pick(random, 0, 5)) {
      case 0: add(net.cast(x, net.type(x) == DataType::float32 ? DataType::float64 : DataType::float32)); break;
      case 1:
        if (net.shape(x)[0] % 2 == 0) {
          for (const int half : net.split(x)) add(half);
        } else {
          add(net.relu(x));
        }
        break;
      case 2:
      case 3: {
        std::vector<int> parts = {x};
        for (std::int64_t more = pick(random, 1, 2); more > 0; --more) {
          const int y = choose(window + 3);
          if (net.type(y) == net.type(x) && net.shape(x)[0] < 100000) parts.push_back(y);
        }
        add(parts.size() > 1 ? net.concat(parts) : net.relu(x));
        break;
      }
      default: add(net.relu(x));
    }
  }
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (!net.is_input(values[k]) && (uses[k] == 0 || pick(random, 0, 9) == 0)) net.output(values[k]);
  }
  return net.build();
}

inline std::vector<double> random_costs(Random& random, std::size_t count, std::int64_t highest) {
  std::vector<double> costs;
  for (std::size_t i = 0; i < count; ++i) costs.push_back(static_cast<double>(pick(random, 0, highest)));
  return costs;
}

/// One byte takes one nanosecond either way, and one microjoule to send or receive.
inline Link byte_link(double round_trip_ns) {
  Link link;
  link.name = "byte";
  link.bandwidth_up_bps = link.bandwidth_down_bps = 8e9;
  link.round_trip_s = round_trip_ns * 1e-9;
  link.radio.name = "kilowatt";
  link.radio.beta_w = 1000.0;
  return link;
}

}  // namespace dnntune::test
