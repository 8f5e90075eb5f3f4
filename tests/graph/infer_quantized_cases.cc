// SPDX-License-Identifier: Apache-2.0
#include "graph/infer_cases.h"

namespace dnntune::graph::testing {

std::vector<InferCase> quantized_cases() {
  const auto u8 = [](Shape shape) { return of(DataType::uint8, std::move(shape)); };
  const auto s8 = [](Shape shape) { return of(DataType::int8, std::move(shape)); };
  const auto s32 = [](Shape shape) { return of(DataType::int32, std::move(shape)); };
  return {
      {"QuantizeLinear", {f32({2, 3}), f32({}), s8({})}, {}, {s8({2, 3})}},
      {"QuantizeLinear", {f32({2, 3}), f32({1})}, {}, {u8({2, 3})}},
      {"QuantizeLinear", {f32({2, 3, 4}), f32({4}), u8({4})}, {{"axis", num(-1)}}, {u8({2, 3, 4})}},
      {"QuantizeLinear", {f32({5}), f32({}), u8({})}, {}, {u8({5})}},  // axis 1 does not exist and is not asked for
      {"QuantizeLinear", {unranked(), f32({3})}, {}, {unranked(DataType::uint8)}},
      {"DequantizeLinear", {u8({2, 3}), f32({}), u8({})}, {}, {f32({2, 3})}},
      {"DequantizeLinear", {s32({7}), f32({7})}, {{"axis", num(0)}}, {f32({7})}},
      {"DynamicQuantizeLinear", {f32({2, -1})}, {}, {u8({2, -1}), f32({}), u8({})}},
      {"ConvInteger", {u8({1, 3, 8, 8}), s8({4, 3, 3, 3}), u8({}), s8({4})}, {{"pads", List{1, 1, 1, 1}}}, {s32({1, 4, 8, 8})}},
      {"ConvInteger", {u8({1, 4, 5}), u8({6, 2, 3})}, {{"group", num(2)}}, {s32({1, 6, 3})}},
      {"MatMulInteger", {u8({2, 3}), s8({3, 4}), u8({2}), s8({4})}, {}, {s32({2, 4})}},
      {"MatMulInteger", {u8({5, 2, 3}), u8({3, 4})}, {}, {s32({5, 2, 4})}},
      {"QLinearConv",
       {u8({1, 3, 8, 8}), f32({}), u8({}), s8({4, 3, 3, 3}), f32({4}), s8({4}), f32({}), s8({}), s32({4})},
       {{"strides", List{2, 2}}},
       {s8({1, 4, 3, 3})}},
      {"QLinearConv", {u8({1, 3, 8}), f32({}), u8({}), u8({4, 3, 3}), f32({1}), u8({1}), f32({}), u8({})}, {}, {u8({1, 4, 6})}},
      {"QLinearMatMul", {u8({2, 3}), f32({}), u8({}), s8({3, 4}), f32({4}), s8({4}), f32({}), u8({})}, {}, {u8({2, 4})}},
      {"QLinearMatMul",  // as the library has it after fusion
       {u8({2, 3}), f32({}), u8({}), s8({4, 3}), f32({4}), s8({4}), f32({}), u8({}), s32({4})},
       {{"transB", num(1)}},
       {u8({2, 4})}},
      {"QLinearAdd", {u8({2, 3}), f32({}), u8({}), u8({3}), f32({}), u8({}), f32({}), u8({})}, {}, {u8({2, 3})}},
      {"QLinearAdd", {s8({2, 1}), f32({}), s8({}), s8({3}), f32({}), s8({}), f32({})}, {}, {s8({2, 3})}},
      {"QLinearGlobalAveragePool", {u8({2, 3, 5, 5}), f32({}), u8({}), f32({}), u8({})}, {}, {u8({2, 3, 1, 1})}},
      {"QLinearSoftmax", {u8({2, 3}), f32({}), u8({}), f32({}), u8({})}, {}, {u8({2, 3})}},
  };
}

std::vector<InferError> quantized_errors() {
  const auto u8 = [](Shape shape) { return of(DataType::uint8, std::move(shape)); };
  const auto s8 = [](Shape shape) { return of(DataType::int8, std::move(shape)); };
  return {
      {"QuantizeLinear", {f32({2, 3}), f32({2})}, {}, "input 1 has 2 entries where there are 3 channels"},
      {"QuantizeLinear", {f32({2, 3}), f32({3}), u8({})}, {}, "input 2 has 1 entries, its scale 3"},
      {"QuantizeLinear", {f32({3}), f32({3})}, {}, "axis 1 is outside [-1, 0]"},
      {"DequantizeLinear", {u8({2, 3}), f32({}), s8({})}, {}, "the zero point is int8, the input uint8"},
      {"ConvInteger", {f32({1, 3, 8}), s8({4, 3, 3})}, {}, "input 0 is float32, the operator takes int8 or uint8"},
      {"ConvInteger", {u8({1, 3, 8}), s8({4, 3, 3}), u8({2})}, {}, "input 2 has 2 entries where there are 1 channels"},
      {"QLinearConv", {u8({1, 3, 8}), f32({}), u8({}), s8({4, 3, 3}), f32({3}), s8({3}), f32({}), u8({})}, {}, "input 4 has 3 entries where there are 4 channels"},
      {"QLinearConv", {u8({1, 3, 8}), f32({}), u8({}), s8({4, 2, 3}), f32({}), s8({}), f32({}), u8({})}, {}, "channels (3 against 2)"},
      {"QLinearConv", {u8({1, 3, 8}), f32({}), u8({}), s8({4, 3, 3}), f32({}), s8({}), f32({}), u8({}), f32({4})}, {}, "input 8 is float32, the operator takes int32"},
      {"QLinearMatMul", {u8({2, 3}), f32({}), u8({}), s8({4, 3}), f32({}), s8({}), f32({}), u8({})}, {}, "the inner dimensions differ"},
      {"QLinearAdd", {u8({2, 3}), f32({}), u8({}), s8({3}), f32({}), s8({}), f32({}), u8({})}, {}, "input 3 is int8, others are uint8"},
      {"QLinearAdd", {u8({2}), f32({}), u8({}), u8({3}), f32({}), u8({}), f32({}), u8({})}, {}, "do not broadcast"},
  };
}

}  // namespace dnntune::graph::testing
