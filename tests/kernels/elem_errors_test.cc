// SPDX-License-Identifier: Apache-2.0
// What these layers refuse, when, and in which words.
#include <string>

#include <doctest/doctest.h>

#include "dnntune/error.h"
#include "kernels/elem_case.h"

using namespace dnntune;
using namespace dnntune::test;
using graph::Op;

namespace {

void refuses(ErrorCode code, const std::string& words, const Case& c) {
  INFO(c.label);
  try {
    run(c);
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    const std::string message = error.what();
    INFO(message);
    CHECK(error.code() == code);
    CHECK(message.find(words) != std::string::npos);
    CHECK(message.find("'n'") != std::string::npos);  // the layer's name
  }
}

Tensor int_tensor(const std::vector<std::int64_t>& values) {
  return Tensor::from<std::int64_t>({static_cast<std::int64_t>(values.size())}, values);
}

}  // namespace

TEST_CASE("an index outside the data is refused at run time") {
  const Tensor x = f32({3, 2}, {1, 2, 3, 4, 5, 6});
  const ErrorCode code = ErrorCode::invalid_argument;
  refuses(code, "index 3", {"Gather", Op::Gather, {}, {x, int_tensor({0, 3})}, {blank(DataType::float32, {2, 2})}});
  refuses(code, "index -4", {"Gather", Op::Gather, {}, {x, i32({1}, {-4})}, {blank(DataType::float32, {1, 2})}});
  refuses(code, "index 2", {"GatherElements", Op::GatherElements, {{"axis", std::int64_t{1}}}, {x, i64({1, 2}, {0, 2})}, {blank(DataType::float32, {1, 2})}});
  refuses(code, "index -3", {"GatherND", Op::GatherND, {}, {x, i64({1, 2}, {0, -3})}, {blank(DataType::float32, {1})}});
  refuses(code, "index 9", {"ScatterElements", Op::ScatterElements, {}, {x, i64({1, 1}, {9}), f32({1, 1}, {0})}, {x}});
  refuses(code, "index 3", {"ScatterND", Op::ScatterND, {}, {x, i64({1, 1}, {3}), f32({1, 2}, {0, 0})}, {x}});
  refuses(code, "length 4", {"ReverseSequence", Op::ReverseSequence, {}, {x, int_tensor({1, 4})}, {x}});
  refuses(code, "length -1", {"ReverseSequence", Op::ReverseSequence, {}, {x, int_tensor({-1, 1})}, {x}});
  refuses(code, "index 0", {"a dimension of 0", Op::Gather, {}, {f32({0}, {}), int_tensor({0})}, {blank(DataType::float32, {1})}});
}

TEST_CASE("types without a kernel are unsupported") {
  const ErrorCode code = ErrorCode::unsupported;
  const Tensor flag = booleans({2}, {0, 1}), number = i32({2}, {1, 2}), text = f32({2}, {1, 2});
  refuses(code, "types", {"Exp of integers", Op::Exp, {}, {number}, {number}});
  refuses(code, "types", {"Add of booleans", Op::Add, {}, {flag, flag}, {flag}});
  refuses(code, "types", {"And of numbers", Op::And, {}, {text, text}, {flag}});
  refuses(code, "types", {"Sum of integers", Op::Sum, {}, {number, number}, {number}});
  refuses(code, "types", {"BitShift of signed integers", Op::BitShift, {{"direction", std::string("LEFT")}}, {number, number}, {number}});
  refuses(code, "types", {"ReduceSum of booleans", Op::ReduceSum, {}, {flag}, {booleans({1}, {0})}});
  refuses(code, "types", {"adding booleans", Op::ScatterElements, {{"reduction", std::string("add")}}, {flag, int_tensor({0}), booleans({1}, {1})}, {flag}});
  refuses(code, "types", {"floating indices", Op::Gather, {}, {text, text}, {text}});
  refuses(code, "training_mode", {"training", Op::Dropout, {}, {text, f32({}, {0.5}), booleans({}, {1})}, {text}});
  refuses(code, "none of", {"a string constant", Op::Constant, {{"value_string", std::string("x")}}, {}, {text}});
}

TEST_CASE("operands and attributes that break the rules are an invalid model") {
  const ErrorCode code = ErrorCode::invalid_model;
  const Tensor x = f32({2, 3}, {1, 2, 3, 4, 5, 6});
  refuses(code, "broadcast", {"shapes", Op::Add, {}, {x, f32({2}, {1, 2})}, {x}});
  refuses(code, "types differ", {"mixed types", Op::Add, {}, {x, i32({}, {1})}, {x}});
  refuses(code, "missing", {"no second operand", Op::Add, {}, {x}, {x}});
  refuses(code, "fmod", {"Mod of floats", Op::Mod, {}, {x, x}, {x}});
  refuses(code, "direction", {"no direction", Op::BitShift, {}, {make(DataType::uint8, {1}, {1}), make(DataType::uint8, {1}, {1})}, {make(DataType::uint8, {1}, {1})}});
  refuses(code, "axis 2", {"axis", Op::ReduceSum, {}, {x, int_tensor({2})}, {x}});
  refuses(code, "keepdims", {"output shape", Op::ReduceSum, {}, {x, int_tensor({1})}, {x}});
  refuses(code, "perm", {"order", Op::Transpose, {{"perm", std::vector<std::int64_t>{0, 0}}}, {x}, {blank(DataType::float32, {2, 2})}});
  refuses(code, "axis", {"no axis", Op::Concat, {}, {x}, {x}});
  refuses(code, "other than the axis", {"sizes", Op::Concat, {{"axis", std::int64_t{0}}}, {x, f32({1, 2}, {1, 2})}, {blank(DataType::float32, {3, 3})}});
  refuses(code, "add up", {"parts", Op::Split, {{"axis", std::int64_t{1}}}, {x, int_tensor({1, 1})}, {f32({2, 1}, {1, 4}), f32({2, 1}, {2, 5})}});
  refuses(code, "step", {"step 0", Op::Slice, {}, {x, int_tensor({0}), int_tensor({1}), int_tensor({0}), int_tensor({0})}, {x}});
  refuses(code, "twice", {"axis twice", Op::Slice, {}, {x, int_tensor({0, 0}), int_tensor({1, 1}), int_tensor({0, -2})}, {x}});
  refuses(code, "should be [1,3]", {"output", Op::Slice, {}, {x, int_tensor({0}), int_tensor({1})}, {x}});
  refuses(code, "mode", {"mode", Op::Pad, {{"mode", std::string("odd")}}, {x, int_tensor({0, 0, 0, 0})}, {x}});
  refuses(code, "two counts", {"pads", Op::Pad, {}, {x, int_tensor({0, 0})}, {x}});
  refuses(code, "empty dimension", {"reflect nothing", Op::Pad, {{"mode", std::string("reflect")}}, {f32({0}, {}), int_tensor({1, 0})}, {f32({1}, {0})}});
  refuses(code, "reduction", {"reduction", Op::ScatterND, {{"reduction", std::string("odd")}}, {x, i64({1, 1}, {0}), f32({1, 3}, {1, 2, 3})}, {x}});
  refuses(code, "k = 4", {"k", Op::TopK, {}, {x, int_tensor({4})}, {blank(DataType::float32, {2, 4}), blank(DataType::int64, {2, 4})}});
  refuses(code, "extreme", {"ArgMax of nothing", Op::ArgMax, {}, {f32({0, 2}, {})}, {blank(DataType::int64, {1, 2})}});
  refuses(code, "longer", {"tuple", Op::GatherND, {}, {x, i64({1, 3}, {0, 0, 0})}, {f32({1}, {0})}});
  refuses(code, "counts differ", {"Reshape", Op::Reshape, {}, {x, int_tensor({5})}, {blank(DataType::float32, {5})}});
}

TEST_CASE("an operand that plans shapes must be constant") {
  const Tensor x = f32({2, 2}, {1, 2, 3, 4});
  for (const Op op : {Op::ReduceSum, Op::Slice, Op::Pad, Op::Tile, Op::TopK, Op::CumSum, Op::Split, Op::Trilu, Op::OneHot}) {
    Case c{"run-time operand", op, {}, {x, int_tensor({1})}, {x}};
    if (op == Op::Slice || op == Op::OneHot) c.inputs.push_back(int_tensor({1}));
    if (op == Op::OneHot) {
      c.inputs[2] = f32({2}, {0, 1});
      c.inputs[0] = int_tensor({0});
      c.expected = {blank(DataType::float32, {1, 1})};
    }
    if (op == Op::CumSum) c.inputs[1] = i64({}, {1});
    if (op == Op::TopK) c.expected = {blank(DataType::float32, {2, 1}), blank(DataType::int64, {2, 1})};
    c.run_time_operands = true;
    refuses(ErrorCode::unsupported, "must be constant", c);
  }
}

TEST_CASE("more dimensions than a kernel walks are unsupported") {
  // Neighbours never merge, because one operand repeats along each second dimension.
  Shape a(17, 2), b(17, 2);
  for (std::size_t d = 0; d < a.size(); ++d) (d % 2 == 0 ? a : b)[d] = 1;
  const Shape both(17, 2);
  refuses(ErrorCode::unsupported, "17 dimensions", {"rank", Op::Add, {}, {Tensor(DataType::uint8, a), Tensor(DataType::uint8, b)}, {Tensor(DataType::uint8, both)}});
  check({"dimensions that merge", Op::Add, {}, {Tensor(DataType::uint8, both), Tensor(DataType::uint8, {})}, {Tensor(DataType::uint8, both)}});
}
