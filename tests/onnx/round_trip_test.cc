// SPDX-License-Identifier: Apache-2.0
// Writing: what came from a file goes back as its own bytes, what did not is written in opset-17 form.
#include <sys/mman.h>

#include <protozero/pbf_reader.hpp>

#include "dnntune/builder.h"
#include "dnntune/onnx.h"
#include "onnx/model_proto.h"
#include "onnx/model_writer.h"
#include "onnx/reading.h"
#include "onnx/temporary_folder.h"

using namespace dnntune;
using namespace dnntune::onnx;
using proto::attr;

namespace {

std::string text_of(const std::vector<std::byte>& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// The messages of one list of a written model, as text.
std::vector<std::string> list_of(const std::vector<std::byte>& model, std::vector<Bytes> ModelFields::*list) {
  const ModelFields fields = read_model_fields(model);
  std::vector<std::string> texts;
  for (const Bytes bytes : fields.*list) texts.emplace_back(to_text(bytes));
  return texts;
}

const LoadOptions kAll{.dims = {}, .input_shapes = {}, .allow_unsupported = true};

}  // namespace

TEST_CASE("the outputs of a part have types, whatever the file left unsaid") {
  proto::Model m;
  m.inputs = {proto::value("x", 1, {2, 3})};
  m.nodes = {proto::node("Relu", {"x"}, {"a"}), proto::node("Sigmoid", {"a"}, {"y"})};
  m.outputs = {proto::value("y", 1, {2, 3})};
  const std::string bytes = m.bytes();
  const auto part = serialize_onnx(parse_onnx(proto::bytes(bytes)).extract({"x"}, {"a"}));
  CHECK(parse_onnx(part).outputs()[0].type == DataType::float32);
  // elem_type (field 1) of the tensor type (field 1) of the type (field 2) of the output "a".
  const std::string text(reinterpret_cast<const char*>(part.data()), part.size());
  CHECK(text.find(std::string("\x0a\x01" "a\x12\x04\x0a\x02\x08\x01", 9)) != std::string::npos);
}

TEST_CASE("nodes, weights and inputs are written as they were read") {
  const proto::Model m = proto::small_model();
  const std::string bytes = m.bytes();
  const Graph graph = parse_onnx(proto::bytes(bytes));
  const auto written = serialize_onnx(graph);
  CHECK(list_of(written, &ModelFields::nodes) == m.nodes);
  CHECK(list_of(written, &ModelFields::initialisers) == m.initialisers);
  CHECK(list_of(written, &ModelFields::inputs) == m.inputs);
  CHECK(list_of(written, &ModelFields::outputs) == m.outputs);
  const Graph back = parse_onnx(written);
  CHECK(back.hash() == graph.hash());
  CHECK(back.name() == graph.name());
  CHECK(serialize_onnx(back) == written);
}

TEST_CASE("upgrades do not leak into the file") {
  proto::Model m;
  m.opset = 9;
  m.ir_version = 4;
  m.inputs = {proto::value("x", 1, {1, 4})};
  m.nodes = {proto::node("Clip", {"x"}, {"c"}, {attr("min", 0.0f), attr("max", 6.0f)}),
             proto::node("Slice", {"c"}, {"s"}, {attr("starts", std::vector<std::int64_t>{1}), attr("ends", std::vector<std::int64_t>{3}),
                                                 attr("axes", std::vector<std::int64_t>{1})}),
             proto::node("Softmax", {"s"}, {"y"})};
  m.outputs = {proto::value("y", 1, {1, 2})};
  const std::string bytes = m.bytes();
  const Graph graph = parse_onnx(proto::bytes(bytes));
  const auto written = serialize_onnx(graph);
  CHECK(list_of(written, &ModelFields::nodes) == m.nodes);
  CHECK(list_of(written, &ModelFields::initialisers).empty());
  CHECK(read_model_fields(written).opset == 9);
  CHECK(parse_onnx(written).hash() == graph.hash());
}

TEST_CASE("old files list initialisers as inputs again") {
  proto::Model m = proto::small_model();
  m.ir_version = 3;
  for (const char* name : {"w", "b", "fc"}) m.inputs.push_back(proto::value(name, 1, {1}));
  const std::string bytes = m.bytes();
  const auto written = serialize_onnx(parse_onnx(proto::bytes(bytes)));
  CHECK(list_of(written, &ModelFields::inputs).size() == 4);
  CHECK(parse_onnx(written).inputs().size() == 1);
}

TEST_CASE("functions, documents and fields of later versions survive") {
  proto::Model m = proto::small_model();
  m.other_opsets = {{"com.example", 3}};
  const auto field = [](int tag, const std::string& text) {
    std::string out;
    protozero::pbf_writer(out).add_bytes(static_cast<protozero::pbf_tag_type>(tag), text);
    return out;
  };
  m.model_extra = field(25, field(1, "function") + field(10, "com.example")) + field(6, "document") + field(999, "later");
  m.extra = field(14, "annotation") + field(10, "graph document");
  const std::string bytes = m.bytes();
  const std::string written = text_of(serialize_onnx(parse_onnx(proto::bytes(bytes))));
  for (const char* text : {"function", "document", "later", "annotation", "graph document", "com.example", "seed"}) {
    CAPTURE(text);
    CHECK(written.find(text) != std::string::npos);
  }
}

TEST_CASE("what cannot run is written as it was") {
  proto::Graph inner;
  inner.nodes = {proto::node("Add", {"x", "w"}, {"r"})};
  inner.outputs = {proto::value("r")};
  proto::Model m;
  m.inputs = {proto::value("x", 1, {2}), proto::value("f", 9, {}), proto::sequence("s")};
  std::string strings = proto::tensor("labels", {1}, 8, "");
  m.initialisers = {proto::floats("w", {2}, {1, 2}), strings};
  m.nodes = {proto::node("If", {"f"}, {"y"}, {proto::attr_graph("then_branch", inner.bytes()), proto::attr_graph("else_branch", inner.bytes())}),
             proto::node("SequenceAt", {"s", "f"}, {"z"}), proto::node("Lookup", {"labels", "y"}, {"q"}, {}, "", "com.example")};
  m.outputs = {proto::value("y", 1, {2}), proto::sequence("z"), proto::value("q", 8, {2})};
  const std::string bytes = m.bytes();
  const Graph graph = parse_onnx(proto::bytes(bytes), kAll);
  const auto written = serialize_onnx(graph);
  CHECK(list_of(written, &ModelFields::nodes) == m.nodes);
  auto initialisers = list_of(written, &ModelFields::initialisers);
  CHECK(initialisers.size() == 2);
  CHECK(std::find(initialisers.begin(), initialisers.end(), strings) != initialisers.end());
  CHECK(list_of(written, &ModelFields::inputs) == m.inputs);
  CHECK(list_of(written, &ModelFields::outputs) == m.outputs);
  const Graph back = parse_onnx(written, kAll);
  CHECK(back.hash() == graph.hash());
  CHECK(back.unsupported() == graph.unsupported());
}

TEST_CASE("the identity depends on what the library cannot hold") {
  const auto hash = [](const std::string& label) {
    proto::Model m;
    m.inputs = {proto::value("x", 1, {2})};
    std::string strings = proto::tensor("labels", {1}, 8, "");
    protozero::pbf_writer(strings).add_bytes(6, label);
    m.initialisers = {strings};
    m.nodes = {proto::node("Lookup", {"labels", "x"}, {"y"}, {}, "", "com.example")};
    m.outputs = {proto::value("y", 1, {2})};
    const std::string bytes = m.bytes();
    return parse_onnx(proto::bytes(bytes), kAll).hash();
  };
  CHECK(hash("cat") == hash("cat"));
  CHECK(hash("cat") != hash("dog"));
}

TEST_CASE("a part of a network is written with its own weights only") {
  const std::string bytes = proto::small_model().bytes();
  const Graph graph = parse_onnx(proto::bytes(bytes));
  const Graph part = graph.extract({"p"}, {"y"});
  const auto written = serialize_onnx(part);
  CHECK(list_of(written, &ModelFields::nodes).size() == 2);
  CHECK(list_of(written, &ModelFields::initialisers).size() == 1);
  const Graph back = parse_onnx(written);
  REQUIRE(back.inputs().size() == 1);
  CHECK(back.inputs()[0].name == "p");
  CHECK(back.hash() == part.hash());
}

TEST_CASE("a network from code is written in opset-17 form") {
  GraphBuilder b("built");
  const auto x = b.input("x", DataType::float32, {1, 3, 8, 8});
  const auto w = b.constant("w", Tensor(DataType::float32, {4, 3, 3, 3}));
  const auto c = b.node("Conv", {x, w}, {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}, {"auto_pad", std::string("NOTSET")}}, "conv");
  const auto k = b.node("Constant", {}, {{"value", Tensor::from<std::int64_t>({2}, std::vector<std::int64_t>{1, -1})}}, "target");
  const auto r = b.node("LeakyRelu", {c}, {{"alpha", 0.5f}});
  b.output(b.node("Reshape", {r, k}, {}, "flat"));
  b.metadata("seed", "7");
  const Graph graph = b.build();
  const auto written = serialize_onnx(graph);
  const ModelFields fields = read_model_fields(written);
  CHECK(fields.opset == 17);
  CHECK(fields.info.ir_version == 8);
  CHECK(fields.info.metadata == std::vector<std::pair<std::string, std::string>>{{"seed", "7"}});
  CHECK(fields.nodes.size() == 4);
  const Graph back = parse_onnx(written);
  CHECK(back.hash() == graph.hash());
  CHECK(back.outputs()[0].shape == Shape{1, 256});

  const TemporaryFolder folder;
  save_onnx(graph, folder.path / "built.onnx");
  CHECK(load_onnx(folder.path / "built.onnx").hash() == graph.hash());
}

TEST_CASE("open and scalar shapes survive") {
  proto::Model m;
  m.inputs = {proto::value("x", 1, {"n", "", 3}), proto::value("s", 1, {})};
  m.nodes = {proto::node("Mul", {"x", "s"}, {"y"})};
  m.outputs = {proto::value("y", 1, {"n", "", 3})};
  const std::string bytes = m.bytes();
  const auto written = serialize_onnx(parse_onnx(proto::bytes(bytes)));
  CHECK(list_of(written, &ModelFields::inputs) == m.inputs);
  CHECK(list_of(written, &ModelFields::outputs) == m.outputs);
}

TEST_CASE("a network beyond two gigabytes is refused before it is written") {
  // Address space without memory behind it: the size check must come before the copy.
  const std::size_t size = std::size_t{1} << 31;
  void* space = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  REQUIRE(space != MAP_FAILED);
  graph::Ir ir;
  graph::Value weight;
  weight.name = "w";
  weight.type = DataType::uint8;
  weight.shape = Shape{static_cast<std::int64_t>(size)};
  weight.constant = Tensor::borrow(DataType::uint8, *weight.shape, space);
  ir.outputs = {ir.add_value(std::move(weight))};
  const Error error = error_of([&] { write_model(ir, {}); });
  CHECK(error.code() == ErrorCode::limit_exceeded);
  ::munmap(space, size);
}

TEST_CASE("saving replaces the file or leaves it alone") {
  const TemporaryFolder folder;
  const std::string bytes = proto::small_model().bytes();
  const Graph graph = parse_onnx(proto::bytes(bytes));
  CHECK_THROWS_AS(save_onnx(graph, folder.path / "missing/model.onnx"), Error);
  save_onnx(graph, folder.path / "model.onnx");
  save_onnx(graph, folder.path / "model.onnx");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path), {}) == 1);
}
