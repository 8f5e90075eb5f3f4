// SPDX-License-Identifier: Apache-2.0
// Shape inference of every operator in the list against hand-computed cases.
#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "dnntune/error.h"
#include "graph/infer_cases.h"
#include "graph/lower.h"

using namespace dnntune;
using namespace dnntune::graph;
using namespace dnntune::graph::testing;

namespace {

std::vector<InferCase> all_cases() {
  std::vector<InferCase> all;
  for (auto* make : {elementwise_cases, spatial_cases, dense_cases, reduce_cases, view_cases, move_cases, generate_cases, quantized_cases})
    for (InferCase& c : make()) all.push_back(std::move(c));
  return all;
}

std::string text(DataType type, const std::optional<Shape>& shape) {
  return std::string(to_string(type)) + (shape ? to_string(*shape) : " of unknown rank");
}

}  // namespace

TEST_CASE("Every case of shape inference gives the wanted types and shapes") {
  std::size_t number = 0;
  for (const InferCase& c : all_cases()) {
    CAPTURE(c.op);
    CAPTURE(number++);
    IrMaker m = node_under_test(c.op, c.inputs, c.attributes, c.outputs.size());
    REQUIRE_NOTHROW(infer_node(m.ir, m.ir.nodes[0]));
    for (std::size_t i = 0; i < c.outputs.size(); ++i) {
      const Value& made = m.ir.value(m.ir.nodes[0].outputs[i]);
      CHECK(text(made.type, made.shape) == text(c.outputs[i].type, c.outputs[i].shape));
    }
  }
}

TEST_CASE("Every operator of the list has a case") {
  std::set<std::string, std::less<>> covered;
  for (const InferCase& c : all_cases()) covered.insert(c.op);
  for (const OpInfo& info : operators()) {
    CAPTURE(info.name);
    if (is_control_flow(info.op)) continue;  // sub-graphs come from files: tests/onnx/subgraphs_test.cc
    CHECK(covered.contains(info.name));
  }
}

TEST_CASE("What does not fit is refused with the node, the shapes and the rule") {
  std::size_t number = 0;
  std::vector<InferError> errors = infer_errors();
  for (InferError& c : quantized_errors()) errors.push_back(std::move(c));
  for (const InferError& c : errors) {
    CAPTURE(c.op);
    CAPTURE(number++);
    IrMaker m = node_under_test(c.op, c.inputs, c.attributes, static_cast<std::size_t>(c.outputs));
    std::string message = "no error";
    try {
      infer_node(m.ir, m.ir.nodes[0]);
    } catch (const Error& error) {
      message = error.what();
      CHECK(error.code() != ErrorCode::internal);
    }
    CAPTURE(message);
    CHECK(message.find(c.message) != std::string::npos);
    CHECK(message.find("'under_test'") != std::string::npos);
  }
}

TEST_CASE("Inference with nothing known neither fails nor invents anything") {
  for (const InferCase& c : all_cases()) {
    CAPTURE(c.op);
    std::vector<Operand> inputs = c.inputs;
    for (Operand& input : inputs)
      if (input.type != DataType::undefined) input = unranked(input.type);
    IrMaker m = node_under_test(c.op, inputs, c.attributes, c.outputs.size());
    REQUIRE_NOTHROW(infer_node(m.ir, m.ir.nodes[0]));
    for (std::size_t i = 0; i < c.outputs.size(); ++i) {
      const Value& made = m.ir.value(m.ir.nodes[0].outputs[i]);
      CHECK(made.type == c.outputs[i].type);
      if (!made.shape || !c.outputs[i].shape) continue;
      REQUIRE(made.shape->size() == c.outputs[i].shape->size());
      for (std::size_t k = 0; k < made.shape->size(); ++k)
        CHECK(((*made.shape)[k] == -1 || (*made.shape)[k] == (*c.outputs[i].shape)[k] || (*c.outputs[i].shape)[k] == -1));
    }
  }
}
