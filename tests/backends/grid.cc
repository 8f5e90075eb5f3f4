// SPDX-License-Identifier: Apache-2.0
#include "backends/grid.h"

#include <algorithm>
#include <array>
#include <limits>

namespace dnntune::test {
namespace {

using Ints = std::vector<std::int64_t>;
using Kind = graph::Activation::Kind;
using graph::Activation;

class Grid {
 public:
  std::vector<SimdCase> cases;

  Tensor random(const Shape& shape) { return random_tensor(shape, ++seed_); }
  Tensor positive(const Shape& shape) { return random_tensor(shape, ++seed_, 0.25f, 2.0f); }
  void add(const char* op, std::vector<Tensor> operands, NodeAttributes attributes = {}, std::vector<std::size_t> varying = {0}, Activation activation = {}) {
    cases.push_back(grid_case(LayerCase(op, std::move(operands), std::move(attributes)), varying, activation));
  }

 private:
  unsigned seed_ = 0;
};

NodeAttributes window(const Ints& kernel, const Ints& strides, const Ints& dilations, const Ints& pads) {
  return {{"kernel_shape", kernel}, {"strides", strides}, {"dilations", dilations}, {"pads", pads}};
}

struct Window {
  Ints kernel, strides, dilations, pads;
};
const Window kWindows[] = {
    {{1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}}, {{1, 1}, {2, 2}, {1, 1}, {0, 0, 0, 0}}, {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}},
    {{3, 3}, {2, 2}, {1, 1}, {0, 0, 1, 1}}, {{5, 3}, {1, 2}, {1, 1}, {2, 1, 2, 0}}, {{3, 3}, {1, 1}, {2, 2}, {2, 2, 2, 2}},
    {{2, 7}, {3, 1}, {1, 1}, {0, 3, 1, 3}}, {{3, 2}, {2, 1}, {1, 3}, {4, 5, 4, 5}},
};

void add_convolutions(Grid& grid) {
  for (const Window& w : kWindows)
    for (const auto& [in, out, groups] : {std::array<std::int64_t, 3>{1, 1, 1}, {3, 17, 1}, {15, 16, 1}, {16, 7, 1}, {17, 33, 1}, {6, 9, 3}, {8, 8, 2},
                                          {5, 5, 5}, {16, 16, 16}, {17, 17, 17}, {33, 33, 33}, {7, 14, 7}}) {
      NodeAttributes attributes = window(w.kernel, w.strides, w.dilations, w.pads);
      attributes.emplace_back("group", groups);
      grid.add("Conv", {grid.random({2, in, 11, 13}), grid.random({out, in / groups, w.kernel[0], w.kernel[1]}), grid.random({out})}, attributes);
    }
  for (const std::int64_t width : {1, 2, 15, 16, 17, 31})
    grid.add("Conv", {grid.random({1, 4, 3, width}), grid.random({5, 4, 1, 1})});
  grid.add("Conv", {grid.random({3, 4, 29}), grid.random({6, 4, 5}), grid.random({6})}, {{"dilations", Ints{2}}, {"pads", Ints{4, 4}}});
  grid.add("Conv", {grid.random({1, 2, 5, 6, 7}), grid.random({3, 2, 3, 3, 3})});
  for (const char* pad : {"SAME_UPPER", "SAME_LOWER", "VALID"})
    grid.add("Conv", {grid.random({1, 3, 12, 11}), grid.random({8, 3, 3, 3})}, {{"auto_pad", std::string(pad)}, {"strides", Ints{2, 2}}});
  for (const Activation& activation : {Activation{Kind::relu, 0, 0}, {Kind::clip, -0.2f, 0.6f}, {Kind::leaky_relu, 0.1f, 0}, {Kind::sigmoid, 0, 0},
                                       {Kind::tanh, 0, 0}, {Kind::hard_sigmoid, 0.2f, 0.5f}, {Kind::hard_swish, 0, 0}}) {
    grid.add("Conv", {grid.random({1, 5, 7, 9}), grid.random({19, 5, 3, 3}), grid.random({19})}, {}, {0}, activation);
    grid.add("Gemm", {grid.random({5, 33}), grid.random({33, 19}), grid.random({19})}, {}, {0}, activation);
  }
  grid.add("Conv", {grid.random({1, 3, 6, 6}), grid.random({4, 3, 3, 3})}, {}, {0, 1});
  for (const Window& w : kWindows)
    for (const auto& [in, out, groups] : {std::array<std::int64_t, 3>{1, 1, 1}, {3, 16, 1}, {17, 5, 1}, {6, 9, 3}, {4, 4, 4}}) {
      if (w.pads[0] >= 4) continue;  // would leave nothing of the output
      NodeAttributes attributes = window(w.kernel, w.strides, w.dilations, w.pads);
      attributes.emplace_back("group", groups);
      attributes.emplace_back("output_padding", Ints{w.strides[0] - 1, 0});
      grid.add("ConvTranspose", {grid.random({2, in, 7, 5}), grid.random({in, out / groups, w.kernel[0], w.kernel[1]}), grid.random({out})}, attributes);
    }
  grid.add("ConvTranspose", {grid.random({2, 6, 19}), grid.random({6, 5, 4})}, {{"strides", Ints{2}}, {"pads", Ints{1, 1}}});
  for (const char* pad : {"SAME_UPPER", "SAME_LOWER", "VALID"})
    grid.add("ConvTranspose", {grid.random({1, 3, 6, 5}), grid.random({3, 8, 3, 4})}, {{"auto_pad", std::string(pad)}, {"strides", Ints{2, 2}}});
  for (const std::int64_t channels : {5, 16, 17})
    grid.add("ConvTranspose", {grid.random({1, channels, 5, 6}), grid.random({channels, 1, 4, 4})}, {{"group", channels}, {"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}});
  grid.add("ConvTranspose", {grid.random({1, 5, 4, 6}), grid.random({5, 7, 3, 3})}, {{"strides", Ints{3, 2}}, {"dilations", Ints{2, 3}}});
  grid.add("ConvTranspose", {grid.random({1, 4, 3, 5}), grid.random({4, 3, 2, 1}), grid.random({3})}, {{"strides", Ints{3, 4}}});
  grid.add("ConvTranspose", {grid.random({1, 4, 3, 5}), grid.random({4, 9, 3, 3}), grid.random({9})}, {{"strides", Ints{2, 2}}}, {0}, {Kind::relu, 0, 0});
}

void add_products(Grid& grid) {
  for (const std::int64_t m : {1, 2, 7, 16, 17})
    for (const std::int64_t k : {1, 5, 16, 31})
      for (const std::int64_t n : {1, 3, 15, 16, 17, 64, 65}) {
        grid.add("Gemm", {grid.random({m, k}), grid.random({n, k}), grid.random({n})}, {{"transB", std::int64_t{1}}});
        grid.add("MatMul", {grid.random({m, k}), grid.random({k, n})});
      }
  grid.add("Gemm", {grid.random({6, 9}), grid.random({9, 7}), grid.random({7})}, {{"alpha", 0.5f}, {"beta", -2.0f}});
  grid.add("Gemm", {grid.random({6, 9}), grid.random({9, 7}), grid.random({1})});
  grid.add("Gemm", {grid.random({6, 9}), grid.random({9, 7}), grid.random({6, 1})});
  grid.add("Gemm", {grid.random({9, 6}), grid.random({9, 7})}, {{"transA", std::int64_t{1}}});
  grid.add("MatMul", {grid.random({3, 4, 9}), grid.random({9, 7})});
  grid.add("MatMul", {grid.random({3, 4, 9}), grid.random({3, 9, 7})});
  grid.add("MatMul", {grid.random({4, 9}), grid.random({9, 7})}, {}, {0, 1});
}

void add_pools(Grid& grid) {
  const Window windows[] = {
      {{2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}}, {{3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}}, {{3, 2}, {1, 1}, {1, 1}, {1, 0, 0, 1}},
      {{1, 1}, {2, 2}, {1, 1}, {0, 0, 0, 0}}, {{7, 5}, {3, 2}, {1, 1}, {3, 2, 3, 2}}, {{2, 3}, {1, 1}, {2, 2}, {0, 0, 0, 0}},
      {{3, 3}, {1, 1}, {2, 2}, {2, 2, 2, 2}}, {{11, 13}, {1, 1}, {1, 1}, {0, 0, 0, 0}}, {{2, 2}, {3, 3}, {1, 1}, {0, 0, 0, 0}},
  };
  for (const Window& w : windows)
    for (const std::int64_t channels : {1, 4, 7, 16, 17, 33})
      for (const std::int64_t ceil : {0, 1}) {
        NodeAttributes attributes = window(w.kernel, w.strides, w.dilations, w.pads);
        attributes.emplace_back("ceil_mode", ceil);
        grid.add("MaxPool", {grid.random({2, channels, 11, 13})}, attributes);
        if (w.dilations[0] > 1) continue;
        grid.add("AveragePool", {grid.random({2, channels, 11, 13})}, attributes);
        attributes.emplace_back("count_include_pad", std::int64_t{1});
        grid.add("AveragePool", {grid.random({2, channels, 11, 13})}, attributes);
      }
  grid.add("MaxPool", {grid.random({1, 3, 29})}, {{"kernel_shape", Ints{4}}, {"strides", Ints{3}}});
  grid.add("AveragePool", {grid.random({1, 3, 29})}, {{"kernel_shape", Ints{4}}, {"strides", Ints{3}}});
  for (const std::int64_t channels : {1, 7, 15, 16, 17, 33})
    for (const auto& [h, w] : {std::array<std::int64_t, 2>{1, 1}, {1, 7}, {7, 7}, {13, 11}}) {
      grid.add("GlobalAveragePool", {grid.random({2, channels, h, w})});
      // In the order of dimensions that the layout pass gives it.
      grid.add("ReduceMean", {grid.random({2, h, w, channels}), Tensor::from<std::int64_t>({2}, Ints{1, 2})});
    }
  grid.add("ReduceMean", {grid.random({2, 3, 5, 7}), Tensor::from<std::int64_t>({1}, Ints{3})});
}

void add_elementwise(Grid& grid) {
  for (const std::int64_t count : {1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 1000, 20011}) {
    const Tensor x = random_tensor({count}, 5, -6.0f, 6.0f), y = grid.positive({count});
    for (const char* op : {"Abs", "Ceil", "Elu", "Erf", "Exp", "Floor", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu", "Neg", "Relu", "Round", "Sigmoid", "Tanh"})
      grid.add(op, {x});
    for (const char* op : {"Log", "Sqrt"}) grid.add(op, {y});
    grid.add("Elu", {x}, {{"alpha", 0.3f}});
    grid.add("LeakyRelu", {x}, {{"alpha", 0.3f}});
    grid.add("Clip", {x, floats({}, {-1.0f}), floats({}, {2.5f})});
    grid.add("Clip", {x, {}, floats({}, {2.5f})});
    grid.add("Pow", {x, floats({}, {2.0f})});
    for (const char* op : {"Add", "Sub", "Mul", "Div", "Max", "Min", "Sum"}) {
      grid.add(op, {x, y}, {}, {0, 1});
      grid.add(op, {x, y});
      grid.add(op, {x, floats({1}, {1.5f})});
    }
  }
  const std::pair<Shape, Shape> shapes[] = {
      {{2, 3, 5, 7}, {7}}, {{2, 3, 5, 7}, {5, 1}}, {{2, 3, 5, 7}, {3, 1, 1}}, {{2, 3, 5, 7}, {2, 1, 5, 1}}, {{1, 3, 1, 7}, {2, 1, 5, 1}},
      {{7}, {2, 3, 7}}, {{2, 1, 2, 1, 2, 1, 2}, {1, 2, 1, 2, 1, 2, 1}}, {{}, {3, 4}}, {{4, 17}, {4, 17}},
  };
  for (const auto& [a, b] : shapes)
    for (const char* op : {"Add", "Sub", "Mul", "Div", "Max", "Min"}) grid.add(op, {grid.random(a), grid.positive(b)}, {}, {0, 1});
  grid.add("Add", {grid.random({3, 5}), grid.random({3, 5})}, {}, {1});
  grid.add("Sum", {grid.random({7}), grid.random({7}), grid.random({7})}, {}, {0, 1, 2});
  for (const std::int64_t channels : {1, 3, 16, 17, 33})
    for (const bool one : {false, true}) grid.add("PRelu", {grid.random({2, 5, channels}), grid.random({one ? 1 : channels})});
  grid.add("PRelu", {grid.random({2, 5, 3}), grid.random({5, 1})});
  for (const std::int64_t n : {1, 2, 15, 16, 17, 100, 1000}) {
    grid.add("Softmax", {grid.random({3, n})});
    grid.add("Softmax", {grid.random({2, n, 3})}, {{"axis", std::int64_t{1}}});
  }
}

void add_moves(Grid& grid) {
  for (const std::int64_t channels : {1, 3, 16, 17})
    for (const char* mode : {"half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"})
      for (const auto& [h, w] : {std::array<std::int64_t, 2>{10, 14}, {5, 7}, {3, 4}, {13, 1}, {1, 1}, {17, 23}})
        // In the order of dimensions that the layout pass gives it.
        grid.add("Resize", {grid.random({2, 5, 7, channels}), {}, {}, Tensor::from<std::int64_t>({4}, Ints{2, h, w, channels})},
                 {{"mode", std::string("linear")}, {"coordinate_transformation_mode", std::string(mode)}});
  grid.add("Resize", {grid.random({1, 5, 7, 4}), {}, floats({4}, {1, 2.5f, 1.6f, 1})}, {{"mode", std::string("linear")}});
  for (const char* mode : {"nearest", "cubic"}) grid.add("Resize", {grid.random({1, 5, 7, 4}), {}, floats({4}, {1, 2, 2, 1})}, {{"mode", std::string(mode)}});
  const auto pads = [](const Ints& values) { return Tensor::from<std::int64_t>({static_cast<std::int64_t>(values.size())}, values); };
  for (const std::int64_t last : {1, 7, 16, 17}) {
    grid.add("Pad", {grid.random({2, 3, last}), pads({0, 1, 2, 3, 0, 1})});
    grid.add("Pad", {grid.random({2, 3, last}), pads({0, 1, 0, 0, 2, 0}), floats({}, {1.5f})});
    grid.add("Pad", {grid.random({2, 3, last}), pads({0, -1, 0, 0, 0, 0})});
  }
  grid.add("Pad", {grid.random({5, 6}), pads({2, 1, 0, 3})}, {{"mode", std::string("reflect")}});
  for (const std::int64_t block : {1, 2, 3})
    for (const std::int64_t channels : {1, 4, 17})
      for (const char* mode : {"DCR", "CRD"})
        grid.add("DepthToSpace", {grid.random({2, channels * block * block, 3, 5})}, {{"blocksize", block}, {"mode", std::string(mode)}});
  grid.add("Transpose", {grid.random({2, 3, 17})}, {{"perm", Ints{0, 2, 1}}});
  grid.add("Transpose", {grid.random({2, 3, 4, 5})}, {{"perm", Ints{3, 1, 0, 2}}});
}

}  // namespace

SimdCase grid_case(const LayerCase& layer, const std::vector<std::size_t>& varying, graph::Activation activation) {
  const PhysicalLayer physical(layer);
  SimdCase result;
  result.node = layer.node;
  result.node.activation = activation;
  for (std::size_t i = 0; i < physical.inputs.size(); ++i)
    result.inputs.push_back({physical.inputs[i].constant, std::find(varying.begin(), varying.end(), i) == varying.end()});
  for (const backends::TensorSpec& output : physical.outputs) result.outputs.push_back(output.shape);
  result.output_type = physical.outputs[0].type;
  return result;
}

std::vector<SimdCase> operator_grid() {
  Grid grid;
  add_convolutions(grid);
  add_products(grid);
  add_pools(grid);
  add_elementwise(grid);
  add_moves(grid);
  return std::move(grid.cases);
}

}  // namespace dnntune::test
