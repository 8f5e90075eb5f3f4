// SPDX-License-Identifier: Apache-2.0
#include "dnntune/builder.h"

#include <functional>

#include "dnntune/onnx.h"
#include "onnx/reading.h"

using namespace dnntune;
using namespace dnntune::onnx;

namespace {

ErrorCode code_of(const std::function<void()>& body) { return error_of(body).code(); }

}  // namespace

TEST_CASE("names are made and made unique") {
  GraphBuilder b("net");
  CHECK(b.input("x", DataType::float32, {2, 3}) == "x");
  CHECK(b.node("Relu", {"x"}) == "Relu_0");
  CHECK(b.node("Relu", {"x"}, {}, "act") == "act");
  CHECK(b.node("Relu", {"x"}, {}, "act") == "act_2");
  CHECK(b.constant("x", Tensor(DataType::float32, {1})) == "x_2");
  CHECK(b.node_multi("Split", {"x"}, 2, {{"axis", std::int64_t{0}}}, "halves") == std::vector<std::string>{"halves_0", "halves_1"});
}

TEST_CASE("shapes are known as soon as a node is there") {
  GraphBuilder b("net");
  const auto x = b.input("x", DataType::float32, {1, 3, 8, 8});
  const auto w = b.constant("w", Tensor(DataType::float32, {4, 3, 3, 3}));
  const auto c = b.node("Conv", {x, w}, {{"strides", std::vector<std::int64_t>{2, 2}}});
  CHECK(b.shape_of(c) == Shape{1, 4, 3, 3});
  const auto halves = b.node_multi("Split", {c}, 2, {{"axis", std::int64_t{1}}});
  CHECK(b.shape_of(halves[1]) == Shape{1, 2, 3, 3});
  const auto clipped = b.node("Clip", {halves[0], "", b.constant("six", Tensor::from<float>({}, std::vector<float>{6}))});
  CHECK(b.shape_of(clipped) == Shape{1, 2, 3, 3});
  CHECK(code_of([&] { b.shape_of("nothing"); }) == ErrorCode::invalid_argument);
}

TEST_CASE("a wrong call throws there and changes nothing") {
  GraphBuilder b("net");
  b.input("x", DataType::float32, {2, 3});
  const auto w = b.constant("w", Tensor(DataType::float32, {4, 5}));
  CHECK(code_of([&] { b.node("Nonsense", {"x"}); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { b.node("Relu", {"y"}); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { b.node("Add", {"x"}); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { b.node("MatMul", {"x", w}, {}, "product"); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { b.node("MatMul", {"x", w, w}); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { b.node("LeakyRelu", {"x"}, {{"alpha", std::int64_t{1}}}); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { b.node("Cast", {"x"}); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { b.node_multi("Relu", {"x"}, 2); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { b.node_multi("Relu", {"x"}, 0); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { b.input("x", DataType::float32, {1}); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { b.input("", DataType::float32, {1}); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { b.input("z", DataType::undefined, {1}); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { b.input("z", DataType::float32, {-2}); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { b.input("bad\xff", DataType::float32, {1}); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { b.constant("c", Tensor()); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { b.output("nowhere"); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { b.build(); }) == ErrorCode::invalid_argument);
  // The failed product left its name free.
  CHECK(b.node("Relu", {"x"}, {}, "product") == "product");
  b.output("product");
  CHECK(code_of([&] { b.output("product"); }) == ErrorCode::invalid_argument);
  const Graph graph = b.build();
  CHECK(graph.node_count() == 1);
  CHECK(graph.layers().size() == 1);
}

TEST_CASE("the builder is empty after build") {
  GraphBuilder b("net");
  b.output(b.node("Relu", {b.input("x", DataType::float32, {2})}));
  CHECK(b.build().name() == "net");
  CHECK(code_of([&] { b.shape_of("x"); }) == ErrorCode::invalid_argument);
  b.output(b.node("Neg", {b.input("x", DataType::float32, {3})}));
  CHECK(b.build().inputs()[0].shape == Shape{3});
}

TEST_CASE("open dimensions are allowed") {
  GraphBuilder b("net");
  b.output(b.node("Relu", {b.input("x", DataType::float32, {-1, 3})}));
  CHECK(b.build().outputs()[0].shape == Shape{1, 3});
}

TEST_CASE("axes may be an attribute or an input; opset-17 files say them as that opset does") {
  GraphBuilder b("net");
  const auto x = b.input("x", DataType::float32, {2, 3, 4});
  const auto axes = b.constant("last", Tensor::from<std::int64_t>({1}, std::vector<std::int64_t>{-1}));
  const NodeAttributes first = {{"axes", std::vector<std::int64_t>{0}}, {"keepdims", std::int64_t{0}}};
  const std::vector<std::string> reduced = {b.node("ReduceMean", {x}, first), b.node("ReduceMax", {x, axes}, {{"keepdims", std::int64_t{0}}}),
                                            b.node("ReduceSum", {x}, first), b.node("Unsqueeze", {x}, {first[0]}),
                                            b.node("ReduceMin", {x}, {{"axes", std::vector<std::int64_t>{}}})};
  const std::vector<Shape> shapes = {{3, 4}, {2, 3}, {3, 4}, {1, 2, 3, 4}, {1, 1, 1}};
  for (std::size_t i = 0; i < reduced.size(); ++i) {
    CHECK(b.shape_of(reduced[i]) == shapes[i]);
    b.output(reduced[i]);
  }
  CHECK(code_of([&] { b.node("ReduceMean", {x, axes}, first); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { b.node("ReduceMean", {x}, {{"noop_with_empty_axes", std::int64_t{1}}}); }) == ErrorCode::invalid_argument);
  const auto wanted = b.input("wanted", DataType::int64, {1});
  CHECK(code_of([&] { b.node("ReduceMean", {x, wanted}); }) == ErrorCode::invalid_argument);

  const auto file = serialize_onnx(b.build());
  const Graph again = parse_onnx(file);
  for (std::size_t i = 0; i < reduced.size(); ++i) CHECK(again.outputs()[i].shape == shapes[i]);
  // As many attributes called "axes" as ReduceMean and ReduceMax need; ReduceSum and Unsqueeze have inputs.
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  std::size_t attributes = 0;
  for (auto at = text.find("\x0a\x04" "axes"); at != text.npos; at = text.find("\x0a\x04" "axes", at + 1)) ++attributes;
  CHECK(attributes == 2);
}
