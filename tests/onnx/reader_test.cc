// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "onnx/reading.h"

using namespace dnntune;
using namespace dnntune::onnx;
using graph::Op;
using proto::attr;
using proto::node;

TEST_CASE("a model's parts arrive under their names") {
  const Source s = read(proto::small_model());
  CHECK(s.ir.name == "g");
  REQUIRE(s.ir.nodes.size() == 5);
  CHECK(s.ir.nodes[0].op == Op::Conv);
  CHECK(s.ir.nodes[0].attributes.integers("kernel_shape") == std::vector<std::int64_t>{1, 1});
  CHECK(s.ir.nodes[3].name == "Flatten_3");  // made: the file has none
  REQUIRE(s.ir.inputs.size() == 1);
  const graph::Value& x = s.ir.value(s.ir.inputs[0]);
  CHECK(x.type == DataType::float32);
  CHECK(*x.shape == Shape{-1, 2, 4, 4});
  CHECK(x.dim_names == std::vector<std::string>{"batch", "", "", ""});
  CHECK(value_of(s.ir, "b").constant.as<float>()[1] == 0.25f);
  CHECK(value_of(s.ir, "y").dim_names[0] == "batch");
  CHECK(s.model.opset == 17);
  CHECK(s.model.ir_version == 8);
  CHECK(s.model.metadata == std::vector<std::pair<std::string, std::string>>{{"seed", "42"}});
  for (const graph::Node& n : s.ir.nodes) CHECK(n.unsupported.empty());
}

TEST_CASE("aligned weights are borrowed from the file, others copied") {
  // Slide the same weights over all alignments by the length of the graph's name.
  int borrowed = 0;
  for (int pad = 0; pad < 4; ++pad) {
    proto::Model m = proto::small_model();
    m.name = std::string(static_cast<std::size_t>(pad) + 1, 'n');
    const Source s = read(m);
    const graph::Value& w = value_of(s.ir, "w");
    const auto* data = static_cast<const std::byte*>(w.constant.data());
    const bool inside = data >= w.raw.data() && data < w.raw.data() + w.raw.size();
    CHECK(reinterpret_cast<std::uintptr_t>(data) % 4 == 0);
    CHECK(w.constant.as<float>()[5] == 6.0f);
    borrowed += inside;
  }
  CHECK(borrowed == 1);
}

TEST_CASE("initialisers listed as inputs are constants") {
  proto::Model m = proto::small_model();
  m.ir_version = 3;
  m.inputs.push_back(proto::value("w", 1, {3, 2, 1, 1}));
  m.inputs.push_back(proto::value("fc", 1, {3, 2}));
  const Source s = read(m);
  CHECK(s.ir.inputs.size() == 1);
  CHECK(value_of(s.ir, "fc").is_constant());
}

TEST_CASE("initialisers that nothing reads are left out, and so is their input") {
  proto::Model m = proto::small_model();
  m.initialisers.push_back(proto::floats("unused", {1}, {1}));
  m.inputs.push_back(proto::value("unused", 1, {1}));
  const Source s = read(m);
  CHECK(s.ir.inputs.size() == 1);
  CHECK(std::none_of(s.ir.values.begin(), s.ir.values.end(), [](const auto& v) { return v.name == "unused"; }));
}

TEST_CASE("an empty name leaves an optional operand out") {
  proto::Model m;
  m.inputs = {proto::value("x", 1, {2})};
  m.initialisers = {proto::floats("top", {}, {6})};
  m.nodes = {node("Clip", {"x", "", "top"}, {"y"}, {}, "clip"), node("Clip", {"y", "", ""}, {"z"}, {}, "open")};
  m.outputs = {proto::value("z", 1, {2})};
  const Source s = read(m);
  CHECK(input_name(s.ir, s.ir.nodes[0], 1) == "");
  CHECK(input_name(s.ir, s.ir.nodes[0], 2) == "top");
  CHECK(s.ir.nodes[1].inputs.size() == 1);
}

TEST_CASE("missing and repeated node names are made unique") {
  proto::Model m;
  m.inputs = {proto::value("x", 1, {2})};
  m.nodes = {node("Relu", {"x"}, {"a"}, {}, "n"), node("Relu", {"a"}, {"b"}, {}, "n"), node("Relu", {"b"}, {"c"}),
             node("Relu", {"c"}, {"d"}, {}, "Relu_2")};
  m.outputs = {proto::value("d", 1, {2})};
  const Source s = read(m);
  CHECK(s.ir.nodes[0].name == "n");
  CHECK(s.ir.nodes[1].name == "n_2");
  CHECK(s.ir.nodes[2].name == "Relu_2_2");  // the file itself has a Relu_2
  CHECK(s.ir.nodes[3].name == "Relu_2");
}

TEST_CASE("nodes are brought into running order, otherwise left as they are") {
  proto::Model m;
  m.inputs = {proto::value("x", 1, {2})};
  m.nodes = {node("Add", {"b", "a"}, {"y"}, {}, "last"), node("Relu", {"x"}, {"a"}, {}, "first"), node("Neg", {"x"}, {"b"}, {}, "second")};
  m.outputs = {proto::value("y", 1, {2})};
  const Source s = read(m);
  CHECK(s.ir.nodes[0].name == "first");
  CHECK(s.ir.nodes[1].name == "second");
  CHECK(s.ir.nodes[2].name == "last");

  m.nodes = {node("Add", {"x", "b"}, {"a"}, {}, "one"), node("Neg", {"a"}, {"b"}, {}, "two")};
  m.outputs = {proto::value("b", 1, {2})};
  const Error error = error_of([&] { read(m); });
  CHECK(error.code() == ErrorCode::invalid_model);
  CHECK(says(error, "cycle"));
  CHECK(says(error, "one"));
}

TEST_CASE("broken rules are named") {
  const auto check = [](proto::Model m, const char* text) {
    const Error error = error_of([&] { read(m); });
    CAPTURE(error.what());
    CHECK(error.code() == ErrorCode::invalid_model);
    CHECK(says(error, text));
  };
  proto::Model m = proto::small_model();
  m.nodes.push_back(node("Relu", {"nowhere"}, {"z"}, {}, "lost"));
  check(m, "node 'lost' reads 'nowhere'");

  m = proto::small_model();
  m.nodes.push_back(node("Relu", {"x"}, {"c"}, {}, "again"));
  check(m, "'c' is defined a second time");

  m = proto::small_model();
  m.initialisers.push_back(proto::floats("w", {1}, {1}));
  check(m, "'w' is defined a second time");

  m = proto::small_model();
  m.outputs.push_back(proto::value("ghost", 1, {1}));
  check(m, "graph output 'ghost'");

  m = proto::small_model();
  m.outputs.clear();
  check(m, "no outputs");

  m = proto::small_model();
  m.nodes[0] = node("Conv", {"x"}, {"c"}, {}, "conv");
  check(m, "node 'conv' (Conv) has 1 inputs");

  m = proto::small_model();
  m.nodes[4] = node("MatMul", {"f", "fc", "b"}, {"y"}, {}, "dense");  // a third input is the library's own form
  check(m, "node 'dense' (MatMul) has 3 inputs");

  m = proto::small_model();
  m.nodes[0] = node("Conv", {"x", "", "b"}, {"c"}, {}, "conv");
  check(m, "needs the first 2");

  m = proto::small_model();
  m.opset = 0;
  check(m, "imports no opset");

  m = proto::small_model();
  m.nodes[1] = node("Relu", {"c"}, {"r"}, {}, "bad\xff name");
  check(m, "UTF-8");
}

TEST_CASE("what is not a model says so") {
  CHECK(error_of([] { read_bytes_of(""); }).code() == ErrorCode::invalid_model);
  const Error error = error_of([] { read_bytes_of("this is a text file, not a network"); });
  CHECK(error.code() == ErrorCode::invalid_model);
  CHECK(says(error, "test model"));
}

TEST_CASE("declared types of inner values are kept") {
  proto::Model m;
  m.inputs = {proto::value("x", 1, {2})};
  m.nodes = {node("Mystery", {"x"}, {"m"}, {}, "m", "com.example"), node("Relu", {"m"}, {"y"})};
  m.value_infos = {proto::value("m", 10, {"n", 3})};
  m.outputs = {proto::value("y")};
  const Source s = read(m);
  CHECK(value_of(s.ir, "m").type == DataType::float16);
  CHECK(*value_of(s.ir, "m").shape == Shape{-1, 3});
}

TEST_CASE("every form of Constant becomes a tensor") {
  const auto constant = [](const std::string& attribute) {
    proto::Model m;
    m.nodes = {node("Constant", {}, {"y"}, {attribute}, "k")};
    m.outputs = {proto::value("y")};
    const Source s = read(m);
    CHECK(s.ir.nodes[0].unsupported.empty());
    return s.ir.nodes[0].attributes.tensor("value");
  };
  CHECK(constant(attr("value_int", std::int64_t{7})).as<std::int64_t>()[0] == 7);
  CHECK(constant(attr("value_int", std::int64_t{7})).shape().empty());
  CHECK(constant(attr("value_ints", std::vector<std::int64_t>{7, 8})).as<std::int64_t>()[1] == 8);
  CHECK(constant(attr("value_float", 2.5f)).as<float>()[0] == 2.5f);
  CHECK(constant(attr("value_floats", std::vector<float>{1.5f, 2.5f})).shape() == Shape{2});
  CHECK(constant(proto::attr_tensor("value", proto::ints("", {1, 2, 3}))).as<std::int64_t>()[2] == 3);

  proto::Model m;
  m.nodes = {node("Constant", {}, {"y"}, {attr("value_string", "text")}, "k")};
  m.outputs = {proto::value("y")};
  CHECK(read(m).ir.nodes[0].unsupported == "a constant of strings");
  m.nodes = {node("Constant", {}, {"y"}, {}, "k")};
  CHECK(error_of([&] { read(m); }).code() == ErrorCode::invalid_model);
}
