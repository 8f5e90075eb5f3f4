// SPDX-License-Identifier: Apache-2.0
#include "dnntune/onnx.h"
#include "graph/graph_impl.h"
#include "onnx/reading.h"
#include "onnx/temporary_folder.h"

using namespace dnntune;
using namespace dnntune::onnx;
using Entries = std::vector<std::pair<std::string, std::string>>;

namespace {

/// A float tensor [2] whose elements are elsewhere.
std::string external_tensor(const std::string& name, const Entries& entries) {
  std::string out;
  protozero::pbf_writer w(out);
  w.add_int64(1, 2);
  w.add_int32(2, 1);
  w.add_string(8, name);
  for (const auto& [key, value] : entries) {
    std::string entry;
    protozero::pbf_writer e(entry);
    e.add_string(1, key);
    e.add_string(2, value);
    w.add_message(13, entry);
  }
  w.add_enum(14, 1);
  return out;
}

std::string model_with(const Entries& entries) {
  proto::Model m;
  m.inputs = {proto::value("x", 1, {2})};
  m.initialisers = {external_tensor("w", entries)};
  m.nodes = {proto::node("Add", {"x", "w"}, {"y"}, {}, "add")};
  m.outputs = {proto::value("y", 1, {2})};
  return m.bytes();
}

const std::string kWeights = proto::raw(std::vector<float>{9, 9, 1.5f, 2.5f});

std::vector<float> weights_of(const Graph& graph) {
  const auto data = value_of(graph.impl().source, "w").constant.as<float>();
  return {data.begin(), data.end()};
}

}  // namespace

TEST_CASE("weights in a file beside the model are mapped") {
  const TemporaryFolder folder;
  folder.write("weights.bin", kWeights);
  folder.write("sub/weights.bin", kWeights);
  for (const char* location : {"weights.bin", "sub/weights.bin", "./weights.bin"}) {
    const auto path = folder.write("model.onnx", model_with({{"location", location}, {"offset", "8"}, {"length", "8"}, {"checksum", "x"}}));
    CHECK(weights_of(load_onnx(path)) == std::vector<float>{1.5f, 2.5f});
  }
  // Without length, type and shape say how much.
  CHECK(weights_of(load_onnx(folder.write("model.onnx", model_with({{"location", "weights.bin"}})))) == std::vector<float>{9, 9});
}

TEST_CASE("saving a model takes external weights in") {
  const TemporaryFolder folder;
  folder.write("weights.bin", kWeights);
  const Graph graph = load_onnx(folder.write("model.onnx", model_with({{"location", "weights.bin"}, {"offset", "8"}})));
  const Graph back = parse_onnx(serialize_onnx(graph));
  CHECK(weights_of(back) == std::vector<float>{1.5f, 2.5f});
  CHECK(back.hash() == graph.hash());
}

TEST_CASE("a Constant node with external data is written with its elements") {
  const TemporaryFolder folder;
  folder.write("weights.bin", kWeights);
  proto::Model m;
  m.inputs = {proto::value("x", 1, {2})};
  m.nodes = {proto::node("Constant", {}, {"w"}, {proto::attr_tensor("value", external_tensor("", {{"location", "weights.bin"}}))}, "k"),
             proto::node("Add", {"x", "w"}, {"y"}, {}, "add")};
  m.outputs = {proto::value("y", 1, {2})};
  const Graph graph = load_onnx(folder.write("model.onnx", m.bytes()));
  CHECK(parse_onnx(serialize_onnx(graph)).hash() == graph.hash());
}

TEST_CASE("sub-graphs with external weights load but cannot be written into one file") {
  const TemporaryFolder folder;
  folder.write("weights.bin", kWeights);
  proto::Graph inner;
  inner.initialisers = {external_tensor("v", {{"location", "weights.bin"}})};
  inner.nodes = {proto::node("Add", {"x", "v"}, {"r"})};
  inner.outputs = {proto::value("r")};
  proto::Model m;
  m.inputs = {proto::value("x", 1, {2}), proto::value("f", 9, {})};
  m.nodes = {proto::node("If", {"f"}, {"y"}, {proto::attr_graph("then_branch", inner.bytes()), proto::attr_graph("else_branch", inner.bytes())}, "branch")};
  m.outputs = {proto::value("y", 1, {2})};
  const Graph graph = load_onnx(folder.write("model.onnx", m.bytes()), {.dims = {}, .input_shapes = {}, .allow_unsupported = true});
  const Error error = error_of([&] { serialize_onnx(graph); });
  CHECK(error.code() == ErrorCode::unsupported);
  CHECK(says(error, "'branch'"));
}

TEST_CASE("locations outside the model's folder and wrong ranges are refused") {
  const TemporaryFolder folder;
  folder.write("secret.bin", kWeights);
  folder.write("models/weights.bin", kWeights);
  std::filesystem::create_symlink(folder.path / "secret.bin", folder.path / "models/link.bin");
  std::filesystem::create_directory_symlink(folder.path, folder.path / "models/up");
  std::filesystem::create_symlink("weights.bin", folder.path / "models/inner.bin");
  const auto load = [&](const Entries& entries) { return load_onnx(folder.write("models/model.onnx", model_with(entries))); };
  const auto check = [&](const Entries& entries, ErrorCode code, const char* text) {
    const Error error = error_of([&] { load(entries); });
    CAPTURE(error.what());
    CHECK(error.code() == code);
    CHECK(says(error, text));
    CHECK(says(error, "'w'"));
  };
  CHECK(weights_of(load({{"location", "inner.bin"}})) == std::vector<float>{9, 9});
  check({{"location", "../secret.bin"}}, ErrorCode::invalid_model, "'..'");
  check({{"location", "sub/../../secret.bin"}}, ErrorCode::invalid_model, "'..'");
  check({{"location", (folder.path / "secret.bin").string()}}, ErrorCode::invalid_model, "absolute");
  check({{"location", "link.bin"}}, ErrorCode::invalid_model, "leads out");
  check({{"location", "up/secret.bin"}}, ErrorCode::invalid_model, "leads out");
  check({}, ErrorCode::invalid_model, "empty");
  check({{"location", "none.bin"}}, ErrorCode::not_found, "does not exist");
  check({{"location", "weights.bin"}, {"offset", "9"}}, ErrorCode::invalid_model, "lies beyond");
  check({{"location", "weights.bin"}, {"offset", "9223372036854775807"}}, ErrorCode::limit_exceeded, "'w'");
  check({{"location", "weights.bin"}, {"length", "4"}}, ErrorCode::invalid_model, "has 4 bytes");
  CHECK(says(error_of([&] { load({{"location", "weights.bin"}, {"offset", "-8"}}); }), "not a byte count"));
  CHECK(says(error_of([&] { load({{"location", "weights.bin"}, {"offset", "8x"}}); }), "not a byte count"));
  CHECK(says(error_of([&] { load({{"location", std::string("weights.bin\0x", 13)}}); }), "NUL"));
}

TEST_CASE("a model in memory has no folder") {
  const std::string bytes = model_with({{"location", "weights.bin"}});
  CHECK(error_of([&] { parse_onnx(proto::bytes(bytes)); }).code() == ErrorCode::unsupported);
}
