// SPDX-License-Identifier: Apache-2.0
// A server that answers, but wrongly: each lie becomes a fallback that says why, never an answer.
#include <limits>

#include "digits.h"
#include "fake_server.h"
#include "split/nan.h"
#include "split/remote.h"
#include "split/suffix.h"
#include "split/wire.h"
#include "wire_samples.h"

using namespace dnntune;
using namespace dnntune::test;

namespace {

/// Honest about everything but the inference: `lie` answers that.
FakeServer::Script lying(std::function<std::string()> lie) {
  return FakeServer::answering([lie = std::move(lie)](const std::string& request) -> std::string {
    if (request.starts_with("GET /v2 ")) return http_reply(200, R"({"name":"x","version":"1","extensions":["binary_tensor_data"]})");
    if (request.find("/ready ") != std::string::npos) return http_reply(200, "");
    if (request.find("/infer ") != std::string::npos) return lie();
    return http_reply(404, "");
  });
}

std::string infer_reply(const Flat& message) {
  return http_reply(200, message.body, fmt::format("{}: {}\r\n", split::kHeaderLength, message.json_bytes));
}

Flat honest(const Graph& graph, const Tensors& inputs) {
  split::Response response;
  response.model_name = "x";
  for (const auto& [name, tensor] : run_here(graph, inputs)) response.outputs.push_back({name, tensor});
  return flat_response(response, {true});
}

}  // namespace

TEST_CASE("every lie of a server becomes a fallback with the local bits") {
  const Graph graph = digits("digits_mlp");
  const Tensors inputs = random_inputs(graph, 11);
  const Tensors expected = run_here(graph, inputs);
  const std::string output = graph.outputs().front().name;
  const Tensor right = expected.at(output);
  const auto with = [&](std::vector<split::NamedTensor> outputs) {
    const std::vector<bool> binary(outputs.size(), true);
    return infer_reply(flat_response({"x", "", std::move(outputs), 0.0}, binary));
  };
  const Flat good = honest(graph, inputs);
  const std::string json = good.body.substr(0, good.json_bytes), bytes = good.body.substr(good.json_bytes);
  const auto replaced = [](std::string text, const std::string& from, const std::string& to) {
    REQUIRE(text.find(from) != std::string::npos);
    return text.replace(text.find(from), from.size(), to);
  };
  const auto raw = [](const std::string& json_part, const std::string& rest) {
    return infer_reply({json_part + rest, json_part.size(), true});
  };
  const std::string size = std::to_string(bytes.size());
  struct Lie {
    const char* what;
    std::string reply;
  };
  const Lie lies[] = {
      {"wrong shape", with({{output, right.reshaped({10, 1})}})},
      {"wrong rank", with({{output, right.reshaped({10})}})},
      {"wrong type", with({{output, Tensor(DataType::int32, right.shape())}})},
      {"wrong name", with({{"other", right}})},
      {"missing", with({})},
      {"one too many", with({{output, right}, {"other", right}})},
      {"twice", with({{output, right}, {output, right}})},
      {"wrong size", raw(replaced(json, "\"binary_data_size\":" + size, "\"binary_data_size\":39"), bytes.substr(1))},
      {"negative size", raw(replaced(json, "\"binary_data_size\":" + size, "\"binary_data_size\":-1"), bytes)},
      {"size as text", raw(replaced(json, "\"binary_data_size\":" + size, "\"binary_data_size\":\"40\""), bytes)},
      {"huge shape", raw(replaced(json, "[1,10]", "[4611686018427387904,10]"), bytes)},
      {"negative shape", raw(replaced(json, "[1,10]", "[-1,-10]"), bytes)},
      {"bytes missing", raw(json, bytes.substr(4))},
      {"bytes to spare", raw(json, bytes + "!")},
      {"not JSON", http_reply(200, "hello")},
      {"empty", http_reply(200, "")},
      {"JSON of another kind", http_reply(200, "[1,2,3]")},
      {"deep JSON", http_reply(200, std::string(100000, '['))},
      {"header length beyond the body", http_reply(200, good.body, "Inference-Header-Content-Length: 999999\r\n")},
      {"header length negative", http_reply(200, good.body, "Inference-Header-Content-Length: -1\r\n")},
      {"status 500", http_reply(500, R"({"error":"out of luck"})")},
      {"status 503 in plain words", http_reply(503, "busy\x1b[2J\xff")},
      {"status 404", http_reply(404, R"({"error":"gone"})")},
      {"redirect", http_reply(302, "", "Location: http://127.0.0.1:1/\r\n")},
      {"not HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n"},
      {"binary noise", std::string("\x00\x01\xfe\xff\r\n\r\n", 8)},
      {"status of letters", "HTTP/1.1 abc\r\n\r\n"},
      {"length of letters", "HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n0123456789"},
      {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}"},
      {"a length beyond any answer", "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n{}"},
      {"chunk of letters", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"},
      {"chunk beyond any answer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff0\r\n"},
      {"endless header", "HTTP/1.1 200 OK\r\nX: " + std::string(200000, 'a')},
      {"compressed", http_reply(200, good.body, "Content-Encoding: gzip\r\n")},
  };
  for (const Lie& lie : lies) {
    CAPTURE(lie.what);
    FakeServer server(lying([&] { return lie.reply; }));
    SplitSession session(graph, middle_plan(graph), server.url(), patient());
    const SplitResult result = session.run(inputs);
    CHECK(result.path == Path::fallback);
    CHECK(result.why.find(server.url().substr(7)) + result.why.find("server") + result.why.find("model") != 3 * std::string::npos);
    for (const char c : result.why) CHECK(static_cast<unsigned char>(c) >= 32);
    check_same(result.outputs, expected);
  }
  // The honest answer is taken, or none of the above would prove anything; also in chunks.
  const std::string chunked = fmt::format("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{}: {}\r\n\r\n1\r\n{}\r\n{:x};x=y\r\n{}\r\n0\r\nTrailer: t\r\n\r\n",
                                          split::kHeaderLength, good.json_bytes, good.body.substr(0, 1), good.body.size() - 1, good.body.substr(1));
  for (const std::string& reply : {infer_reply(good), chunked, "HTTP/1.1 100 Continue\r\n\r\n" + infer_reply(good)}) {
    FakeServer server(lying([&] { return reply; }));
    SplitSession session(graph, middle_plan(graph), server.url(), patient());
    for (int i = 0; i < 3; ++i) {
      const SplitResult result = session.run(inputs);
      CHECK(result.why == "");
      check_same(result.outputs, expected);
    }
    CHECK(server.connections() == 1);
  }
}

TEST_CASE("a server that closes in the middle of its answer") {
  const Graph graph = digits("digits_mlp");
  const Tensors inputs = random_inputs(graph, 11);
  const std::string whole = infer_reply(honest(graph, inputs));
  for (std::size_t cut = 0; cut < whole.size(); cut += 7) {
    CAPTURE(cut);
    FakeServer server([&](FakeConnection& connection) {
      bool lied = false;
      FakeServer::answering([&](const std::string& request) -> std::string {
        if (request.starts_with("GET /v2 ")) return http_reply(200, R"({"extensions":["binary_tensor_data"]})");
        if (request.find("/ready ") != std::string::npos) return http_reply(200, "");
        if (request.find("/infer ") == std::string::npos) return http_reply(404, "");
        lied = true;
        connection.send(std::string_view(whole).substr(0, cut));
        return "";
      })(connection);
      if (lied) connection.finish_sending();
    });
    SplitSession session(graph, middle_plan(graph), server.url(), patient());
    const SplitResult result = session.run(inputs);
    CHECK(result.path == Path::fallback);
    CHECK(result.why != "");
    check_same(result.outputs, run_here(graph, inputs));
  }
}

TEST_CASE("a server without binary tensors is spoken to in JSON, to the same bits") {
  const Graph graph = digits("digits_mlp");
  const Tensors inputs = random_inputs(graph, 11);
  const Tensors expected = run_here(graph, inputs);
  bool had_binary_header = false;
  const Graph suffix = suffix_graph(graph, middle_plan(graph).chosen);
  const auto answer = [&](const std::string& request) -> std::string {
    if (request.starts_with("GET /v2 ")) return http_reply(200, R"({"name":"plain","extensions":[]})");
    if (request.find("/ready ") != std::string::npos) return http_reply(200, "");
    if (request.find("/infer ") == std::string::npos) return http_reply(404, "");
    const std::string body = request.substr(request.find("\n\n") + 2);
    had_binary_header = had_binary_header || body.find("binary_data_size") != std::string::npos;
    Tensors given;
    for (const split::NamedTensor& item : split::decode_request(body, std::nullopt).inputs) given[item.name] = item.tensor;
    split::Response response;
    for (const auto& [name, tensor] : run_here(suffix, given)) response.outputs.push_back({name, tensor});
    return http_reply(200, flat_response(response, {false}).body);
  };
  FakeServer server(FakeServer::answering(answer));
  {
    SplitSession session(graph, middle_plan(graph), server.url(), patient());
    const SplitResult result = session.run(inputs);
    CHECK(result.why == "");
    CHECK(result.path == Path::split);
    check_same(result.outputs, expected);
  }
  CHECK(!had_binary_header);

  // What JSON cannot hold is finished here.
  Tensors odd = {{"image", inputs.begin()->second.clone()}};
  odd["image"].as_mutable<float>()[0] = std::numeric_limits<float>::infinity();
  SplitSession cloud(graph, cloud_plan(graph), server.url(), patient());
  const SplitResult fallback = cloud.run(odd);
  CHECK(fallback.path == Path::fallback);
  CHECK(fallback.why.find("infinity") != std::string::npos);
  check_same(fallback.outputs, run_here(graph, odd));
}

TEST_CASE("KServe's Python server is sent binary tensors from 0.14 on, though it does not say that it takes them") {
  const Graph graph = digits("digits_mlp");
  for (const auto& [metadata, binary] : {std::pair{R"({"name":"kserve","version":"0.13.1","extensions":[]})", false}, {R"({"name":"kserve","version":"0.14.0"})", true},
                                         {R"({"name":"kserve","version":"0.21"})", true}, {R"({"name":"kserve","version":"1.0.0"})", true}, {R"({"name":"kserve"})", false},
                                         {R"({"name":"kserve","version":"x.y"})", false}, {R"({"name":"other","version":"0.21.0"})", false}, {R"({"name":3})", false}}) {
    CAPTURE(metadata);
    std::string body;
    FakeServer server(FakeServer::answering([&, metadata = metadata](const std::string& request) -> std::string {
      if (request.starts_with("GET /v2 ")) return http_reply(200, metadata);
      if (request.find("/infer ") != std::string::npos) body = request.substr(request.find("\n\n") + 2);
      return http_reply(request.find("/ready ") != std::string::npos ? 200 : 400, "");
    }));
    SplitSession session(graph, middle_plan(graph), server.url(), patient());
    CHECK(session.run(random_inputs(graph, 1)).path == Path::fallback);
    CHECK((body.find("binary_data_size") != std::string::npos) == binary);
    CHECK(body.find("\"id\"") != std::string::npos);
  }
}

TEST_CASE("a NaN in the answer is not believed unless what was sent holds one") {
  const Graph graph = digits("digits_mlp");
  const Tensors inputs = random_inputs(graph, 11);
  const Tensors expected = run_here(graph, inputs);
  const std::string output = graph.outputs().front().name;
  Tensor odd = expected.at(output).clone();
  odd.as_mutable<float>()[3] = std::numeric_limits<float>::quiet_NaN();
  FakeServer server(lying([&] { return infer_reply(flat_response({"x", "", {{output, odd}}, 0.0}, {true})); }));
  {
    SplitSession session(graph, middle_plan(graph), server.url(), patient());
    const SplitResult result = session.run(inputs);
    CHECK(result.path == Path::fallback);
    CHECK(result.why.find(output) != std::string::npos);
    CHECK(result.why.find("NaN") != std::string::npos);
    check_same(result.outputs, expected);
  }

  // What is sent holds one: so may the answer.
  Tensors given = {{inputs.begin()->first, inputs.begin()->second.clone()}};
  given.begin()->second.as_mutable<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  SplitSession cloud(graph, cloud_plan(graph), server.url(), patient());
  const SplitResult believed = cloud.run(given);
  CHECK(believed.why == "");
  CHECK(same_bits(believed.outputs.at(output), odd));
}

TEST_CASE("a cloud whose NaN the device's own layers confirm is asked again") {
  GraphBuilder builder("roots");
  const std::string x = builder.input("x", DataType::float32, {1, 4});
  builder.output(builder.node("Sqrt", {builder.node("Neg", {x}, {}, "negated")}, {}, "root"));
  const Graph graph = builder.build();
  Server server(one_thread());
  server.add_model(graph);
  server.start();
  SplitOptions options = patient();
  options.retry_after_s = 1000.0;  // left alone for the rest of the test, if it were taken for a failure
  SplitSession session(graph, cloud_plan(graph), server.url(), options);
  const Tensors finite = {{"x", Tensor::from<float>({1, 4}, std::vector<float>{-1, -4, -9, -16})}};
  const Tensors negative = {{"x", Tensor::from<float>({1, 4}, std::vector<float>{-1, -4, 9, -16})}};
  for (int i = 0; i < 2; ++i) {
    const SplitResult doubted = session.run(negative);
    CHECK(doubted.path == Path::fallback);
    CHECK(doubted.why.find("NaN") != std::string::npos);
    check_same(doubted.outputs, run_here(graph, negative));
    const SplitResult plain = session.run(finite);
    CHECK(plain.path == Path::cloud);
    CHECK(plain.outputs.at("root").as<float>()[3] == 4.0f);
  }
}

TEST_CASE("NaNs of every type of float are found") {
  const auto has_nan = [](DataType type, auto bits) {
    using Bits = decltype(bits);
    const std::vector<Bits> elements = {Bits{0}, bits};
    return split::holds_nan(Tensor::copy_of(type, {2}, elements.data(), elements.size() * sizeof(Bits)));
  };
  CHECK(has_nan(DataType::float32, 0x7fc00000u));
  CHECK(has_nan(DataType::float32, 0xff800001u));
  CHECK(!has_nan(DataType::float32, 0xff800000u));  // minus infinity
  CHECK(has_nan(DataType::float64, 0x7ff8000000000000u));
  CHECK(!has_nan(DataType::float64, 0x7ff0000000000000u));
  CHECK(has_nan(DataType::float16, std::uint16_t{0xfe00}));
  CHECK(!has_nan(DataType::float16, std::uint16_t{0xfc00}));
  CHECK(has_nan(DataType::bfloat16, std::uint16_t{0x7fc0}));
  CHECK(!has_nan(DataType::bfloat16, std::uint16_t{0x7f80}));
  CHECK(!has_nan(DataType::int32, 0x7fc00000u));
}

TEST_CASE("an answer to another request is none") {
  const Graph graph = digits("digits_mlp");
  const Tensors first = random_inputs(graph, 1), second = random_inputs(graph, 2);
  Server real(one_thread());
  real.add_model(graph);
  real.start();
  std::string earlier;  // what the server said to the first
  FakeServer server([&](FakeConnection& connection) {
    const std::string request = connection.read_request();
    if (request.empty()) return;
    const std::string answer = relayed(request, real.port());
    const bool infers = request.find("/infer ") != std::string::npos;
    if (infers && earlier.empty()) earlier = answer;
    connection.send(infers ? earlier : answer);
  });
  SplitSession session(graph, middle_plan(graph), server.url(), patient());
  CHECK(session.run(first).path == Path::split);
  const SplitResult result = session.run(second);
  CHECK(result.path == Path::fallback);
  CHECK(result.why.find("the answer is to request") != std::string::npos);
  check_same(result.outputs, run_here(graph, second));
}
