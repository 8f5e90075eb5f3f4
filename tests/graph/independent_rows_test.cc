// SPDX-License-Identifier: Apache-2.0
// Which networks may be run on joined requests: what keeps rows apart, and what mixes them.
#include <functional>

#include <doctest/doctest.h>

#include "graph/independent_rows.h"
#include "graph/ir_maker.h"
#include "graph/tiny_evaluator.h"

using namespace dnntune;
using namespace dnntune::graph;
using namespace dnntune::graph::testing;

namespace {

/// Why the rows of y, which `fill` makes of x, depend on each other.
std::string why(const Shape& shape, const std::function<void(IrMaker&)>& fill, DataType type = DataType::float32) {
  IrMaker m;
  m.input("x", shape, type, {"N"});
  fill(m);
  m.output("y");
  const TinyEvaluator evaluator;
  return why_rows_depend(m.graph(&evaluator).impl());
}

NodeAttributes axis(std::int64_t value) { return {{"axis", value}}; }

}  // namespace

TEST_CASE("operators that keep rows apart") {
  struct Row {
    const char* what;
    Shape shape;
    std::function<void(IrMaker&)> fill;
  };
  const Row rows[] = {
      {"element-wise", {-1, 3}, [](IrMaker& m) { m.node("Relu", {"x"}, {"y"}); }},
      {"a scalar beside", {-1, 3}, [](IrMaker& m) { m.node("Mul", {"x", m.constant("c", floats({}, {2}))}, {"y"}); }},
      {"a row beside", {-1, 3}, [](IrMaker& m) { m.node("Add", {m.constant("c", floats({1, 3}, {1, 2, 3})), "x"}, {"y"}); }},
      {"with itself", {-1, 3}, [](IrMaker& m) { m.node("Relu", {"x"}, {"r"}); m.node("Mul", {"x", "r"}, {"y"}); }},
      {"Gemm", {-1, 3}, [](IrMaker& m) { m.node("Gemm", {"x", m.constant("w", pattern({3, 2})), m.constant("b", pattern({2}))}, {"y"}); }},
      {"MatMul", {-1, 4, 3}, [](IrMaker& m) { m.node("MatMul", {"x", m.constant("w", pattern({3, 2}))}, {"y"}); }},
      {"MatMul of rows", {-1, 3, 3}, [](IrMaker& m) { m.node("MatMul", {"x", "x"}, {"y"}); }},
      {"Conv", {-1, 2, 5, 5}, [](IrMaker& m) { m.node("Conv", {"x", m.constant("w", pattern({4, 2, 3, 3}))}, {"y"}); }},
      {"pooling", {-1, 2, 4, 4}, [](IrMaker& m) { m.node("MaxPool", {"x"}, {"y"}, {{"kernel_shape", std::vector<std::int64_t>{2, 2}}}); }},
      {"Flatten", {-1, 2, 4}, [](IrMaker& m) { m.node("Flatten", {"x"}, {"y"}); }},
      {"Reshape by a constant", {-1, 2, 4}, [](IrMaker& m) { m.node("Reshape", {"x", m.constant("s", ints({-1, 8}))}, {"y"}); }},
      {"Softmax", {-1, 4}, [](IrMaker& m) { m.node("Softmax", {"x"}, {"y"}, axis(1)); }},
      {"a mean of each row", {-1, 4, 2}, [](IrMaker& m) { m.node("ReduceMean", {"x", m.constant("a", ints({1, -1}))}, {"y"}); }},
      {"ArgMax", {-1, 4}, [](IrMaker& m) { m.node("ArgMax", {"x"}, {"y"}, axis(-1)); }},
      {"Transpose behind the batch", {-1, 4, 2}, [](IrMaker& m) { m.node("Transpose", {"x"}, {"y"}, {{"perm", std::vector<std::int64_t>{0, 2, 1}}}); }},
      {"Concat of columns", {-1, 4}, [](IrMaker& m) { m.node("Concat", {"x", "x"}, {"y"}, axis(1)); }},
      {"Slice of columns", {-1, 4}, [](IrMaker& m) { m.node("Slice", {"x", m.constant("b", ints({0})), m.constant("e", ints({2})), m.constant("a", ints({1}))}, {"y"}); }},
      {"Pad of columns", {-1, 4}, [](IrMaker& m) { m.node("Pad", {"x", m.constant("p", ints({0, 1, 0, 1}))}, {"y"}); }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(why(row.shape, row.fill) == "");
  }
  CHECK(why({-1, 4}, [](IrMaker& m) { m.node("Gather", {m.constant("words", pattern({10, 3})), "x"}, {"y"}); }, DataType::int64) == "");
}

TEST_CASE("operators that mix rows, or might") {
  struct Row {
    const char* part;
    Shape shape;
    std::function<void(IrMaker&)> fill;
  };
  const Row rows[] = {
      {"input 'x'", {1, 3}, [](IrMaker& m) { m.node("Relu", {"x"}, {"y"}); }},
      {"input 'x'", {2, -1}, [](IrMaker& m) { m.node("Relu", {"x"}, {"y"}); }},
      {"(Softmax)", {-1, 4}, [](IrMaker& m) { m.node("Softmax", {"x"}, {"y"}, axis(0)); }},
      {"(Softmax)", {-1, 4}, [](IrMaker& m) { m.node("Softmax", {"x"}, {"y"}, axis(-2)); }},
      {"(ReduceMean)", {-1, 4}, [](IrMaker& m) { m.node("ReduceMean", {"x", m.constant("a", ints({0, 1}))}, {"y"}); }},
      {"(ReduceMean)", {-1, 4}, [](IrMaker& m) { m.node("ReduceMean", {"x"}, {"y"}); }},
      {"(ArgMax)", {-1, 4}, [](IrMaker& m) { m.node("ArgMax", {"x"}, {"y"}); }},
      {"(CumSum)", {-1, 4}, [](IrMaker& m) { m.node("CumSum", {"x", m.constant("a", ints({0}).reshaped({}))}, {"y"}); }},
      {"(Transpose)", {-1, 4}, [](IrMaker& m) { m.node("Transpose", {"x"}, {"y"}); }},
      {"(Transpose)", {-1, 4}, [](IrMaker& m) { m.node("Transpose", {"x"}, {"y"}, {{"perm", std::vector<std::int64_t>{1, 0}}}); }},
      {"(Concat)", {-1, 4}, [](IrMaker& m) { m.node("Concat", {"x", "x"}, {"y"}, axis(0)); }},
      {"(Slice)", {-1, 4}, [](IrMaker& m) { m.node("Slice", {"x", m.constant("b", ints({0})), m.constant("e", ints({9})), m.constant("a", ints({0}))}, {"y"}); }},
      {"(Pad)", {-1, 4}, [](IrMaker& m) { m.node("Pad", {"x", m.constant("p", ints({1, 0, 0, 0}))}, {"y"}); }},
      {"(Reshape)", {-1, 8}, [](IrMaker& m) { m.node("Reshape", {"x", m.constant("s", ints({-1, 4}))}, {"y"}); }},
      {"(Reshape)", {-1, 4}, [](IrMaker& m) { m.node("Reshape", {"x", m.constant("s", ints({2, -1}))}, {"y"}); }},
      {"(Flatten)", {-1, 2, 4}, [](IrMaker& m) { m.node("Flatten", {"x"}, {"y"}, axis(0)); }},
      {"(Flatten)", {-1, 2, 4}, [](IrMaker& m) { m.node("Flatten", {"x"}, {"y"}, axis(2)); }},
      {"(Gemm)", {-1, 3}, [](IrMaker& m) { m.node("Gemm", {"x", m.constant("w", pattern({1, 2}))}, {"y"}, {{"transA", std::int64_t{1}}}); }},
      {"(MatMul)", {-1, 3}, [](IrMaker& m) { m.node("MatMul", {m.constant("w", pattern({2, 1})), "x"}, {"y"}); }},
      {"(MatMul)", {-1, 3}, [](IrMaker& m) { m.node("MatMul", {"x", m.constant("w", pattern({5, 3, 2}))}, {"y"}); }},
      {"(Expand)", {-1, 3}, [](IrMaker& m) { m.node("Expand", {"x", m.constant("s", ints({4, 1, 3}))}, {"y"}); }},
      {"(Add)", {-1, 3}, [](IrMaker& m) { m.node("Add", {"x", m.constant("c", pattern({2, 1, 3}))}, {"y"}); }},
      {"(Add)", {-1, 3}, [](IrMaker& m) {
         m.node("Unsqueeze", {"x", m.constant("a", ints({1}))}, {"u"});  // [N,1,3] meets [N,3]: every row meets every other
         m.node("Add", {"x", "u"}, {"y"});
       }},
      {"(Mul)", {-1, 3}, [](IrMaker& m) {
         m.node("Shape", {"x"}, {"s"});
         m.node("Cast", {"s"}, {"f"}, {{"to", std::int64_t{1}}});
         m.node("ReduceSum", {"f"}, {"n"}, {{"keepdims", std::int64_t{0}}});
         m.node("Mul", {"x", "n"}, {"y"});  // the number of rows goes into each
       }},
      {"output 'y'", {-1, 3}, [](IrMaker& m) { m.node("Shape", {"x"}, {"y"}); }},
      {"output 'y'", {-1, 3}, [](IrMaker& m) { m.node("Relu", {m.constant("c", pattern({4, 3}))}, {"y"}); }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.part);
    const std::string found = why(row.shape, row.fill);
    CAPTURE(found);
    CHECK(found.find(row.part) != std::string::npos);
  }
}

TEST_CASE("what has no batch beside what has one") {
  IrMaker m;
  m.input("x", {-1, 3}, DataType::float32, {"N"});
  m.input("scale", {1});
  m.node("Mul", {"x", "scale"}, {"y"});
  m.output("y");
  CHECK(why_rows_depend(m.graph().impl()).find("'scale'") != std::string::npos);
}
