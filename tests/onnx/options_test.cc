// SPDX-License-Identifier: Apache-2.0
// LoadOptions: symbolic dimensions and input shapes.
#include "dnntune/onnx.h"
#include "onnx/reading.h"
#include "onnx/temporary_folder.h"

using namespace dnntune;
using namespace dnntune::onnx;

namespace {

const std::string& model() {
  static const std::string bytes = [] {
    proto::Model m;
    m.inputs = {proto::value("x", 1, {"batch", "length", 3}), proto::value("z", 1, {"batch", 1, 3})};
    m.nodes = {proto::node("Add", {"x", "z"}, {"y"}, {}, "add")};
    m.outputs = {proto::value("y", 1, {"batch", "length", 3})};
    return m.bytes();
  }();
  return bytes;
}

Graph parse(const LoadOptions& options) { return parse_onnx(proto::bytes(model()), options); }

}  // namespace

TEST_CASE("open dimensions are 1 unless they are given") {
  CHECK(parse({}).outputs()[0].shape == Shape{1, 1, 3});
  CHECK(parse({.dims = {{"length", 5}}, .input_shapes = {}}).outputs()[0].shape == Shape{1, 5, 3});
  CHECK(parse({.dims = {{"length", 5}, {"batch", 2}}, .input_shapes = {}}).outputs()[0].shape == Shape{2, 5, 3});
  CHECK(parse({.dims = {{"length", 5}}, .input_shapes = {{"x", {1, 7, 3}}}}).outputs()[0].shape == Shape{1, 7, 3});
}

TEST_CASE("the choice does not change the network's identity or its file") {
  CHECK(parse({.dims = {{"length", 5}}, .input_shapes = {}}).hash() == parse({}).hash());
  CHECK(serialize_onnx(parse({.dims = {{"length", 5}}, .input_shapes = {}})) == serialize_onnx(parse({})));
}

TEST_CASE("wrong options are named") {
  const auto check = [](const LoadOptions& options, const char* text) {
    const Error error = error_of([&] { parse(options); });
    CAPTURE(error.what());
    CHECK(error.code() == ErrorCode::invalid_argument);
    CHECK(says(error, text));
  };
  check({.dims = {{"width", 5}}, .input_shapes = {}}, "the open dimensions are: batch, length");
  check({.dims = {{"batch", 0}}, .input_shapes = {}}, "at least 1");
  check({.dims = {}, .input_shapes = {{"w", {1}}}}, "no input 'w'");
  check({.dims = {}, .input_shapes = {{"x", {1, 2}}}}, "rank");
  check({.dims = {}, .input_shapes = {{"x", {1, -1, 3}}}}, "negative");
}

TEST_CASE("a graph without a name has its file's") {
  const TemporaryFolder folder;
  proto::Model m = proto::small_model();
  m.name.clear();
  CHECK(load_onnx(folder.write("tiny.onnx", m.bytes())).name() == "tiny");
  CHECK(error_of([&] { load_onnx(folder.path / "none.onnx"); }).code() == ErrorCode::not_found);
}
