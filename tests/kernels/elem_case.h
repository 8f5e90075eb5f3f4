// SPDX-License-Identifier: Apache-2.0
// One operator, its operands and what must come out; and the run that checks it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "dnntune/builder.h"
#include "dnntune/tensor.h"
#include "graph/operators.h"

namespace dnntune::test {

struct Case {
  std::string label;
  graph::Op op = graph::Op::Unknown;
  NodeAttributes attributes;
  std::vector<Tensor> inputs;    ///< Undefined: left out. Operands that plan shapes are given as constants.
  std::vector<Tensor> expected;  ///< Undefined: the output is not wanted.
  double tolerance = 0.0;        ///< |got - expected| <= tolerance (1 + |expected|); 0: equal.
  bool run_time_operands = false;  ///< Give no operand as a constant.
};

inline constexpr double kInf = std::numeric_limits<double>::infinity();
inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// A tensor of any type from numbers; values must be exact in it (half types: rounded to nearest).
Tensor make(DataType type, Shape shape, const std::vector<double>& values);
inline Tensor f32(Shape shape, const std::vector<double>& values) { return make(DataType::float32, std::move(shape), values); }
inline Tensor i32(Shape shape, const std::vector<double>& values) { return make(DataType::int32, std::move(shape), values); }
inline Tensor i64(Shape shape, const std::vector<double>& values) { return make(DataType::int64, std::move(shape), values); }
inline Tensor booleans(Shape shape, const std::vector<double>& values) { return make(DataType::boolean, std::move(shape), values); }
/// 0, 1, 2...
Tensor iota(DataType type, Shape shape);
/// Element i as a number.
double number_at(const Tensor& tensor, std::int64_t i);

/// Prepares the layer with the reference backend and runs it: with 1 and with 3 threads (same bits),
/// with operands aligned to their element only, and in place where the layer allows it. All buffers have
/// guards; inputs must stay as they are. Returns the outputs.
std::vector<Tensor> run(const Case& c);
/// Runs the case and checks what comes out.
void check(const Case& c);

/// Tensors of the types and shapes that a case's outputs have, when there are no values to compare.
Tensor blank(DataType type, Shape shape);

// All cases computed by hand, by theme. Every operator of the families they cover has one at least.
std::vector<Case> elementwise_cases();
std::vector<Case> reduction_cases();
std::vector<Case> movement_cases();
std::vector<Case> product_cases();
std::vector<Case> sampling_cases();
std::vector<Case> signal_cases();

}  // namespace dnntune::test
