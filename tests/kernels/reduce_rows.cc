// SPDX-License-Identifier: Apache-2.0
// Cases of reductions, ArgMax, CumSum and TopK, computed by hand.
#include "kernels/elem_case.h"

namespace dnntune::test {
namespace {

using graph::Op;

constexpr std::int64_t kNo = 0, kYes = 1;

void add_reductions(std::vector<Case>& cases) {
  struct Row {
    Op op;
    std::vector<double> y;  // of [[1, -2, 3], [4, 5, -6]] over the columns
    std::vector<double> of_whole_numbers;
  };
  const Row rows[] = {
      {Op::ReduceSum, {2, 3}, {2, 3}},
      {Op::ReduceMean, {2.0 / 3, 1}, {0, 1}},
      {Op::ReduceMax, {3, 5}, {3, 5}},
      {Op::ReduceMin, {-2, -6}, {-2, -6}},
      {Op::ReduceProd, {-6, -120}, {-6, -120}},
      {Op::ReduceL1, {6, 15}, {6, 15}},
      {Op::ReduceL2, {3.741657387, 8.774964387}, {3, 8}},
      {Op::ReduceLogSum, {0.693147181, 1.098612289}, {0, 1}},
      {Op::ReduceLogSumExp, {3.132845234, 5.313273897}, {3, 5}},
      {Op::ReduceSumSquare, {14, 77}, {14, 77}},
  };
  const std::vector<double> x{1, -2, 3, 4, 5, -6};
  const Tensor axis = i64({1}, {1});
  for (const Row& row : rows) {
    for (const DataType type : {DataType::float32, DataType::float64, DataType::float16, DataType::bfloat16}) {
      const double tolerance = type == DataType::float64 ? 1e-8 : type == DataType::float32 ? 1e-6 : type == DataType::float16 ? 1e-3 : 8e-3;
      cases.push_back({to_string(type), row.op, {}, {make(type, {2, 3}, x), axis}, {make(type, {2, 1}, row.y)}, tolerance});
    }
    for (const DataType type : {DataType::int8, DataType::int16, DataType::int32, DataType::int64})
      cases.push_back({to_string(type), row.op, {}, {make(type, {2, 3}, x), axis}, {make(type, {2, 1}, row.of_whole_numbers)}});
    for (const DataType type : {DataType::uint8, DataType::uint16, DataType::uint32, DataType::uint64})
      cases.push_back({to_string(type), row.op, {{"keepdims", kNo}}, {make(type, {1}, {1})}, {make(type, {}, {row.op == Op::ReduceLogSum ? 0.0 : 1.0})}});
    cases.push_back({"a scalar", row.op, {}, {f32({}, {1})}, {f32({}, {row.op == Op::ReduceLogSum ? 0.0 : 1.0})}});
    cases.push_back({"attribute axes", row.op, {{"axes", std::vector<std::int64_t>{-1}}, {"keepdims", kNo}},
                     {make(DataType::float64, {2, 3}, x)}, {make(DataType::float64, {2}, row.y)}, 1e-8});
    cases.push_back({"no results", row.op, {}, {f32({0, 3}, {}), axis}, {f32({0, 1}, {})}});
  }

  const Tensor cube = iota(DataType::float32, {2, 3, 2});
  cases.push_back({"all", Op::ReduceSum, {}, {cube}, {f32({1, 1, 1}, {66})}});
  cases.push_back({"all, empty axes", Op::ReduceSum, {{"keepdims", kNo}}, {cube, i64({0}, {})}, {f32({}, {66})}});
  cases.push_back({"none", Op::ReduceSum, {{"noop_with_empty_axes", kYes}}, {cube, i64({0}, {})}, {cube}});
  cases.push_back({"none, no axes", Op::ReduceSum, {{"noop_with_empty_axes", kYes}}, {cube}, {cube}});
  cases.push_back({"outer", Op::ReduceSum, {}, {cube, i64({1}, {0})}, {f32({1, 3, 2}, {6, 8, 10, 12, 14, 16})}});
  cases.push_back({"middle", Op::ReduceSum, {{"keepdims", kNo}}, {cube, i64({1}, {-2})}, {f32({2, 2}, {6, 9, 24, 27})}});
  cases.push_back({"outer and inner", Op::ReduceSum, {{"keepdims", kNo}}, {cube, i64({2}, {-1, 0})}, {f32({3}, {14, 22, 30})}});
  cases.push_back({"int32 axes", Op::ReduceMax, {}, {cube, i32({1}, {2})}, {f32({2, 3, 1}, {1, 3, 5, 7, 9, 11})}});

  // Over no elements.
  const auto nothing = [&](Op op, DataType type, double y) {
    cases.push_back({"of nothing", op, {{"keepdims", kNo}}, {make(type, {2, 0}, {}), i64({1}, {1})}, {make(type, {2}, {y, y})}});
  };
  nothing(Op::ReduceSum, DataType::float32, 0);
  nothing(Op::ReduceProd, DataType::float32, 1);
  nothing(Op::ReduceMean, DataType::float32, kNan);
  nothing(Op::ReduceMean, DataType::int32, 0);
  nothing(Op::ReduceMax, DataType::float32, -kInf);
  nothing(Op::ReduceMin, DataType::float32, kInf);
  nothing(Op::ReduceMax, DataType::int8, -128);
  nothing(Op::ReduceMin, DataType::uint8, 255);
  nothing(Op::ReduceLogSum, DataType::float32, -kInf);
  nothing(Op::ReduceLogSumExp, DataType::float32, -kInf);

  const auto special = [&](const char* label, Op op, DataType type, std::vector<double> x_values, double y) {
    const Shape shape{static_cast<std::int64_t>(x_values.size())};
    cases.push_back({label, op, {}, {make(type, shape, x_values)}, {make(type, {1}, {y})}, 1e-6});
  };
  special("NaN first", Op::ReduceMax, DataType::float32, {kNan, 1}, kNan);
  special("NaN last", Op::ReduceMin, DataType::float32, {1, kNan}, kNan);
  special("does not overflow", Op::ReduceLogSumExp, DataType::float32, {1000, 1000}, 1000.693147181);
  special("does not underflow", Op::ReduceLogSumExp, DataType::float32, {-1000, -1000}, -999.306852819);
  special("infinite", Op::ReduceLogSumExp, DataType::float32, {-kInf, 3, kInf}, kInf);
  special("minus infinity", Op::ReduceLogSumExp, DataType::float32, {-kInf, -kInf}, -kInf);
  special("NaN", Op::ReduceLogSumExp, DataType::float32, {1, kNan, 2}, kNan);
  special("wraps", Op::ReduceSum, DataType::int8, {127, 1}, -128);
  special("sums in 64 bits before it wraps", Op::ReduceMean, DataType::int8, {127, 127, 127}, 127);
  special("truncates", Op::ReduceMean, DataType::int32, {-3, -4}, -3);
  special("exact beyond 2^53", Op::ReduceMax, DataType::int64, {9007199254740993.0, 1}, 9007199254740993.0);
  special("of the least value", Op::ReduceL1, DataType::int8, {-128, 1}, -127);  // 129 wraps
  special("in double", Op::ReduceSum, DataType::float32, {1e8, 1, -1e8}, 1);
}

void add_arg_reduce(std::vector<Case>& cases) {
  const std::vector<double> x{2, 7, 7, 1, 1, 5};  // [2, 3]
  for (const DataType type : {DataType::float32, DataType::float64, DataType::float16, DataType::bfloat16, DataType::int8, DataType::int16,
                              DataType::int32, DataType::int64, DataType::uint8, DataType::uint16, DataType::uint32, DataType::uint64}) {
    const Tensor t = make(type, {2, 3}, x);
    cases.push_back({to_string(type), Op::ArgMax, {{"axis", std::int64_t{1}}}, {t}, {i64({2, 1}, {1, 2})}});
    cases.push_back({to_string(type), Op::ArgMin, {{"axis", std::int64_t{-1}}, {"keepdims", kNo}}, {t}, {i64({2}, {0, 0})}});
    cases.push_back({"last", Op::ArgMax, {{"axis", std::int64_t{1}}, {"select_last_index", kYes}}, {t}, {i64({2, 1}, {2, 2})}});
    cases.push_back({"last", Op::ArgMin, {{"axis", std::int64_t{1}}, {"select_last_index", kYes}}, {t}, {i64({2, 1}, {0, 1})}});
  }
  const Tensor t = f32({2, 3}, x);
  cases.push_back({"outer by default", Op::ArgMax, {}, {t}, {i64({1, 3}, {0, 0, 0})}});
  cases.push_back({"outer", Op::ArgMin, {{"keepdims", kNo}}, {t}, {i64({3}, {1, 1, 1})}});
  cases.push_back({"NaN", Op::ArgMax, {}, {f32({4}, {1, kNan, 5, kNan})}, {i64({1}, {1})}});
  cases.push_back({"NaN", Op::ArgMin, {}, {f32({4}, {1, kNan, 0, kNan})}, {i64({1}, {1})}});
  cases.push_back({"last NaN", Op::ArgMax, {{"select_last_index", kYes}}, {f32({4}, {1, kNan, 5, kNan})}, {i64({1}, {3})}});
  cases.push_back({"negative zero is zero", Op::ArgMax, {}, {f32({2}, {-0.0, 0.0})}, {i64({1}, {0})}});
  cases.push_back({"no lanes", Op::ArgMax, {{"axis", std::int64_t{1}}}, {f32({0, 3}, {})}, {i64({0, 1}, {})}});
}

void add_cumsum(std::vector<Case>& cases) {
  for (const DataType type : {DataType::float32, DataType::float64, DataType::float16, DataType::bfloat16, DataType::int32, DataType::int64,
                              DataType::uint32, DataType::uint64}) {
    const Tensor x = make(type, {4}, {1, 2, 3, 4}), axis = i64({}, {0});
    cases.push_back({to_string(type), Op::CumSum, {}, {x, axis}, {make(type, {4}, {1, 3, 6, 10})}});
    cases.push_back({"exclusive", Op::CumSum, {{"exclusive", kYes}}, {x, axis}, {make(type, {4}, {0, 1, 3, 6})}});
    cases.push_back({"reverse", Op::CumSum, {{"reverse", kYes}}, {x, axis}, {make(type, {4}, {10, 9, 7, 4})}});
    cases.push_back({"both", Op::CumSum, {{"exclusive", kYes}, {"reverse", kYes}}, {x, axis}, {make(type, {4}, {9, 7, 4, 0})}});
  }
  const Tensor x = f32({2, 3}, {1, 2, 3, 4, 5, 6});
  cases.push_back({"outer", Op::CumSum, {}, {x, i32({}, {0})}, {f32({2, 3}, {1, 2, 3, 5, 7, 9})}});
  cases.push_back({"inner", Op::CumSum, {}, {x, i64({1}, {-1})}, {f32({2, 3}, {1, 3, 6, 4, 9, 15})}});
  cases.push_back({"wraps", Op::CumSum, {}, {i32({2}, {2147483647.0, 1}), i64({}, {0})}, {i32({2}, {2147483647.0, -2147483648.0})}});
  cases.push_back({"nothing", Op::CumSum, {}, {f32({0}, {}), i64({}, {0})}, {f32({0}, {})}});
}

void add_top_k(std::vector<Case>& cases) {
  const std::vector<double> x{3, 9, 1, 9, 5, 1};  // [2, 3] or [3, 2]
  for (const DataType type : {DataType::float32, DataType::float64, DataType::float16, DataType::bfloat16, DataType::int8, DataType::int16,
                              DataType::int32, DataType::int64, DataType::uint8, DataType::uint16, DataType::uint32, DataType::uint64}) {
    cases.push_back({to_string(type), Op::TopK, {}, {make(type, {2, 3}, x), i64({1}, {2})},
                     {make(type, {2, 2}, {9, 3, 9, 5}), i64({2, 2}, {1, 0, 0, 1})}});
    cases.push_back({"smallest", Op::TopK, {{"largest", kNo}}, {make(type, {2, 3}, x), i64({1}, {2})},
                     {make(type, {2, 2}, {1, 3, 1, 5}), i64({2, 2}, {2, 0, 2, 1})}});
  }
  const Tensor k = i64({1}, {3});
  cases.push_back({"ties by index", Op::TopK, {}, {f32({5}, {2, 7, 7, 2, 7}), i64({1}, {4})}, {f32({4}, {7, 7, 7, 2}), i64({4}, {1, 2, 4, 0})}});
  cases.push_back({"ties by index, smallest", Op::TopK, {{"largest", kNo}}, {f32({4}, {2, 1, 1, 1}), k}, {f32({3}, {1, 1, 1}), i64({3}, {1, 2, 3})}});
  cases.push_back({"NaN is largest", Op::TopK, {}, {f32({4}, {2, kNan, kInf, kNan}), k}, {f32({3}, {kNan, kNan, kInf}), i64({3}, {1, 3, 2})}});
  cases.push_back({"NaN is not smallest", Op::TopK, {{"largest", kNo}}, {f32({3}, {2, kNan, 1}), k}, {f32({3}, {1, 2, kNan}), i64({3}, {2, 0, 1})}});
  cases.push_back({"outer", Op::TopK, {{"axis", std::int64_t{0}}}, {f32({3, 2}, x), i64({1}, {1})}, {f32({1, 2}, {5, 9}), i64({1, 2}, {2, 0})}});
  cases.push_back({"unsorted asks for no order", Op::TopK, {{"sorted", kNo}}, {f32({3}, {1, 3, 2}), k}, {f32({3}, {3, 2, 1}), i64({3}, {1, 2, 0})}});
  cases.push_back({"values only", Op::TopK, {}, {f32({3}, {1, 3, 2}), i64({1}, {1})}, {f32({1}, {3}), Tensor()}});
  cases.push_back({"indices only", Op::TopK, {}, {f32({3}, {1, 3, 2}), i64({1}, {1})}, {Tensor(), i64({1}, {1})}});
  cases.push_back({"none", Op::TopK, {}, {f32({3}, {1, 3, 2}), i64({1}, {0})}, {f32({0}, {}), i64({0}, {})}});
}

}  // namespace

std::vector<Case> reduction_cases() {
  std::vector<Case> cases;
  add_reductions(cases);
  add_arg_reduce(cases);
  add_cumsum(cases);
  add_top_k(cases);
  return cases;
}

}  // namespace dnntune::test
