// SPDX-License-Identifier: Apache-2.0
// Copies between memories: where they are put, and that there are no more of them than needed.
#include <doctest/doctest.h>

#include "runtime/spaces.h"

using namespace dnntune;
using namespace dnntune::runtime;

namespace {

struct Made {
  PhysicalGraph graph;

  int value(const std::string& name, int view_of = -1) {
    PhysicalValue made;
    made.name = name;
    made.type = DataType::float32;
    made.shape = {2, 3};
    made.storage_of = view_of;
    graph.values.push_back(made);
    return static_cast<int>(graph.values.size()) - 1;
  }
  void step(const std::string& name, std::vector<int> inputs, std::vector<int> outputs) {
    Step made;
    made.node.name = name;
    made.node.inputs = std::move(inputs);
    made.node.outputs = std::move(outputs);
    made.layer = static_cast<int>(graph.steps.size());
    graph.steps.push_back(std::move(made));
  }
};

/// "upload x", "a", "download y"...
std::vector<std::string> names(const SpacedGraph& spaced) {
  std::vector<std::string> result;
  for (const Step& step : spaced.graph.steps) {
    const bool up = step.transfer && spaced.graph.value(step.node.inputs[0]).space == 0;
    result.push_back((step.transfer ? up ? "upload " : "download " : "") + step.node.name);
  }
  return result;
}

/// Every operand is in the memory where its step works.
void check_operands(const SpacedGraph& spaced, const std::vector<int>& spaces) {
  for (std::size_t s = 0; s < spaced.graph.steps.size(); ++s) {
    const Step& step = spaced.graph.steps[s];
    CHECK((spaced.origin[s] < 0) == step.transfer);
    if (step.transfer) {
      CHECK(spaced.graph.value(step.node.inputs[0]).space != spaced.graph.value(step.node.outputs[0]).space);
      continue;
    }
    const int space = spaces[static_cast<std::size_t>(spaced.origin[s])];
    for (const auto* operands : {&step.node.inputs, &step.node.outputs})
      for (const int value : *operands)
        if (value >= 0 && !spaced.graph.value(value).is_constant()) CHECK(spaced.graph.value(value).space == space);
  }
  for (const int output : spaced.graph.outputs) CHECK(spaced.graph.value(output).space == 0);
}

}  // namespace

TEST_CASE("transfers: a value goes to a device once, and comes back once") {
  Made made;
  const int x = made.value("x"), a = made.value("a"), b = made.value("b"), c = made.value("c");
  made.graph.inputs = {x};
  made.graph.outputs = {a, c};
  made.step("A", {x}, {a});
  made.step("B", {x, a}, {b});
  made.step("C", {a, b}, {c});
  const std::vector<int> spaces = {1, 1, 0};
  const SpacedGraph spaced = add_transfers(made.graph, spaces, DataType::float32);
  CHECK(names(spaced) == std::vector<std::string>{"upload x", "A", "B", "download a", "download b", "C"});
  check_operands(spaced, spaces);
  CHECK(spaced.graph.steps[3].layer == 2);  // belongs to the layer that wants it
  CHECK(spaced.graph.steps[3].conversion);
}

TEST_CASE("transfers: all on the host, none") {
  Made made;
  const int x = made.value("x"), a = made.value("a");
  made.graph.inputs = {x};
  made.graph.outputs = {a};
  made.step("A", {x}, {a});
  CHECK(add_transfers(made.graph, std::vector<int>{0}, DataType::float32).graph.steps.size() == 1);
}

TEST_CASE("transfers: what is copied is the value that owns the bytes, and views follow it") {
  Made made;
  const int x = made.value("x"), flat = made.value("flat", x), a = made.value("a"), view = made.value("view", a);
  made.graph.inputs = {x};
  made.graph.outputs = {view};
  made.step("A", {flat, x}, {a});
  const std::vector<int> spaces = {1};
  const SpacedGraph spaced = add_transfers(made.graph, spaces, DataType::float32);
  CHECK(names(spaced) == std::vector<std::string>{"upload x", "A", "download a"});
  check_operands(spaced, spaces);
  const std::vector<int>& inputs = spaced.graph.steps[1].node.inputs;
  CHECK(spaced.graph.storage(inputs[0]) == inputs[1]);
}

TEST_CASE("transfers: from one device to another through the host, constants nowhere") {
  Made made;
  const int x = made.value("x"), w = made.value("w"), a = made.value("a"), b = made.value("b");
  made.graph.values[static_cast<std::size_t>(w)].constant = Tensor(DataType::float32, {2, 3});
  made.graph.inputs = {x};
  made.graph.outputs = {b};
  made.step("A", {x, w}, {a});
  made.step("B", {a, w, -1}, {b});
  const std::vector<int> spaces = {1, 2};
  const SpacedGraph spaced = add_transfers(made.graph, spaces, DataType::float32);
  CHECK(names(spaced) == std::vector<std::string>{"upload x", "A", "download a", "upload a", "B", "download b"});
  check_operands(spaced, spaces);
}

TEST_CASE("transfers: floats are stored on a device in 16 bits where that is asked for, and come back as they were") {
  Made made;
  const int x = made.value("x"), n = made.value("n"), h = made.value("h"), a = made.value("a"), g = made.value("g");
  made.graph.values[static_cast<std::size_t>(n)].type = DataType::int64;
  made.graph.values[static_cast<std::size_t>(h)].type = made.graph.values[static_cast<std::size_t>(g)].type = DataType::float16;
  made.graph.inputs = {x, n, h};
  made.graph.outputs = {a, g};
  made.step("A", {x, n, h}, {a, g});
  const std::vector<int> spaces = {1};
  const SpacedGraph spaced = add_transfers(made.graph, spaces, DataType::float16);
  check_operands(spaced, spaces);
  const graph::Node& node = spaced.graph.steps[3].node;
  CHECK(spaced.graph.value(node.inputs[0]).type == DataType::float16);
  CHECK(spaced.graph.value(node.inputs[1]).type == DataType::int64);
  CHECK(spaced.graph.value(node.outputs[0]).type == DataType::float16);
  CHECK(spaced.graph.value(spaced.graph.outputs[0]).type == DataType::float32);
  CHECK(spaced.graph.value(spaced.graph.outputs[1]).type == DataType::float16);
}
