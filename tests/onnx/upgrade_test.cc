// SPDX-License-Identifier: Apache-2.0
// Each step of the upgrade table: a node as its opset writes it, and the opset-17 form it must take. A
// step without a case here fails the suite.
#include "onnx/upgrade.h"

#include <algorithm>
#include <functional>

#include "onnx/reading.h"

using namespace dnntune;
using namespace dnntune::onnx;
using graph::Ir;
using graph::Node;
using graph::Op;
using proto::attr;
using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

namespace {

struct Case {
  const char* op;             ///< In the file.
  int opset;                  ///< The first opset of the step.
  std::vector<std::string> inputs;
  std::vector<std::string> attributes;
  int outputs;
  std::function<void(const Ir&, const Node&)> check;
};

/// The node under test among inputs x (float [2,4]), image (float [1,4,3,3]) and constants that cases use.
Source upgrade(const char* op, std::int64_t opset, const std::vector<std::string>& inputs, const std::vector<std::string>& attributes,
               int outputs = 1) {
  proto::Model m;
  m.opset = opset;
  m.inputs = {proto::value("x", 1, {2, 4}), proto::value("image", 1, {1, 4, 3, 3})};
  m.initialisers = {proto::floats("none", {0}, {}),        proto::floats("grow", {2}, {1, 2}), proto::floats("shrink", {2}, {1, 0.5f}),
                    proto::floats("mixed", {2}, {2, 0.5f}), proto::ints("pads", {1, 2}),        proto::ints("axes", {-1}),
                    proto::tensor("yes", {}, 9, "\x01"),    proto::floats("ratio", {}, {0.3f}), proto::floats("c", {4}, {1, 1, 1, 1}),
                    proto::ints("k", {1}),
                    proto::tensor("byte", {}, 2, "\x07")};
  std::vector<std::string> names;
  for (int i = 0; i < outputs; ++i) {
    names.push_back("y" + std::to_string(i));
    m.outputs.push_back(proto::value(names.back()));
  }
  m.nodes = {proto::node(op, inputs, names, attributes, "n")};
  return read(m);
}

/// The body of a Scan that stacks what it reads.
std::string copies_element() {
  proto::Graph body;
  body.inputs = {proto::value("element", 1, {})};
  body.nodes = {proto::node("Identity", {"element"}, {"copied"})};
  body.outputs = {proto::value("copied", 1, {})};
  return body.bytes();
}

Ints ints(const Ir& ir, const Node& node, std::size_t i) {
  REQUIRE_FALSE(absent(node, i));
  const auto data = ir.value(node.inputs[i]).constant.as<std::int64_t>();
  return {data.begin(), data.end()};
}
Floats floats(const Ir& ir, const Node& node, std::size_t i) {
  REQUIRE_FALSE(absent(node, i));
  const auto data = ir.value(node.inputs[i]).constant.as<float>();
  return {data.begin(), data.end()};
}

/// `name` has moved to input 1.
std::function<void(const Ir&, const Node&)> moved(const char* name, Ints wanted) {
  return [=](const Ir& ir, const Node& n) {
    CHECK_FALSE(n.attributes.has(name));
    CHECK(ints(ir, n, 1) == wanted);
  };
}

void check_flattening(const Ir&, const Node& n) {
  CHECK(n.attributes.integer("axis", 99) == 1);  // the old default
  CHECK(n.attributes.integer("flatten_axis_semantics", 0) == 1);
}

/// The operand of four elements lines up with the channels of an image.
void aligned(const Ir& ir, const Node& n) {
  CHECK(n.unsupported.empty());
  CHECK(n.attributes.all().empty());
  CHECK(ir.value(n.inputs[1]).constant.shape() == Shape{4, 1, 1});
}

void no_attributes(const Ir&, const Node& n) {
  CHECK(n.unsupported.empty());
  CHECK(n.attributes.all().empty());
}

void check_asymmetric(const Ir&, const Node& n) {
  CHECK(n.op == Op::Resize);
  CHECK(n.op_type == "Resize");
  CHECK(absent(n, 1));
  CHECK(n.attributes.text("coordinate_transformation_mode", "") == "asymmetric");
}

std::vector<Case> cases() {
  std::vector<Case> all = {
      {"Constant", 7, {}, {attr("value_ints", Ints{4})}, 1,
       [](const Ir&, const Node& n) { CHECK(n.attributes.tensor("value").as<std::int64_t>()[0] == 4); }},
      {"Squeeze", 7, {"x"}, {attr("axes", Ints{0})}, 1, moved("axes", {0})},
      {"Unsqueeze", 7, {"x"}, {attr("axes", Ints{0, 3})}, 1, moved("axes", {0, 3})},
      {"Split", 7, {"x"}, {attr("split", Ints{1, 3}), attr("axis", std::int64_t{1})}, 2, moved("split", {1, 3})},
      {"Split", 18, {"x"}, {attr("num_outputs", std::int64_t{2})}, 2, [](const Ir&, const Node& n) { CHECK(n.inputs.size() == 1); }},
      {"Slice", 7, {"x"}, {attr("starts", Ints{0}), attr("ends", Ints{2}), attr("axes", Ints{1})}, 1,
       [](const Ir& ir, const Node& n) {
         CHECK(ints(ir, n, 1) == Ints{0});
         CHECK(ints(ir, n, 2) == Ints{2});
         CHECK(ints(ir, n, 3) == Ints{1});
         CHECK(n.attributes.all().empty());
       }},
      {"Pad", 7, {"x"}, {attr("pads", Ints{0, 1, 0, 1}), attr("value", 3.5f), attr("mode", "constant")}, 1,
       [](const Ir& ir, const Node& n) {
         CHECK(ints(ir, n, 1) == Ints{0, 1, 0, 1});
         CHECK(floats(ir, n, 2) == Floats{3.5f});
         CHECK(n.attributes.text("mode", "") == "constant");
       }},
      {"Pad", 18, {"x", "pads", "", "axes"}, {}, 1,
       [](const Ir& ir, const Node& n) {
         CHECK(ints(ir, n, 1) == Ints{0, 1, 0, 2});
         CHECK(n.inputs.size() == 2);
       }},
      {"TopK", 7, {"x"}, {attr("k", std::int64_t{3})}, 2, moved("k", {3})},
      {"DFT", 20, {"image", "", "axes"}, {}, 1,
       [](const Ir&, const Node& n) {
         CHECK(n.attributes.integer("axis", 0) == -1);
         CHECK(n.inputs.size() == 1);
       }},
      {"GroupNormalization", 18, {"image", "grow", "shrink"}, {attr("num_groups", std::int64_t{2})}, 1,
       [](const Ir& ir, const Node& n) {
         CHECK(floats(ir, n, 1) == Floats{1, 1, 2, 2});
         CHECK(floats(ir, n, 2) == Floats{1, 1, 0.5f, 0.5f});
       }},
      {"RoiAlign", 10, {"image", "x", "k"}, {}, 1,
       [](const Ir&, const Node& n) { CHECK(n.attributes.text("coordinate_transformation_mode", "") == "output_half_pixel"); }},
      {"Clip", 7, {"x"}, {attr("max", 6.0f)}, 1,
       [](const Ir& ir, const Node& n) {
         CHECK(absent(n, 1));
         CHECK(floats(ir, n, 2) == Floats{6});
       }},
      {"Dropout", 7, {"x"}, {attr("ratio", 0.25f)}, 1, [](const Ir& ir, const Node& n) { CHECK(floats(ir, n, 1) == Floats{0.25f}); }},
      {"Dropout", 12, {"x", "ratio", "yes"}, {}, 1, [](const Ir&, const Node& n) { CHECK(n.unsupported == "Dropout in training mode"); }},
      {"Upsample", 7, {"x"}, {attr("scales", Floats{1, 2}), attr("mode", "nearest")}, 1,
       [](const Ir& ir, const Node& n) {
         check_asymmetric(ir, n);
         CHECK(floats(ir, n, 2) == Floats{1, 2});
         CHECK(n.attributes.text("nearest_mode", "") == "floor");
       }},
      {"Upsample", 9, {"x", "grow"}, {attr("mode", "linear")}, 1, check_asymmetric},
      {"Resize", 10, {"x", "shrink"}, {}, 1,
       [](const Ir& ir, const Node& n) {
         check_asymmetric(ir, n);
         CHECK(n.attributes.text("nearest_mode", "") == "ceil");
       }},
      {"Resize", 11, {"x", "none", "none", "k"}, {}, 1,
       [](const Ir&, const Node& n) {
         CHECK(absent(n, 1));
         CHECK(absent(n, 2));
         CHECK_FALSE(absent(n, 3));
       }},
      {"Resize", 18, {"x", "", "grow"}, {attr("antialias", std::int64_t{0}), attr("keep_aspect_ratio_policy", "stretch")}, 1,
       [](const Ir&, const Node& n) {
         CHECK(n.unsupported.empty());
         CHECK(n.attributes.all().empty());
       }},
      {"Softmax", 7, {"image"}, {}, 1, check_flattening},
      {"LogSoftmax", 7, {"image"}, {}, 1, check_flattening},
      {"Hardmax", 7, {"image"}, {}, 1, check_flattening},
      {"BatchNormalization", 7, {"x", "c", "c", "c", "c"}, {attr("spatial", std::int64_t{1})}, 1,
       [](const Ir&, const Node& n) {
         CHECK(n.unsupported.empty());
         CHECK_FALSE(n.attributes.has("spatial"));
       }},
      {"QuantizeLinear", 21, {"x", "ratio"}, {attr("output_dtype", std::int64_t{3}), attr("saturate", std::int64_t{1})}, 1,
       [](const Ir& ir, const Node& n) {
         no_attributes(ir, n);
         REQUIRE_FALSE(absent(n, 2));
         CHECK(ir.value(n.inputs[2]).constant.type() == DataType::int8);
         CHECK(ir.value(n.inputs[2]).constant.element_count() == 1);
       }},
      {"DequantizeLinear", 23, {"byte", "ratio"}, {attr("output_dtype", std::int64_t{1}), attr("block_size", std::int64_t{0})}, 1, no_attributes},
      {"Scatter", 9, {"x", "k", "x"}, {}, 1, [](const Ir&, const Node& n) { CHECK(n.op == Op::ScatterElements); }},
      {"Cast", 7, {"x"}, {attr("to", std::int64_t{8})}, 1, [](const Ir&, const Node& n) { CHECK(n.unsupported == "Cast to string"); }},
      {"EyeLike", 9, {"x"}, {attr("dtype", std::int64_t{15})}, 1,
       [](const Ir&, const Node& n) { CHECK(n.unsupported == "EyeLike to complex128"); }},
      {"Scan", 8, {"", "x"}, {proto::attr_graph("body", copies_element()), attr("num_scan_inputs", std::int64_t{1}), attr("directions", Ints{1})}, 1,
       [](const Ir&, const Node& n) {
         CHECK(n.unsupported.empty());
         CHECK(n.attributes.integer("batched", 0) == 1);
         CHECK(n.attributes.integers("scan_input_directions") == Ints{1});
         CHECK_FALSE(n.attributes.has("directions"));
       }},
      {"PRelu", 6, {"image", "c"}, {}, 1, aligned},
      {"Gemm", 6, {"x", "x", "c"}, {attr("broadcast", std::int64_t{1})}, 1, no_attributes},
      {"BatchNormalization", 6, {"x", "c", "c", "c", "c"}, {attr("is_test", std::int64_t{1})}, 1, no_attributes},
      {"Dropout", 6, {"x"}, {attr("is_test", std::int64_t{1})}, 1, no_attributes},
      {"Reshape", 1, {"x"}, {attr("shape", Ints{4, 2})}, 1, moved("shape", {4, 2})},
      {"Concat", 1, {"x", "x"}, {}, 1, [](const Ir&, const Node& n) { CHECK(n.attributes.integer("axis", 9) == 1); }},
      {"Pad", 1, {"x"}, {attr("paddings", Ints{0, 1, 0, 1})}, 1, moved("pads", {0, 1, 0, 1})},
      {"Cast", 1, {"x"}, {attr("to", "INT64")}, 1, [](const Ir&, const Node& n) { CHECK(n.attributes.integer("to", 0) == 7); }},
      {"Selu", 1, {"x"}, {}, 1, [](const Ir&, const Node& n) { CHECK(n.attributes.number("alpha", 0) == 1.6732f); }},
  };
  for (const char* op : {"Add", "Sub", "Mul", "Div", "Pow", "And", "Or", "Xor", "Equal", "Greater", "Less"})
    all.push_back({op, 6, {"image", "c"}, {attr("broadcast", std::int64_t{1}), attr("axis", std::int64_t{1})}, 1, aligned});
  for (const char* op : {"RNN", "GRU", "LSTM"})
    all.push_back({op, 6, {"image", "image", "image"}, {attr("output_sequence", std::int64_t{1})}, 1, no_attributes});
  for (const char* op : {"LpPool", "GlobalLpPool", "Split", "Tile", "Upsample"})
    all.push_back({op, 1, {"x"}, {}, 1,
                   [op](const Ir&, const Node& n) { CHECK(n.unsupported == std::string(op) + " as it was in opset 1"); }});
  for (const char* op : {"ReduceSum", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin",
                         "ReduceProd", "ReduceSumSquare"})
    all.push_back({op, 7, {"x"}, {attr("axes", Ints{1}), attr("keepdims", std::int64_t{0})}, 1, moved("axes", {1})});
  return all;
}

}  // namespace

TEST_CASE("every step of the table does what its case says") {
  const std::vector<Case> all = cases();
  for (const Case& c : all) {
    CAPTURE(c.op);
    CAPTURE(c.opset);
    const Source s = upgrade(c.op, c.opset, c.inputs, c.attributes, c.outputs);
    c.check(s.ir, node_of(s.ir, "n"));
  }
  for (const UpgradeStep& step : upgrade_steps()) {
    if (step.op.starts_with("Q") && step.op != "QuantizeLinear") continue;  // of com.microsoft, see below
    CAPTURE(step.op);
    CAPTURE(step.first);
    CHECK(step.first <= step.last);
    CHECK(std::any_of(all.begin(), all.end(),
                      [&](const Case& c) { return step.op == c.op && c.opset >= step.first && c.opset <= step.last; }));
  }
}

TEST_CASE("the last opset before a change still has the old form, the next one the new") {
  const Source squeeze12 = upgrade("Squeeze", 12, {"x"}, {attr("axes", Ints{0})});
  CHECK(ints(squeeze12.ir, squeeze12.ir.nodes[0], 1) == Ints{0});
  const Source squeeze13 = upgrade("Squeeze", 13, {"x", "axes"}, {});
  CHECK(input_name(squeeze13.ir, squeeze13.ir.nodes[0], 1) == "axes");
  const Source mean17 = upgrade("ReduceMean", 17, {"x"}, {attr("axes", Ints{1})});
  CHECK(ints(mean17.ir, mean17.ir.nodes[0], 1) == Ints{1});
  const Source mean18 = upgrade("ReduceMean", 18, {"x", "axes"}, {});
  CHECK(input_name(mean18.ir, mean18.ir.nodes[0], 1) == "axes");
  CHECK(upgrade("Softmax", 13, {"image"}, {}).ir.nodes[0].attributes.all().empty());
  CHECK_FALSE(upgrade("Softmax", 12, {"x"}, {attr("axis", std::int64_t{-1})}).ir.nodes[0].attributes.has("flatten_axis_semantics"));
}

TEST_CASE("empty axes mean all axes") { CHECK(upgrade("ReduceMax", 11, {"x"}, {attr("axes", Ints{})}).ir.nodes[0].inputs.size() == 1); }

TEST_CASE("ranks come from inference where the file states none") {
  // The rank of "f" follows from Flatten, so that Softmax over its last axis needs no old semantics.
  proto::Model m;
  m.opset = 9;
  m.inputs = {proto::value("x", 1, {1, 2, 3, 4})};
  m.nodes = {proto::node("Flatten", {"x"}, {"f"}), proto::node("Softmax", {"f"}, {"y"}, {}, "n")};
  m.outputs = {proto::value("y")};
  const Source s = read(m);
  CHECK_FALSE(node_of(s.ir, "n").attributes.has("flatten_axis_semantics"));
  // What was inferred stays out of the source: it holds what the file says.
  CHECK_FALSE(value_of(s.ir, "f").shape.has_value());
}

namespace {

/// A node of com.microsoft on bytes x, with scale s, zero point z, a matrix w and a bias b.
Source microsoft(const std::string& op, const std::vector<std::string>& inputs, const std::vector<std::string>& attributes) {
  proto::Model m;
  m.opset = 17;
  m.inputs = {proto::value("x", 2, {2, 4})};
  m.initialisers = {proto::floats("s", {}, {0.5f}), proto::tensor("z", {}, 2, "\x07"), proto::tensor("w", {4, 1}, 2, "1234"),
                    proto::tensor("b", {1}, 6, std::string(4, '\1'))};
  m.nodes = {proto::node(op, inputs, {"y"}, attributes, "n", "com.microsoft")};
  m.outputs = {proto::value("y")};
  return read(m);
}

}  // namespace

TEST_CASE("operators of com.microsoft that a quantizer writes") {
  const std::vector<std::string> with_bias = {"x", "s", "z", "w", "s", "z", "b", "s", "z"};
  {
    const Source s = microsoft("QGemm", with_bias, {attr("alpha", 1.0f), attr("transB", std::int64_t{0})});
    const Node& n = node_of(s.ir, "n");
    CHECK(n.unsupported == "");
    CHECK(n.op == Op::QLinearMatMul);
    REQUIRE(n.inputs.size() == 9);
    CHECK(input_name(s.ir, n, 7) == "z");
    CHECK(input_name(s.ir, n, 8) == "b");
  }
  const auto reason = [](const std::string& op, const std::vector<std::string>& inputs, const std::vector<std::string>& attributes = {}) {
    return node_of(microsoft(op, inputs, attributes).ir, "n").unsupported;
  };
  CHECK(reason("QGemm", with_bias, {attr("alpha", 2.0f)}) == "QGemm with alpha other than 1");
  CHECK(reason("QGemm", with_bias, {attr("transA", std::int64_t{1})}) == "QGemm with transA");
  CHECK(reason("QGemm", {"x", "s", "z", "w", "s", "z", "b"}) == "QGemm that gives floats");
  CHECK(reason("QLinearAdd", {"x", "s", "z", "x", "s", "z", "s", "z"}) == "");
  CHECK(reason("QLinearGlobalAveragePool", {"x", "s", "z", "s", "z"}) == "");
  CHECK(reason("QLinearSoftmax", {"x", "s", "z", "s", "z"}, {attr("opset", std::int64_t{13})}) == "");
  CHECK(reason("QLinearSoftmax", {"x", "s", "z", "s", "z"}, {attr("opset", std::int64_t{11}), attr("axis", std::int64_t{0})}) ==
        "QLinearSoftmax of several axes at once");
  CHECK(reason("QLinearMul", {"x", "s", "z", "x", "s", "z", "s", "z"}) == "operator 'QLinearMul' of domain 'com.microsoft' is not implemented");
  CHECK(reason("Relu", {"x"}) == "operator 'Relu' of domain 'com.microsoft' is not implemented");
}

TEST_CASE("numbers take the type of the data") {
  proto::Model m;
  m.opset = 9;
  m.inputs = {proto::value("x", 10, {2})};
  m.nodes = {proto::node("Clip", {"x"}, {"y"}, {attr("min", 0.0f), attr("max", 6.0f)}, "n")};
  m.outputs = {proto::value("y", 10, {2})};
  const Source s = read(m);
  const Tensor& top = s.ir.value(node_of(s.ir, "n").inputs[2]).constant;
  CHECK(top.type() == DataType::float16);
  CHECK(static_cast<const std::uint16_t*>(top.data())[0] == 0x4600);  // 6 in binary16
}

TEST_CASE("forms without an opset-17 equivalent are reasons") {
  const auto reason = [](const char* op, int opset, const std::vector<std::string>& inputs, const std::vector<std::string>& attributes,
                         int outputs = 1) { return upgrade(op, opset, inputs, attributes, outputs).ir.nodes[0].unsupported; };
  CHECK(reason("BatchNormalization", 7, {"x", "c", "c", "c", "c"}, {attr("spatial", std::int64_t{0})}) == "BatchNormalization with spatial = 0");
  CHECK(reason("BatchNormalization", 9, {"x", "c", "c", "c", "c"}, {}, 5) == "BatchNormalization in training mode");
  CHECK(reason("BatchNormalization", 15, {"x", "c", "c", "c", "c"}, {attr("training_mode", std::int64_t{1})}) ==
        "BatchNormalization in training mode");
  CHECK(reason("Resize", 10, {"x", "mixed"}, {}) == "Resize of opset 10 that enlarges one axis and shrinks another");
  const std::vector<std::string> at_axis = {attr("broadcast", std::int64_t{1}), attr("axis", std::int64_t{0})};
  CHECK(reason("Add", 6, {"image", "x"}, at_axis) == "Add of opset 6 at an axis, with an operand that is not constant");
  CHECK(reason("PRelu", 6, {"image", "x"}, {}) == "PRelu of opset 6 with data or slope of unknown rank");
  CHECK(reason("Dropout", 6, {"x"}, {}) == "Dropout in training mode");
  CHECK(reason("QuantizeLinear", 21, {"x", "ratio"}, {attr("block_size", std::int64_t{2})}) == "QuantizeLinear in blocks");
  CHECK(reason("QuantizeLinear", 21, {"x", "ratio"}, {attr("output_dtype", std::int64_t{4})}) == "QuantizeLinear to uint16");
  CHECK(reason("QuantizeLinear", 23, {"x", "ratio"}, {attr("precision", std::int64_t{10})}) == "QuantizeLinear computed in float16");
  CHECK(reason("QuantizeLinear", 10, {"k", "ratio"}, {}) == "QuantizeLinear with int64");
  CHECK(reason("DequantizeLinear", 10, {"k", "ratio"}, {}) == "DequantizeLinear with int64");
}

TEST_CASE("missing and contradictory attributes are damage") {
  const auto check = [](const char* op, int opset, const std::vector<std::string>& inputs, const std::vector<std::string>& attributes) {
    const Error error = error_of([&] { upgrade(op, opset, inputs, attributes); });
    CHECK(error.code() == ErrorCode::invalid_model);
    CHECK(says(error, "'n'"));
  };
  check("Unsqueeze", 11, {"x"}, {});
  check("Slice", 9, {"x"}, {attr("starts", Ints{0})});
  check("Squeeze", 11, {"x", "axes"}, {attr("axes", Ints{0})});
  check("Squeeze", 11, {"x"}, {attr("axes", "zero")});
  check("Softmax", 9, {}, {});
  check("Cast", 1, {"x"}, {attr("to", "WORD")});
  check("Add", 6, {"x", "image"}, {attr("broadcast", std::int64_t{1}), attr("axis", std::int64_t{1})});
  check("Split", 18, {"x"}, {attr("num_outputs", std::int64_t{3})});
}

TEST_CASE("constants that upgrades make have names of their own") {
  proto::Model m;
  m.opset = 11;
  m.inputs = {proto::value("x", 1, {1, 2})};
  m.nodes = {proto::node("Squeeze", {"x"}, {"n:axes"}, {attr("axes", Ints{0})}, "n")};  // the file took the obvious name
  m.outputs = {proto::value("n:axes", 1, {2})};
  const Source s = read(m);
  CHECK(input_name(s.ir, s.ir.nodes[0], 1) == "n:axes_2");
}
