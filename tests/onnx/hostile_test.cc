// SPDX-License-Identifier: Apache-2.0
// Damaged models end in a Graph or in a dnntune::Error; anything else fails or crashes the test.
#include <random>

#include "dnntune/onnx.h"
#include "onnx/reading.h"
#include "onnx/wire.h"

using namespace dnntune;
using namespace dnntune::onnx;
using proto::attr;

namespace {

struct Tally {
  int graphs = 0, errors = 0;
};

/// Parses, and writes and parses again what parsed.
void try_parse(const std::string& bytes, Tally& tally) {
  try {
    const Graph graph = parse_onnx(proto::bytes(bytes), {.dims = {}, .input_shapes = {}, .allow_unsupported = true});
    ++tally.graphs;
    CHECK(parse_onnx(serialize_onnx(graph), {.dims = {}, .input_shapes = {}, .allow_unsupported = true}).hash() == graph.hash());
  } catch (const Error& error) {
    ++tally.errors;
    CHECK(error.code() != ErrorCode::internal);
  }
}

/// One of everything the reader has code for.
std::string rich_model() {
  proto::Model m = proto::small_model();
  m.opset = 11;
  m.ir_version = 3;
  m.other_opsets = {{"com.example", 1}};
  m.inputs.push_back(proto::value("w", 1, {3, 2, 1, 1}));
  m.inputs.push_back(proto::value("flag", 9, {}));
  proto::Graph inner;
  inner.nodes = {proto::node("Relu", {"y"}, {"r"})};
  inner.outputs = {proto::value("r")};
  m.nodes.push_back(proto::node("If", {"flag"}, {"z"}, {proto::attr_graph("then_branch", inner.bytes()), proto::attr_graph("else_branch", inner.bytes())}));
  m.nodes.push_back(proto::node("Custom", {"y"}, {"q"}, {attr("mode", "fast"), attr("scale", 1.5f)}, "", "com.example"));
  m.nodes.push_back(proto::node("Constant", {}, {"k"}, {proto::attr_tensor("value", proto::ints("", {1, 2}))}));
  m.nodes.push_back(proto::node("Reshape", {"y", "k"}, {"v"}));
  m.nodes.push_back(proto::node("Slice", {"v", "k", "k"}, {"s"}));
  m.nodes.push_back(proto::node("Squeeze", {"y"}, {"t"}, {attr("axes", std::vector<std::int64_t>{0})}));
  m.value_infos = {proto::value("q", 1, {"batch", 2})};
  for (const char* name : {"z", "q", "v", "s", "t"}) m.outputs.push_back(proto::value(name));
  return m.bytes();
}

}  // namespace

TEST_CASE("every truncation of a model") {
  const std::string whole = rich_model();
  Tally tally;
  try_parse(whole, tally);
  REQUIRE(tally.graphs == 1);
  for (std::size_t length = 0; length < whole.size(); ++length) try_parse(whole.substr(0, length), tally);
  int truncated = 0;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    try {
      parse_onnx(proto::bytes(whole.substr(0, length)));
    } catch (const Error& error) {
      const std::string text = error.what();
      CHECK(text.find("exception") == std::string::npos);
      // A cut between two fields leaves a shorter model, not a truncated one.
      if (text.find("truncated") == std::string::npos) continue;
      CHECK(text.find("ends at byte " + std::to_string(length) + ",") != std::string::npos);
      ++truncated;
    }
  }
  CHECK(truncated > static_cast<int>(whole.size()) * 9 / 10);
  CHECK(tally.errors > static_cast<int>(whole.size() / 2));
}

TEST_CASE("thousands of bit flips") {
  const std::string whole = rich_model();
  Tally tally;
  std::mt19937 random(20240607);
  for (int round = 0; round < 6000; ++round) {
    std::string bytes = whole;
    const int flips = 1 + static_cast<int>(random() % 4);
    for (int i = 0; i < flips; ++i) bytes[random() % bytes.size()] ^= static_cast<char>(1u << random() % 8);
    try_parse(bytes, tally);
  }
  CHECK(tally.graphs > 0);
  CHECK(tally.errors > 0);
}

TEST_CASE("bytes inserted, removed and repeated") {
  const std::string whole = rich_model();
  Tally tally;
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = whole;
    const std::size_t at = random() % bytes.size(), length = random() % 16;
    switch (random() % 3) {
      case 0: bytes.insert(at, length, static_cast<char>(random())); break;
      case 1: bytes.erase(at, length); break;
      default: bytes.insert(random() % bytes.size(), bytes.substr(at, length));
    }
    try_parse(bytes, tally);
  }
  CHECK(tally.errors > 0);
}

TEST_CASE("absurd dimensions") {
  Tally tally;
  for (const std::int64_t dim : {std::int64_t{0}, std::int64_t{1} << 31, std::int64_t{1} << 62, INT64_MAX}) {
    proto::Model m = proto::small_model();
    m.inputs = {proto::value("x", 1, {dim, 2, dim, dim})};
    try_parse(m.bytes(), tally);
    m = proto::small_model();
    m.initialisers[0] = proto::tensor("w", {dim, 2, dim, 1}, 1, "");
    try_parse(m.bytes(), tally);
    m = proto::small_model();
    m.nodes[0] = proto::node("Conv", {"x", "w", "b"}, {"c"}, {attr("pads", std::vector<std::int64_t>{dim, dim, dim, dim})}, "conv");
    try_parse(m.bytes(), tally);
    m = {};
    m.initialisers = {proto::ints("shape", {dim, dim})};
    m.nodes = {proto::node("ConstantOfShape", {"shape"}, {"y"})};
    m.outputs = {proto::value("y")};
    try_parse(m.bytes(), tally);
  }
  CHECK(tally.errors >= 9);
  proto::Model m = proto::small_model();
  m.inputs = {proto::value("x", 1, std::vector<proto::Dim>(1000, proto::Dim(1)))};
  CHECK(error_of([&] { read(m); }).code() == ErrorCode::limit_exceeded);
}

TEST_CASE("names must be UTF-8") {
  for (const char* good : {"", "plain", "gr\xc3\xb6\xc3\x9f" "e", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"}) CHECK(is_utf8(good));
  // Lone tails, cut sequences, overlong forms, surrogates, beyond the last code point.
  for (const char* bad : {"\x80", "\xc3", "\xc3(", "\xe2\x82", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"})
    CHECK_FALSE(is_utf8(bad));
}

TEST_CASE("absurd counts") {
  proto::Model m = proto::small_model();
  m.nodes[1] = proto::node("Relu", {"c"}, {"r"}, std::vector<std::string>(300, attr("a", 1.0f)), "relu");
  CHECK(error_of([&] { read(m); }).code() == ErrorCode::limit_exceeded);
  m = proto::small_model();
  m.nodes[1] = proto::node("Max", std::vector<std::string>(100'000, "c"), {"r"}, {}, "max");
  CHECK(error_of([&] { read(m); }).code() == ErrorCode::limit_exceeded);
  m = proto::small_model();
  m.nodes[1] = proto::node("Relu", {"c"}, {"r"}, {}, std::string(5000, 'n'));
  CHECK(error_of([&] { read(m); }).code() == ErrorCode::limit_exceeded);
}
