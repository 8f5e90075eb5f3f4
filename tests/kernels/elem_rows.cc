// SPDX-License-Identifier: Apache-2.0
// Cases of element-wise operators, computed by hand.
#include "kernels/elem_case.h"

namespace dnntune::test {
namespace {

using graph::Op;

constexpr DataType kFloatTypes[] = {DataType::float32, DataType::float64, DataType::float16, DataType::bfloat16};

// What rounding of inputs and outputs to a type may cost.
double rounding(DataType type) {
  switch (type) {
    case DataType::float64: return 5e-8;  // the expected values have nine decimals, attributes are floats
    case DataType::float16: return 2e-3;
    case DataType::bfloat16: return 1.6e-2;
    default: return 1e-6;
  }
}

struct FloatRow {
  Op op;
  std::vector<double> x, y;
  NodeAttributes attributes = {};
  bool exact = false;
};

// In every floating type; the inputs are exact in all of them.
const std::vector<FloatRow>& float_rows() {
  static const std::vector<FloatRow> rows = {
      {Op::Abs, {-1.5, 0, 2, -kInf, kNan}, {1.5, 0, 2, kInf, kNan}, {}, true},
      {Op::Acos, {0.5, -0.25}, {1.047197551, 1.823476582}},
      {Op::Acosh, {1.5, 4}, {0.96242365, 2.063437069}},
      {Op::Asin, {0.5, -0.25}, {0.523598776, -0.252680255}},
      {Op::Asinh, {0.5, -0.25}, {0.481211825, -0.247466462}},
      {Op::Atan, {0.5, -0.25}, {0.463647609, -0.244978663}},
      {Op::Atanh, {0.5, -0.25}, {0.549306144, -0.255412812}},
      {Op::Ceil, {-1.5, 1.25, 2, -0.5}, {-1, 2, 2, 0}, {}, true},
      {Op::Cos, {0.5, -0.25}, {0.877582562, 0.968912422}},
      {Op::Cosh, {0.5, -0.25}, {1.127625965, 1.0314131}},
      {Op::Erf, {0.5, -0.25}, {0.520499878, -0.27632639}},
      {Op::Exp, {0.5, -0.25, -kInf}, {1.648721271, 0.778800783, 0}},
      {Op::Floor, {-1.5, 1.25, 2, -0.5}, {-2, 1, 2, -1}, {}, true},
      {Op::Log, {0.5, 10, 1, 0, -1}, {-0.693147181, 2.302585093, 0, -kInf, kNan}},
      {Op::Neg, {-1.5, 0, 2, kInf}, {1.5, 0, -2, -kInf}, {}, true},
      {Op::Reciprocal, {2, -0.25, 0}, {0.5, -4, kInf}, {}, true},
      {Op::Round, {0.5, 1.5, 2.5, -0.5, -1.5, 0.875, -2.25}, {0, 2, 2, 0, -2, 1, -2}, {}, true},
      {Op::Sign, {-1.5, 0, 2, kInf, kNan}, {-1, 0, 1, 1, kNan}, {}, true},
      {Op::Sin, {0.5, -0.25}, {0.479425539, -0.247403959}},
      {Op::Sinh, {0.5, -0.25}, {0.521095305, -0.252612317}},
      {Op::Sqrt, {4, 2.25, -1}, {2, 1.5, kNan}, {}, true},
      {Op::Tan, {0.5, -0.25}, {0.54630249, -0.255341921}},
      {Op::Tanh, {0.5, -0.25, kInf}, {0.462117157, -0.244918662, 1}},
      {Op::Relu, {-1.5, 0, 2, kNan, -kInf}, {0, 0, 2, kNan, 0}, {}, true},
      {Op::LeakyRelu, {-4, 3, kNan}, {-2, 3, kNan}, {{"alpha", 0.5f}}, true},
      {Op::LeakyRelu, {-100, 3}, {-1, 3}},
      {Op::Elu, {-1, 3, kNan}, {-1.264241118, 3, kNan}, {{"alpha", 2.0f}}},
      {Op::Elu, {-1, 0}, {-0.632120559, 0}},
      {Op::Selu, {-1, 2, kNan}, {-1.111330738, 2.101401975, kNan}},
      {Op::Selu, {-1, 2}, {-3.792723353, 6}, {{"alpha", 2.0f}, {"gamma", 3.0f}}},
      {Op::Celu, {-1, 3, kNan}, {-0.786938681, 3, kNan}, {{"alpha", 2.0f}}},
      {Op::Celu, {-1}, {-0.632120559}},
      {Op::Sigmoid, {2, -2, 0, -kInf, kInf, kNan}, {0.880797078, 0.119202922, 0.5, 0, 1, kNan}},
      {Op::HardSigmoid, {-1, 0, 4, -4, kNan}, {0.25, 0.5, 1, 0, kNan}, {{"alpha", 0.25f}, {"beta", 0.5f}}, true},
      {Op::HardSigmoid, {1, -5, 5}, {0.7, 0, 1}},
      {Op::Gelu, {-2, 0, 1, 3}, {-0.045500264, 0, 0.841344746, 2.995950306}},
      {Op::Gelu, {-2, 0, 1, 3}, {-0.045402306, 0, 0.841191991, 2.996362607}, {{"approximate", std::string("tanh")}}},
      {Op::Mish, {-2, 0, 1, 3}, {-0.252501483, 0, 0.865098388, 2.986535005}},
      {Op::Swish, {-2, 0, 1, 3}, {-0.238405844, 0, 0.731058579, 2.857722380}},
      {Op::Swish, {-2, 0, 1}, {-0.035972420, 0, 0.880797078}, {{"alpha", 2.0f}}},
      {Op::HardSwish, {-4, 4, 0, 3, -1.5}, {0, 4, 0, 3, -0.375}, {}, true},
      {Op::Softplus, {1, -1, 200}, {1.313261688, 0.313261688, 200}},
      {Op::Softsign, {1, -3, 0}, {0.5, -0.75, 0}, {}, true},
      {Op::ThresholdedRelu, {1, 1.5, -2, kNan}, {0, 1.5, 0, kNan}, {}, true},
      {Op::ThresholdedRelu, {1.5, 2, 2.5}, {0, 0, 2.5}, {{"alpha", 2.0f}}, true},
      {Op::Shrink, {-2, -1.5, 0, 1, 2, kNan}, {-0.5, 0, 0, 0, 0.5, kNan}, {{"lambd", 1.5f}, {"bias", 1.5f}}, true},
      {Op::Shrink, {-1, 0.5, 1}, {-1, 0, 1}, {}, true},
      {Op::Identity, {1, kNan, -kInf}, {1, kNan, -kInf}, {}, true},
      {Op::Dropout, {1, 2, 3}, {1, 2, 3}, {}, true},
      {Op::Clip, {1, kNan, -kInf}, {1, kNan, -kInf}, {}, true},
  };
  return rows;
}

void add_unary(std::vector<Case>& cases) {
  for (const FloatRow& row : float_rows())
    for (const DataType type : kFloatTypes) {
      const Shape shape{static_cast<std::int64_t>(row.x.size())};
      cases.push_back({to_string(type), row.op, row.attributes, {make(type, shape, row.x)}, {make(type, shape, row.y)},
                       row.exact ? 0.0 : rounding(type)});
    }

  const auto whole = [&](Op op, DataType type, std::vector<double> x, std::vector<double> y, NodeAttributes attributes = {}) {
    const Shape shape{static_cast<std::int64_t>(x.size())};
    cases.push_back({to_string(type), op, std::move(attributes), {make(type, shape, x)}, {make(type, shape, y)}});
  };
  whole(Op::Abs, DataType::int8, {-128, -3, 0, 127}, {-128, 3, 0, 127});  // -128 has no positive: it wraps, as in numpy
  whole(Op::Abs, DataType::uint8, {0, 255}, {0, 255});
  whole(Op::Abs, DataType::int64, {-5e15, 7}, {5e15, 7});
  whole(Op::Neg, DataType::int32, {-2147483648.0, 5, 0}, {-2147483648.0, -5, 0});
  whole(Op::Neg, DataType::int8, {-128, 1}, {-128, -1});
  whole(Op::Sign, DataType::int16, {-300, 0, 300}, {-1, 0, 1});
  whole(Op::Sign, DataType::uint64, {0, 9}, {0, 1});
  whole(Op::Relu, DataType::int32, {-7, 0, 7}, {0, 0, 7});
  whole(Op::Shrink, DataType::int32, {-3, -1, 1, 3}, {-2, 0, 0, 2}, {{"lambd", 1.5f}, {"bias", 1.0f}});
  whole(Op::Erf, DataType::int32, {-3, 0, 30}, {0, 0, 1});
  whole(Op::Identity, DataType::int16, {-3, 300}, {-3, 300});

  cases.push_back({"", Op::Not, {}, {booleans({2}, {1, 0})}, {booleans({2}, {0, 1})}});
  for (const DataType type : kFloatTypes) {
    const Tensor x = make(type, {4}, {kNan, kInf, -kInf, 0});
    cases.push_back({to_string(type), Op::IsNaN, {}, {x}, {booleans({4}, {1, 0, 0, 0})}});
    cases.push_back({to_string(type), Op::IsInf, {}, {x}, {booleans({4}, {0, 1, 1, 0})}});
    cases.push_back({"not negative", Op::IsInf, {{"detect_negative", std::int64_t{0}}}, {x}, {booleans({4}, {0, 1, 0, 0})}});
    cases.push_back({"not positive", Op::IsInf, {{"detect_positive", std::int64_t{0}}}, {x}, {booleans({4}, {0, 0, 1, 0})}});
  }
  cases.push_back({"scalar", Op::Sqrt, {}, {f32({}, {9})}, {f32({}, {3})}});
  cases.push_back({"no elements", Op::Exp, {}, {f32({2, 0}, {})}, {f32({2, 0}, {})}});

  const Tensor x = f32({3}, {1, 2, 3});
  const Tensor all = booleans({3}, {1, 1, 1});
  cases.push_back({"mask", Op::Dropout, {}, {x, f32({}, {0.5})}, {x, all}});
  cases.push_back({"training without dropping", Op::Dropout, {}, {x, f32({}, {0}), booleans({}, {1})}, {x, all}});
  cases.push_back({"not training", Op::Dropout, {}, {x, Tensor(), booleans({}, {0})}, {x}});
}

void add_clip_and_where(std::vector<Case>& cases) {
  for (const DataType type : kFloatTypes) {
    const Tensor x = make(type, {6}, {-kInf, -2, 0.5, 3, kInf, kNan});
    const Tensor low = make(type, {}, {-1}), high = make(type, {}, {2});
    cases.push_back({"both", Op::Clip, {}, {x, low, high}, {make(type, {6}, {-1, -1, 0.5, 2, 2, kNan})}});
    cases.push_back({"lower", Op::Clip, {}, {x, low}, {make(type, {6}, {-1, -1, 0.5, 3, kInf, kNan})}});
    cases.push_back({"upper", Op::Clip, {}, {x, Tensor(), high}, {make(type, {6}, {-kInf, -2, 0.5, 2, 2, kNan})}});
    cases.push_back({"crossed bounds give the upper", Op::Clip, {}, {x, high, low}, {make(type, {6}, {-1, -1, -1, -1, -1, kNan})}});
  }
  cases.push_back({"int8", Op::Clip, {}, {make(DataType::int8, {3}, {-128, 0, 127}), make(DataType::int8, {}, {-5}), make(DataType::int8, {}, {5})},
                   {make(DataType::int8, {3}, {-5, 0, 5})}});
  cases.push_back({"uint64", Op::Clip, {}, {make(DataType::uint64, {2}, {1, 9e15}), make(DataType::uint64, {1}, {2})}, {make(DataType::uint64, {2}, {2, 9e15})}});

  for (const DataType type : {DataType::float32, DataType::float64, DataType::int64, DataType::uint8, DataType::float16, DataType::boolean}) {
    cases.push_back({to_string(type), Op::Where, {}, {booleans({2, 1}, {1, 0}), make(type, {3}, {1, 0, 1}), make(type, {}, {0})},
                     {make(type, {2, 3}, {1, 0, 1, 0, 0, 0})}});
  }
  cases.push_back({"any byte but 0 is true", Op::Where, {}, {make(DataType::uint8, {2}, {7, 0}), f32({}, {1}), f32({}, {2})}, {f32({2}, {1, 2})}});
  cases.back().inputs[0] = Tensor::borrow(DataType::boolean, {2}, cases.back().inputs[0].data(), std::make_shared<Tensor>(cases.back().inputs[0]));
}

void add_binary(std::vector<Case>& cases) {
  const auto add = [&](Op op, DataType type, std::vector<double> a, std::vector<double> b, std::vector<double> y,
                       NodeAttributes attributes = {}, DataType result = DataType::undefined) {
    const Shape shape{static_cast<std::int64_t>(a.size())};
    cases.push_back({to_string(type), op, std::move(attributes), {make(type, shape, a), make(type, shape, b)},
                     {make(result == DataType::undefined ? type : result, shape, y)}});
  };
  for (const DataType type : kFloatTypes) {
    add(Op::Add, type, {1, 2.5, kInf}, {2, -3, -kInf}, {3, -0.5, kNan});
    add(Op::Sub, type, {1, 2.5}, {2, -3}, {-1, 5.5});
    add(Op::Mul, type, {3, -2.5}, {2, 4}, {6, -10});
    add(Op::Div, type, {1, -3, 1, 0}, {4, 2, 0, 0}, {0.25, -1.5, kInf, kNan});
    add(Op::Pow, type, {2, 4, 0, -2}, {3, 0.5, 0, 2}, {8, 2, 1, 4});
    add(Op::Mod, type, {5.5, -5.5, 5.5, -5.5}, {2, 2, -2, -2}, {1.5, -1.5, 1.5, -1.5}, {{"fmod", std::int64_t{1}}});
    add(Op::PRelu, type, {-2, 3, kNan}, {0.5, 0.5, 0.5}, {-1, 3, kNan});
    const std::vector<double> a{1, 2, 3, kNan}, b{2, 2, 2, 2};
    add(Op::Equal, type, a, b, {0, 1, 0, 0}, {}, DataType::boolean);
    add(Op::Greater, type, a, b, {0, 0, 1, 0}, {}, DataType::boolean);
    add(Op::GreaterOrEqual, type, a, b, {0, 1, 1, 0}, {}, DataType::boolean);
    add(Op::Less, type, a, b, {1, 0, 0, 0}, {}, DataType::boolean);
    add(Op::LessOrEqual, type, a, b, {1, 1, 0, 0}, {}, DataType::boolean);
  }
  // Integers wrap; division truncates; nothing traps.
  add(Op::Add, DataType::uint8, {250, 1}, {10, 2}, {4, 3});
  add(Op::Add, DataType::int32, {2147483647.0}, {1}, {-2147483648.0});
  add(Op::Sub, DataType::uint16, {1}, {2}, {65535});
  add(Op::Mul, DataType::uint16, {65535, 300}, {65535, 300}, {1, 24464});
  add(Op::Mul, DataType::int64, {3e9}, {-3e9}, {-9e18});
  add(Op::Div, DataType::int32, {7, -7, 7, -7, 5, -2147483648.0}, {2, 2, -2, -2, 0, -1}, {3, -3, -3, 3, 0, -2147483648.0});
  add(Op::Div, DataType::int64, {-9223372036854775808.0, 1}, {-1, 0}, {-9223372036854775808.0, 0});
  add(Op::Div, DataType::int8, {-128}, {-1}, {-128});
  add(Op::Div, DataType::uint8, {200, 7, 1}, {3, 8, 0}, {66, 0, 0});
  add(Op::Mod, DataType::int32, {-4, 7, 5, 4, -7, 8, 3, -2147483648.0}, {2, -3, 8, -2, 3, 5, 0, -1}, {0, -2, 5, 0, 2, 3, 0, 0});
  add(Op::Mod, DataType::int64, {-4, 7, 5, 4, -7, 8, 3}, {2, -3, 8, -2, 3, 5, 0}, {0, 1, 5, 0, -1, 3, 0}, {{"fmod", std::int64_t{1}}});
  add(Op::Mod, DataType::uint8, {10, 3, 7}, {4, 4, 0}, {2, 3, 0});
  add(Op::BitShift, DataType::uint8, {16, 4, 1, 255}, {1, 2, 3, 8}, {8, 1, 0, 0}, {{"direction", std::string("RIGHT")}});
  add(Op::BitShift, DataType::uint8, {16, 4, 1, 255}, {1, 2, 3, 8}, {32, 16, 8, 0}, {{"direction", std::string("LEFT")}});
  add(Op::BitShift, DataType::uint64, {1, 1}, {40, 64}, {1099511627776.0, 0}, {{"direction", std::string("LEFT")}});
  add(Op::PRelu, DataType::int32, {-2, 3}, {4, 4}, {-8, 3});
  add(Op::Equal, DataType::boolean, {0, 1, 1}, {0, 0, 1}, {1, 0, 1});
  add(Op::Equal, DataType::int64, {9007199254740992.0}, {9007199254740992.0}, {1}, {}, DataType::boolean);
  add(Op::Less, DataType::uint8, {200}, {100}, {0}, {}, DataType::boolean);
  add(Op::Greater, DataType::int8, {-1}, {1}, {0}, {}, DataType::boolean);
  add(Op::And, DataType::boolean, {0, 0, 1, 1}, {0, 1, 0, 1}, {0, 0, 0, 1});
  add(Op::Or, DataType::boolean, {0, 0, 1, 1}, {0, 1, 0, 1}, {0, 1, 1, 1});
  add(Op::Xor, DataType::boolean, {0, 0, 1, 1}, {0, 1, 0, 1}, {0, 1, 1, 0});

  // Pow: the exponent has its own type.
  const auto pow = [&](DataType base, DataType exponent, std::vector<double> a, std::vector<double> b, std::vector<double> y) {
    const Shape shape{static_cast<std::int64_t>(a.size())};
    cases.push_back({std::string(to_string(base)) + " to " + to_string(exponent), Op::Pow, {}, {make(base, shape, a), make(exponent, shape, b)},
                     {make(base, shape, y)}});
  };
  pow(DataType::int64, DataType::int64, {3, -2, 10, 2, 1, -1, -1, 0}, {4, 3, 15, -1, -5, -3, -4, 0}, {81, -8, 1e15, 0, 1, -1, 1, 1});
  pow(DataType::int32, DataType::uint8, {2, 2}, {31, 32}, {-2147483648.0, 0});
  pow(DataType::int32, DataType::float32, {4, 9, 2}, {0.5, 2, -1}, {2, 81, 0});
  pow(DataType::int32, DataType::float64, {10}, {100}, {2147483647.0});
  pow(DataType::float32, DataType::int64, {1.5, 2, -2}, {2, -1, 3}, {2.25, 0.5, -8});
  pow(DataType::float32, DataType::uint64, {2}, {10}, {1024});
  pow(DataType::float16, DataType::int32, {3}, {2}, {9});
  pow(DataType::float64, DataType::float32, {9}, {0.5}, {3});

  cases.push_back({"slope per channel", Op::PRelu, {}, {f32({1, 2, 2}, {-1, 1, -2, -3}), f32({2, 1}, {0.5, 2})}, {f32({1, 2, 2}, {-0.5, 1, -4, -6})}});
  cases.push_back({"scalars", Op::Add, {}, {f32({}, {1}), f32({}, {2})}, {f32({}, {3})}});
  cases.push_back({"an empty dimension", Op::Add, {}, {f32({0, 3}, {}), f32({1, 3}, {1, 2, 3})}, {f32({0, 3}, {})}});
}

void add_variadic(std::vector<Case>& cases) {
  for (const DataType type : kFloatTypes) {
    const Tensor a = make(type, {3}, {1, 5, kNan}), b = make(type, {1}, {2}), c = make(type, {2, 1}, {0, 6});
    cases.push_back({"broadcast", Op::Max, {}, {a, b, c}, {make(type, {2, 3}, {2, 5, kNan, 6, 6, kNan})}});
    cases.push_back({"broadcast", Op::Min, {}, {a, b, c}, {make(type, {2, 3}, {0, 0, kNan, 1, 2, kNan})}});
    cases.push_back({"broadcast", Op::Sum, {}, {a, b, c}, {make(type, {2, 3}, {3, 7, kNan, 9, 13, kNan})}});
    cases.push_back({"broadcast", Op::Mean, {}, {a, b, c}, {make(type, {2, 3}, {1, 7.0 / 3, kNan, 3, 13.0 / 3, kNan})}, rounding(type)});
    cases.push_back({"NaN second", Op::Max, {}, {b, a}, {make(type, {3}, {2, 5, kNan})}});
    cases.push_back({"NaN second", Op::Min, {}, {b, a}, {make(type, {3}, {1, 2, kNan})}});
    cases.push_back({"one", Op::Mean, {}, {a}, {a}});
    cases.push_back({"one", Op::Sum, {}, {a}, {a}});
  }
  for (const DataType type : {DataType::int8, DataType::int16, DataType::int32, DataType::int64, DataType::uint8, DataType::uint16,
                              DataType::uint32, DataType::uint64}) {
    const Tensor a = make(type, {3}, {3, 2, 1}), b = make(type, {3}, {1, 4, 4});
    cases.push_back({to_string(type), Op::Max, {}, {a, b}, {make(type, {3}, {3, 4, 4})}});
    cases.push_back({to_string(type), Op::Min, {}, {a, b}, {make(type, {3}, {1, 2, 1})}});
  }
  // Half types round once, at the end: 2048 + 1 + 1 is 2050 in float16, though 2048 + 1 is 2048.
  cases.push_back({"rounds once", Op::Sum, {}, {make(DataType::float16, {1}, {2048}), make(DataType::float16, {1}, {1}), make(DataType::float16, {1}, {1})},
                   {make(DataType::float16, {1}, {2050})}});
}

void add_cast(std::vector<Case>& cases) {
  const auto add = [&](const char* label, DataType from, DataType to, std::vector<double> x, std::vector<double> y) {
    const Shape shape{static_cast<std::int64_t>(x.size())};
    cases.push_back({std::string(to_string(from)) + " to " + to_string(to) + " " + label, Op::Cast, {{"to", static_cast<std::int64_t>(to)}},
                     {make(from, shape, x)}, {make(to, shape, y)}});
  };
  constexpr DataType kAll[] = {DataType::float32, DataType::float64, DataType::float16, DataType::bfloat16, DataType::int8,
                               DataType::int16,   DataType::int32,   DataType::int64,   DataType::uint8,    DataType::uint16,
                               DataType::uint32,  DataType::uint64,  DataType::boolean};
  for (const DataType from : kAll)
    for (const DataType to : kAll) {
      const bool boolean = from == DataType::boolean || to == DataType::boolean;
      add("", from, to, {0, 1, 100}, boolean ? std::vector<double>{0, 1, 1} : std::vector<double>{0, 1, 100});
    }
  for (const DataType from : kFloatTypes) {
    add("truncates", from, DataType::int32, {1.75, -1.75, -0.5}, {1, -1, 0});
    add("saturates", from, DataType::int8, {1000, -1000, kInf, -kInf, kNan}, {127, -128, 127, -128, 0});
    add("saturates", from, DataType::uint8, {1000, -1, kInf, -kInf, kNan}, {255, 0, 255, 0, 0});
    add("saturates", from, DataType::int64, {kInf, -kInf, kNan}, {9223372036854775807.0, -9223372036854775808.0, 0});
    add("is true unless 0", from, DataType::boolean, {0, -0.0, 0.25, kNan, kInf}, {0, 0, 1, 1, 1});
    add("keeps", from, DataType::float64, {kInf, -kInf, kNan, 0.25}, {kInf, -kInf, kNan, 0.25});
  }
  add("saturates", DataType::float64, DataType::int64, {1e300, -1e300, 4e18}, {9223372036854775807.0, -9223372036854775808.0, 4e18});
  add("saturates", DataType::float64, DataType::uint64, {1e300, -1e300, 1e19}, {18446744073709551615.0, 0, 1e19});
  add("saturates", DataType::float32, DataType::int32, {3e9, -3e9}, {2147483647.0, -2147483648.0});
  add("wraps", DataType::int32, DataType::uint8, {257, -1}, {1, 255});
  add("wraps", DataType::int64, DataType::int32, {4294967297.0}, {1});
  add("wraps", DataType::uint8, DataType::int8, {200}, {-56});
  add("overflows", DataType::float32, DataType::float16, {65520, 65519}, {kInf, 65504});
  add("ties to even", DataType::float32, DataType::float16, {2049, 2051}, {2048, 2052});
  add("ties to even", DataType::float32, DataType::bfloat16, {257, 259}, {256, 260});
  // 2049 + 2^-40 is above the tie, but rounding to float first would make it the tie.
  add("rounds once", DataType::float64, DataType::float16, {2049 + 0x1p-40, 2051 - 0x1p-40, -2049 - 0x1p-40}, {2050, 2050, -2050});
  add("rounds once", DataType::int32, DataType::bfloat16, {16842753, 16842752}, {16908288, 16777216});
  cases.push_back({"", Op::CastLike, {}, {f32({2}, {1.5, -2}), make(DataType::int16, {1}, {0})}, {make(DataType::int16, {2}, {1, -2})}});
}

}  // namespace

std::vector<Case> elementwise_cases() {
  std::vector<Case> cases;
  add_unary(cases);
  add_clip_and_where(cases);
  add_binary(cases);
  add_variadic(cases);
  add_cast(cases);
  return cases;
}

}  // namespace dnntune::test
