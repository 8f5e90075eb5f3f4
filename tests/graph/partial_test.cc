// SPDX-License-Identifier: Apache-2.0
// Shape arithmetic of an open batch: what is known of it and what is not.
#include <doctest/doctest.h>

#include "graph/ir_maker.h"
#include "graph/lower.h"
#include "graph/lower/partial.h"
#include "graph/open_shapes.h"

using namespace dnntune;
using namespace dnntune::graph;
using namespace dnntune::graph::testing;

namespace {

/// x [batch, 3, 4, 5] and constants.
IrMaker open_batch() {
  IrMaker m;
  m.input("x", {-1, 3, 4, 5});
  m.constant("zero", Tensor::from<std::int64_t>({}, std::vector<std::int64_t>{0}));
  m.constant("two", Tensor::from<std::int64_t>({}, std::vector<std::int64_t>{2}));
  m.constant("axis0", ints({0}));
  m.constant("one1", ints({1}));
  m.constant("three1", ints({3}));
  m.constant("free", ints({-1}));
  m.constant("pair", ints({6, 2}));
  return m;
}

/// Shapes of all values with the batch left open.
Shape open_shape(const IrMaker& m, const std::string& name) {
  const std::vector<InferredType> found = infer_open_shapes(m.ir, Lowered{});
  for (std::size_t i = 0; i < m.ir.values.size(); ++i)
    if (m.ir.values[i].name == name) return found[i].shape.value_or(Shape{-99});
  return {};
}

}  // namespace

TEST_CASE("Shape, Gather, Concat, Reshape: the batch stays open, the rest is known") {
  IrMaker m = open_batch();
  m.node("Shape", {"x"}, {"dims"});
  m.node("Gather", {"dims", "zero"}, {"batch"});
  m.node("Unsqueeze", {"batch", "axis0"}, {"batch1"});
  m.node("Gather", {"dims", "two"}, {"height"});
  m.node("Mul", {"height", "two"}, {"twice"});
  m.node("Unsqueeze", {"twice", "axis0"}, {"twice1"});
  m.node("Concat", {"batch1", "free"}, {"flat_dims"}, {{"axis", std::int64_t{0}}});
  m.node("Reshape", {"x", "flat_dims"}, {"flat"});
  m.node("Concat", {"batch1", "three1", "twice1", "free"}, {"four_dims"}, {{"axis", std::int64_t{0}}});
  m.node("Reshape", {"x", "four_dims"}, {"four"});
  m.node("Concat", {"free", "pair"}, {"moved_dims"}, {{"axis", std::int64_t{0}}});
  m.node("Reshape", {"x", "moved_dims"}, {"moved"});
  CHECK(open_shape(m, "flat") == Shape{-1, 60});
  CHECK(open_shape(m, "four") == Shape{-1, 3, 8, -1});  // 24 do not divide 60
  CHECK(open_shape(m, "moved") == Shape{-1, 6, 2});
}

TEST_CASE("the batch of one value is not that of another") {
  IrMaker m = open_batch();
  m.input("z", {-1, 2});
  m.node("Shape", {"z"}, {"dims"});
  m.node("Slice", {"dims", "axis0", "one1"}, {"batch"});
  m.node("Concat", {"batch", "free"}, {"wanted"}, {{"axis", std::int64_t{0}}});
  m.node("Reshape", {"x", "wanted"}, {"y"});
  CHECK(open_shape(m, "y") == Shape{-1, -1});
}

TEST_CASE("Expand and ConstantOfShape to lists of which some is known") {
  IrMaker m = open_batch();
  m.node("Shape", {"x"}, {"dims"});
  m.node("ConstantOfShape", {"dims"}, {"zeros"});
  m.node("Slice", {"dims", "axis0", "one1"}, {"batch"});
  m.node("Concat", {"batch", "pair"}, {"wanted"}, {{"axis", std::int64_t{0}}});
  m.node("ConstantOfShape", {"one1"}, {"seed"});
  m.node("Expand", {"seed", "wanted"}, {"spread"});
  CHECK(open_shape(m, "zeros") == Shape{-1, 3, 4, 5});
  CHECK(open_shape(m, "spread") == Shape{-1, 6, 2});
}

TEST_CASE("what is known of a list becomes constant, what is not stays") {
  IrMaker m = open_batch();
  m.node("Shape", {"x"}, {"dims"});
  m.node("Gather", {"dims", "two"}, {"height"});
  m.node("Gather", {"dims", "zero"}, {"batch"});
  m.node("Div", {"height", "two"}, {"half"});
  m.node("Add", {"batch", "two"}, {"more"});
  lowering::PartialIntegers partial;
  for (const Node& node : m.ir.nodes) {
    infer_node(m.ir, node);
    partial.see(m.ir, node);
  }
  CHECK_FALSE(m.ir.value(m.id("dims")).is_constant());
  CHECK_FALSE(m.ir.value(m.id("batch")).is_constant());
  CHECK_FALSE(m.ir.value(m.id("more")).is_constant());
  REQUIRE(m.ir.value(m.id("height")).is_constant());
  CHECK(m.ir.value(m.id("height")).constant.as<std::int64_t>()[0] == 4);
  REQUIRE(m.ir.value(m.id("half")).is_constant());
  CHECK(m.ir.value(m.id("half")).constant.as<std::int64_t>()[0] == 2);
}

TEST_CASE("extreme numbers neither overflow nor pass for unknown ones") {
  IrMaker m = open_batch();
  m.constant("least", ints({INT64_MIN + 1}));
  m.node("Shape", {"x"}, {"dims"});
  m.node("Slice", {"dims", "axis0", "one1"}, {"batch"});
  m.node("Mul", {"batch", "least"}, {"product"});
  m.node("Concat", {"least", "batch"}, {"wanted"}, {{"axis", std::int64_t{0}}});
  m.node("Expand", {"x", "wanted"}, {"y"});
  CHECK(open_shape(m, "product") == Shape{1});
  CHECK(open_shape(m, "y") == Shape{-1, -1, -1, -1});
}
