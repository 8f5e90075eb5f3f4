// SPDX-License-Identifier: Apache-2.0
#include "graph/infer_cases.h"

namespace dnntune::graph::testing {

std::vector<InferCase> elementwise_cases() {
  std::vector<InferCase> cases;
  for (const char* op :
       {"Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "Cos", "Cosh", "Erf", "Exp", "Floor", "Log", "Neg",
        "Reciprocal", "Round", "Sign", "Sin", "Sinh", "Sqrt", "Tan", "Tanh", "Relu", "LeakyRelu", "Elu", "Selu", "Celu", "Sigmoid",
        "HardSigmoid", "HardSwish", "Gelu", "Mish", "Swish", "Softplus", "Softsign", "ThresholdedRelu", "Shrink", "Identity", "Clip", "Softmax", "LogSoftmax",
        "Hardmax", "Dropout"})
    cases.push_back({op, {f32({2, 3, 4})}, {}, {f32({2, 3, 4})}});
  for (const char* op : {"Add", "Sub", "Mul", "Div", "Pow", "Mod", "Max", "Min", "Sum", "Mean"})
    cases.push_back({op, {f32({8, 1, 6, 1}), f32({7, 1, 5})}, {}, {f32({8, 7, 6, 5})}});
  for (const char* op : {"Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"})
    cases.push_back({op, {f32({3, 1}), f32({1, 4})}, {}, {boolean({3, 4})}});
  for (const char* op : {"And", "Or", "Xor"}) cases.push_back({op, {boolean({3, 1}), boolean({4})}, {}, {boolean({3, 4})}});

  const std::vector<InferCase> more = {
      {"Not", {boolean({2, 2})}, {}, {boolean({2, 2})}},
      {"IsNaN", {f32({2, 3})}, {}, {boolean({2, 3})}},
      {"IsInf", {of(DataType::float64, {5})}, {}, {boolean({5})}},
      {"Relu", {of(DataType::int8, {4})}, {}, {of(DataType::int8, {4})}},
      {"Relu", {unranked()}, {}, {unranked()}},
      {"Relu", {f32({-1, 3})}, {}, {f32({-1, 3})}},
      {"Clip", {f32({2}), scalar(0.0f), scalar(6.0f)}, {}, {f32({2})}},
      {"Clip", {f32({2}), none(), scalar(6.0f)}, {}, {f32({2})}},
      {"Dropout", {f32({2, 3}), scalar(0.5f)}, {}, {f32({2, 3}), boolean({2, 3})}},
      {"Cast", {f32({2, 3})}, {{"to", num(7)}}, {i64({2, 3})}},
      {"CastLike", {f32({2, 3}), i64({1})}, {}, {i64({2, 3})}},
      {"PRelu", {f32({2, 3, 4}), f32({3, 1})}, {}, {f32({2, 3, 4})}},
      {"BitShift",
       {of(DataType::uint8, {3}), of(DataType::uint8, {1})},
       {{"direction", std::string("LEFT")}},
       {of(DataType::uint8, {3})}},
      {"Where", {boolean({2, 1}), f32({3}), f32({})}, {}, {f32({2, 3})}},
      // Broadcasting: scalars, empty axes, sizes that are not known yet.
      {"Add", {f32({2, 3}), f32({})}, {}, {f32({2, 3})}},
      {"Add", {f32({0, 3}), f32({1, 3})}, {}, {f32({0, 3})}},
      {"Add", {f32({-1, 3}), f32({1, 3})}, {}, {f32({-1, 3})}},
      {"Add", {f32({-1, 3}), f32({4, 1})}, {}, {f32({4, 3})}},
      {"Add", {unranked(), f32({4, 1})}, {}, {unranked()}},
      {"Pow", {f32({2}), i64({1})}, {}, {f32({2})}},
      {"Max", {i64({2, 1})}, {}, {i64({2, 1})}},
      {"Sum", {f32({2, 1}), f32({1, 3}), f32({4, 1, 1})}, {}, {f32({4, 2, 3})}},
      // Operators that keep the shape of input 0.
      {"BatchNormalization", {f32({2, 3, 4, 4}), f32({3}), f32({3}), f32({3}), f32({3})}, {}, {f32({2, 3, 4, 4})}},
      {"InstanceNormalization", {f32({2, 3, 4}), f32({3}), f32({3})}, {}, {f32({2, 3, 4})}},
      {"LRN", {f32({1, 5, 3, 3})}, {{"size", num(3)}}, {f32({1, 5, 3, 3})}},
      {"MeanVarianceNormalization", {f32({1, 5, 3, 3})}, {}, {f32({1, 5, 3, 3})}},
      {"CumSum", {f32({2, 3}), scalar(num(-1))}, {}, {f32({2, 3})}},
      {"ScatterElements", {f32({3, 3}), i64({2, 3}), f32({2, 3})}, {}, {f32({3, 3})}},
      {"ScatterND", {f32({4, 5, 6}), i64({2, 1}), f32({2, 5, 6})}, {}, {f32({4, 5, 6})}},
      {"Trilu", {f32({2, 3, 3}), scalar(num(1))}, {}, {f32({2, 3, 3})}},
      {"ReverseSequence", {f32({4, 2}), i64({2})}, {}, {f32({4, 2})}},
  };
  cases.insert(cases.end(), more.begin(), more.end());
  return cases;
}

}  // namespace dnntune::graph::testing
