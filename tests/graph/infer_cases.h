// SPDX-License-Identifier: Apache-2.0
// Cases of shape inference, computed by hand: one node, its inputs, what its outputs must be.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dnntune/builder.h"
#include "dnntune/tensor.h"
#include "graph/ir_maker.h"

namespace dnntune::graph::testing {

struct Operand {
  DataType type = DataType::undefined;  ///< undefined: the input is left out
  std::optional<Shape> shape;
  Tensor constant;
};

inline Operand of(DataType type, Shape shape) { return {type, std::move(shape), {}}; }
inline Operand f32(Shape shape) { return of(DataType::float32, std::move(shape)); }
inline Operand i64(Shape shape) { return of(DataType::int64, std::move(shape)); }
inline Operand boolean(Shape shape) { return of(DataType::boolean, std::move(shape)); }
inline Operand unranked(DataType type = DataType::float32) { return {type, std::nullopt, {}}; }
inline Operand none() { return {}; }
inline Operand known(Tensor tensor) { return {tensor.type(), tensor.shape(), tensor}; }
inline Operand list(std::vector<std::int64_t> values) { return known(ints(std::move(values))); }
inline Operand scalar(std::int64_t value) { return known(Tensor::from<std::int64_t>({}, std::vector<std::int64_t>{value})); }
inline Operand scalar(float value) { return known(floats({}, {value})); }

using List = std::vector<std::int64_t>;
inline std::int64_t num(std::int64_t value) { return value; }

struct InferCase {
  std::string op;
  std::vector<Operand> inputs;
  NodeAttributes attributes;
  std::vector<Operand> outputs;  ///< Wanted types and shapes; an unset shape must stay unset.
};

/// A node that must be refused, and a part of the message.
struct InferError {
  std::string op;
  std::vector<Operand> inputs;
  NodeAttributes attributes;
  std::string message;
  int outputs = 1;
};

/// A graph of one node, "under_test", with inputs in0, in1... and outputs out0, out1...
inline IrMaker node_under_test(const std::string& op, const std::vector<Operand>& inputs, const NodeAttributes& attributes, std::size_t outputs) {
  IrMaker m;
  std::vector<std::string> in, out;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const bool absent = inputs[i].type == DataType::undefined;
    in.push_back(absent ? "" : "in" + std::to_string(i));
    if (absent) continue;
    Value& value = m.ir.value(m.id(in.back()));
    value.type = inputs[i].type;
    value.shape = inputs[i].shape;
    value.constant = inputs[i].constant;
  }
  for (std::size_t i = 0; i < outputs; ++i) out.push_back("out" + std::to_string(i));
  m.node(op, in, out, attributes).name = "under_test";
  return m;
}

std::vector<InferCase> elementwise_cases();
std::vector<InferCase> spatial_cases();
std::vector<InferCase> dense_cases();
std::vector<InferCase> reduce_cases();
std::vector<InferCase> view_cases();
std::vector<InferCase> move_cases();
std::vector<InferCase> generate_cases();
std::vector<InferCase> quantized_cases();
std::vector<InferError> infer_errors();
std::vector<InferError> quantized_errors();

}  // namespace dnntune::graph::testing
