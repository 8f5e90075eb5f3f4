// SPDX-License-Identifier: Apache-2.0
#include "backends/grid.h"

#include <cstring>
#include <random>

namespace dnntune::test {
namespace {

using Ints = std::vector<std::int64_t>;
using Kind = graph::Activation::Kind;

class QuantizedGrid {
 public:
  std::vector<SimdCase> cases;

  Tensor bytes(DataType type, const Shape& shape) {
    Tensor tensor(type, shape);
    auto* data = static_cast<std::uint8_t*>(tensor.mutable_data());
    for (std::size_t i = 0; i < tensor.element_count(); ++i) data[i] = static_cast<std::uint8_t>(bits_() >> 8);
    return tensor;
  }
  Tensor byte(DataType type, int value) {
    const auto stored = static_cast<std::uint8_t>(value);
    return Tensor::copy_of(type, {}, &stored, 1);
  }
  Tensor biases(std::int64_t count) {
    Tensor tensor(DataType::int32, {count});
    for (std::int32_t& x : tensor.as_mutable<std::int32_t>()) x = static_cast<std::int32_t>(bits_() % 2001) - 1000;
    return tensor;
  }
  Tensor scales(std::int64_t count, float about) { return random_tensor({count}, static_cast<unsigned>(bits_()), 0.5f * about, 1.5f * about); }
  Tensor number(float value) { return floats({}, {value}); }
  void add(const char* op, std::vector<Tensor> operands, NodeAttributes attributes = {}, std::vector<std::size_t> varying = {0}, graph::Activation activation = {}) {
    cases.push_back(grid_case(LayerCase(op, std::move(operands), std::move(attributes)), varying, activation));
  }

 private:
  std::mt19937 bits_{3};
};

constexpr DataType kInt8 = DataType::int8, kUint8 = DataType::uint8;

int zero_of(DataType type, int offset) { return type == kInt8 ? offset : 128 + offset; }

void add_quantized_products(QuantizedGrid& grid) {
  const std::pair<DataType, DataType> types[] = {{kInt8, kInt8}, {kUint8, kUint8}, {kUint8, kInt8}, {kInt8, kUint8}};
  for (const auto& [x, w] : types)
    for (const bool by_channel : {false, true}) {
      const auto weights_scale = [&](std::int64_t n) { return by_channel ? grid.scales(n, 0.02f) : grid.number(0.02f); };
      const auto weights_zero = [&](std::int64_t n) {
        Tensor zeros(w, by_channel ? Shape{n} : Shape{});
        std::memset(zeros.mutable_data(), zero_of(w, 0), zeros.size_bytes());
        return zeros;
      };
      for (const auto& [in, out, groups] : {std::array<std::int64_t, 3>{1, 1, 1}, {3, 17, 1}, {16, 8, 1}, {17, 33, 1}, {6, 9, 3}, {5, 5, 5}, {17, 17, 17}, {32, 32, 32}})
        for (const std::int64_t kernel : {1, 3})
          for (const std::int64_t stride : {1, 2})
            grid.add("QLinearConv",
                     {grid.bytes(x, {2, in, 9, 8}), grid.number(0.05f), grid.byte(x, zero_of(x, 3)), grid.bytes(w, {out, in / groups, kernel, kernel}),
                      weights_scale(out), weights_zero(out), grid.number(0.2f), grid.byte(x, zero_of(x, -5)), grid.biases(out)},
                     {{"strides", Ints{stride, stride}}, {"pads", Ints(4, kernel / 2)}, {"group", groups}}, {0},
                     stride == 2 ? graph::Activation{Kind::relu, 0, 0} : graph::Activation{});
      for (const std::int64_t m : {1, 7})
        for (const std::int64_t k : {1, 16, 37})
          for (const std::int64_t n : {1, 8, 17})
            grid.add("QLinearMatMul", {grid.bytes(x, {m, k}), grid.number(0.05f), grid.byte(x, zero_of(x, 3)), grid.bytes(w, {k, n}), weights_scale(n),
                                       weights_zero(n), grid.number(0.2f), grid.byte(x, zero_of(x, -5))});
    }
  // A zero point of the weights.
  for (const DataType type : {kInt8, kUint8})
    grid.add("QLinearConv", {grid.bytes(type, {1, 3, 6, 6}), grid.number(0.05f), grid.byte(type, 7), grid.bytes(type, {8, 3, 3, 3}), grid.number(0.02f),
                             grid.byte(type, 9), grid.number(0.2f), grid.byte(type, 11)});
}

void add_others(QuantizedGrid& grid) {
  for (const DataType type : {kInt8, kUint8})
    for (const std::int64_t count : {1, 7, 15, 16, 17, 1000}) {
      grid.add("QuantizeLinear", {random_tensor({count}, 4, -20.0f, 20.0f), grid.number(0.11f), grid.byte(type, zero_of(type, 4))});
      grid.add("DequantizeLinear", {grid.bytes(type, {count}), grid.number(0.11f), grid.byte(type, zero_of(type, 4))});
      for (const bool relu : {false, true})
        grid.add("QLinearAdd",
                 {grid.bytes(type, {count}), grid.number(0.11f), grid.byte(type, zero_of(type, 4)), grid.bytes(type, {count}), grid.number(0.07f),
                  grid.byte(type, zero_of(type, -9)), grid.number(0.13f), grid.byte(type, zero_of(type, 1))},
                 {}, {0, 3}, relu ? graph::Activation{Kind::relu, 0, 0} : graph::Activation{});
      grid.add("QLinearGlobalAveragePool", {grid.bytes(type, {2, count, 5, 7}), grid.number(0.11f), grid.byte(type, zero_of(type, 4)), grid.number(0.03f),
                                            grid.byte(type, zero_of(type, -3))});
      grid.add("MaxPool", {grid.bytes(type, {1, count, 9, 8})}, {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}});
      grid.add("Pad", {grid.bytes(type, {3, count}), Tensor::from<std::int64_t>({4}, Ints{1, 2, 0, 3}), grid.byte(type, zero_of(type, 4))});
    }
}

}  // namespace

std::vector<SimdCase> quantized_grid() {
  QuantizedGrid grid;
  add_quantized_products(grid);
  add_others(grid);
  return std::move(grid.cases);
}

}  // namespace dnntune::test
