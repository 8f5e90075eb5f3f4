// SPDX-License-Identifier: Apache-2.0
// The server as its host program sees it: options, life cycle, models, suffixes, tokens, profiles.
#include <atomic>
#include <thread>

#include "base/json.h"
#include "digits.h"
#include "split/http_client.h"
#include "split/suffix.h"

using namespace dnntune;
using namespace dnntune::test;
using base::Json;

namespace {

split::HttpClient::Reply get(const Server& server, const std::string& path, const ConnectOptions& options = {}) {
  return split::HttpClient(server.url(), options).get(path, split::deadline_in(kPatientSeconds));
}
split::HttpClient::Reply post(const Server& server, const std::string& path, const Json& body = Json::object()) {
  return split::HttpClient(server.url(), {}).post_json(path, body, split::deadline_in(kPatientSeconds));
}
std::vector<std::string> model_names(const Server& server) {
  std::vector<std::string> names;
  for (const Json& entry : base::parse_json(post(server, "/v2/repository/index").body, "index")) names.push_back(entry["name"]);
  return names;
}

}  // namespace

TEST_CASE("unsafe and senseless options are refused") {
  const auto refused = [](ErrorCode code, const std::string& part, auto change) {
    ServerOptions options;
    change(options);
    check_error(code, part, [&] { Server(one_thread(), options); });
  };
  refused(ErrorCode::invalid_argument, "0.0.0.0", [](ServerOptions& o) { o.host = "0.0.0.0"; });
  refused(ErrorCode::invalid_argument, "::", [](ServerOptions& o) { o.host = "::"; });
  refused(ErrorCode::invalid_argument, "127.example.org", [](ServerOptions& o) { o.host = "127.example.org"; });
  refused(ErrorCode::invalid_argument, "port", [](ServerOptions& o) { o.port = 65536; });
  refused(ErrorCode::invalid_argument, "connections", [](ServerOptions& o) { o.connections = 0; });
  refused(ErrorCode::invalid_argument, "connections", [](ServerOptions& o) { o.connections = 100000; });
  refused(ErrorCode::invalid_argument, "max_body_bytes", [](ServerOptions& o) { o.max_body_bytes = 0; });
  refused(ErrorCode::invalid_argument, "read_timeout_s", [](ServerOptions& o) { o.read_timeout_s = 0; });
  refused(ErrorCode::invalid_argument, "max_suffixes", [](ServerOptions& o) { o.max_suffixes = 0; });
  refused(ErrorCode::invalid_argument, "key", [](ServerOptions& o) { o.certificate_file = "/nowhere.pem"; });
  ServerOptions open;
  open.host = "0.0.0.0";
  open.bearer_token = "secret";
  CHECK_NOTHROW(Server(one_thread(), open));
  open.bearer_token = "";
  open.allow_unauthenticated = true;
  CHECK_NOTHROW(Server(one_thread(), open));
}

TEST_CASE("start and stop in any order") {
  { const Server never_started(one_thread()); }
  Server server(one_thread());
  server.stop();
  const Graph graph = digits("digits_mlp");
  server.add_model(graph);
  const Tensors inputs = random_inputs(graph, 1);
  for (int round = 0; round < 3; ++round) {
    server.start();
    check_error(ErrorCode::invalid_argument, "runs already", [&] { server.start(); });
    SplitSession session(graph, middle_plan(graph), server.url(), patient());
    CHECK(session.run(inputs).path == Path::split);
    server.stop();
    server.stop();
    CHECK(session.run(inputs).path == Path::fallback);
  }
  ServerOptions taken;
  server.start();
  taken.port = server.port();
  Server second(one_thread(), taken);
  check_error(ErrorCode::io, "cannot listen", [&] { second.start(); });
}

TEST_CASE("requests that stop meets are answered or refused, never torn") {
  const Graph graph = digits("digits_mlp");
  Server server(one_thread());
  server.add_model(graph);
  server.start();
  const std::string url = server.url();
  std::atomic<int> answered = 0, torn = 0;
  std::vector<std::thread> clients;
  for (int t = 0; t < 4; ++t)
    clients.emplace_back([&] {
      split::HttpClient http(url, {});
      try {
        for (;;) {
          const auto reply = http.get("/v2/models/" + split::identity(graph), split::deadline_in(kPatientSeconds));
          if (reply.status != 200 || reply.body.find(graph.hash()) == std::string::npos) ++torn;
          ++answered;
        }
      } catch (const Error& e) {
        // Refused, or closed before a byte of the answer: a torn answer would say "within".
        if (std::string(e.what()).find("within") != std::string::npos) ++torn;
      }
    });
  while (answered < 100) std::this_thread::yield();
  server.stop();
  for (std::thread& client : clients) client.join();
  CHECK(torn == 0);
}

TEST_CASE("health and metadata") {
  const Graph graph = digits("digits_mlp");
  Server server(one_thread());
  server.add_model(graph);
  server.start();
  CHECK(get(server, "/v2/health/live").status == 200);
  CHECK(get(server, "/v2/health/ready").status == 200);
  const Json metadata = base::parse_json(get(server, "/v2/").body, "metadata");
  CHECK(metadata["name"] == "dnntune");
  CHECK(metadata["extensions"][0] == "binary_tensor_data");
  for (const std::string& path : {"/v2/models/" + graph.name(), "/v2/models/" + split::identity(graph), "/v2/models/" + graph.name() + "/versions/1"}) {
    CAPTURE(path);
    const Json model = base::parse_json(get(server, path).body, "model");
    CHECK(model["inputs"][0]["name"] == "image");
    CHECK(model["inputs"][0]["datatype"] == "FP32");
    CHECK(model["inputs"][0]["shape"][1] == 64);
    CHECK(model["parameters"]["dnntune.hash"] == graph.hash());
    CHECK(get(server, path + "/ready").status == 200);
  }
  for (const char* path : {"/v2/models/other", "/v2/models/other/ready", "/v2/models/", "/v2/models", "/", "/v1", "/v2/models/a/b/c", "/v2/health/live/x", "/v2//health"})
    CHECK(get(server, path).status == 404);
}

TEST_CASE("several models, also of one name") {
  Server server(one_thread());
  for (const char* name : kDigits) server.add_model(digits(name));
  server.start();
  for (const char* name : kDigits) {
    const Graph graph = digits(name);
    const Tensors inputs = random_inputs(graph, 4);
    for (const Plan& plan : {middle_plan(graph), cloud_plan(graph)}) {
      SplitSession session(graph, plan, server.url(), patient());
      const SplitResult result = session.run(inputs);
      CHECK(result.why == "");
      check_same(result.outputs, run_here(graph, inputs));
    }
  }
  check_error(ErrorCode::invalid_argument, "name", [&] {
    GraphBuilder builder("");
    builder.output(builder.node("Relu", {builder.input("x", DataType::float32, {1})}));
    server.add_model(builder.build());
  });
}

TEST_CASE("the least recently used suffix goes, and comes back without a fallback") {
  const Graph graph = digits("digits_cnn");
  ServerOptions options;
  options.max_suffixes = 2;
  Server server(one_thread(), options);
  server.add_model(graph);
  server.start();
  const Tensors inputs = random_inputs(graph, 4);
  const Tensors expected = run_here(graph, inputs);
  REQUIRE(graph.cut_points().size() >= 5);
  std::vector<SplitSession> sessions;
  for (const std::size_t cut : {1, 2, 3}) sessions.emplace_back(graph, plan_at(graph, graph.cut_points()[cut]), server.url(), patient());
  for (int round = 0; round < 3; ++round)
    for (SplitSession& session : sessions) {
      const SplitResult result = session.run(inputs);
      CHECK(result.why == "");
      CHECK(result.path == Path::split);
      check_same(result.outputs, expected);
      const auto names = model_names(server);
      // The model under two names, and two suffixes at most, the one just used first.
      REQUIRE(names.size() >= 3);
      CHECK(names.size() <= 4);
      CHECK(names[2] == suffix_name(graph, session.plan().chosen));
    }
}

TEST_CASE("load and unload") {
  const Graph graph = digits("digits_mlp");
  Server server(one_thread());
  server.add_model(graph);
  server.start();
  const Deployment deployment = middle_plan(graph).chosen;
  const std::string name = suffix_name(graph, deployment);
  const auto load = [&](const std::string& as, const std::string& base, const Json& cut, const Json& encodings, const Json& outputs) {
    return post(server, "/v2/repository/models/" + as + "/load",
                {{"parameters", {{"dnntune.base", base}, {"dnntune.cut", cut}, {"dnntune.encodings", encodings}, {"dnntune.outputs", outputs}}}});
  };
  const Json cut = {deployment.crossings[0].value}, raw = {"raw"}, outputs = {"logits"};
  CHECK(load("wrong_name", graph.name(), cut, raw, outputs).status == 400);
  CHECK(load(name, "no_such_model", cut, raw, outputs).status == 404);
  CHECK(load(name, graph.name(), {"no such value"}, raw, outputs).status == 400);
  CHECK(load(name, graph.name(), cut, {"zip"}, outputs).status == 400);
  CHECK(load(name, graph.name(), cut, Json::array(), outputs).status == 400);
  CHECK(load(name, graph.name(), "text", raw, outputs).status == 400);
  CHECK(load(name, graph.name(), Json::array(), Json::array(), Json::array()).status == 400);
  CHECK(get(server, "/v2/models/" + name + "/ready").status == 404);
  CHECK(load(name, graph.name(), cut, raw, {graph.outputs()[0].name}).status == 200);
  CHECK(load(name, graph.name(), cut, raw, {graph.outputs()[0].name}).status == 200);
  CHECK(get(server, "/v2/models/" + name + "/ready").status == 200);
  CHECK(post(server, "/v2/repository/models/" + graph.name() + "/load").status == 200);
  CHECK(post(server, "/v2/repository/models/" + name + "/unload").status == 200);
  CHECK(post(server, "/v2/repository/models/" + name + "/unload").status == 404);
  CHECK(post(server, "/v2/repository/models/" + graph.name() + "/unload").status == 404);  // a model is the host's
  CHECK(get(server, "/v2/models/" + graph.name() + "/ready").status == 200);
}

TEST_CASE("a token opens, a wrong or missing one does not") {
  const Graph graph = digits("digits_mlp");
  ServerOptions options;
  options.bearer_token = "right-token";
  Server server(one_thread(), options);
  server.add_model(graph);
  server.start();
  const Tensors inputs = random_inputs(graph, 4);
  const Tensors expected = run_here(graph, inputs);
  for (const char* token : {"", "wrong-token", "right-toke", "right-token2", "right"}) {
    SplitOptions with = patient();
    with.connect.bearer_token = token;
    CHECK(get(server, "/v2", with.connect).status == 401);
    for (const Plan& plan : {middle_plan(graph), cloud_plan(graph)}) {
      SplitSession session(graph, plan, server.url(), with);
      for (int i = 0; i < 2; ++i) {
        const SplitResult result = session.run(inputs);
        CHECK(result.path == Path::fallback);
        CAPTURE(result.why);
        CHECK(result.why.find("401") != std::string::npos);
        CHECK(result.why.find("token") != std::string::npos);
        check_same(result.outputs, expected);
      }
    }
  }
  SplitOptions with = patient();
  with.connect.bearer_token = "right-token";
  SplitSession session(graph, middle_plan(graph), server.url(), with);
  const SplitResult result = session.run(inputs);
  CHECK(result.path == Path::split);
  check_same(result.outputs, expected);
}

TEST_CASE("a remote profile is of this model, or an error that says so") {
  const Graph graph = digits("digits_mlp");
  Server server(one_thread());
  server.add_model(graph);
  server.start();
  const Profile profile = remote_profile(server.url(), graph);
  CHECK(profile.model_hash == graph.hash());
  CHECK(profile.layers.size() == graph.layers().size());
  CHECK(profile.run_ns.provenance == Provenance::measured);
  CHECK(profile.to_json() == remote_profile(server.url(), graph).to_json());  // measured once
  // Another model of the same name, and one of another.
  REQUIRE(digits("digits_cnn").name() == graph.name());
  check_error(ErrorCode::not_found, "404", [&] { remote_profile(server.url(), digits("digits_cnn")); });
  GraphBuilder builder("unknown");
  builder.output(builder.node("Relu", {builder.input("x", DataType::float32, {1})}));
  const Graph unknown = builder.build();
  check_error(ErrorCode::not_found, "unknown", [&] { remote_profile(server.url(), unknown); });
  const std::string url = server.url();
  server.stop();
  check_error(ErrorCode::network, url, [&] { remote_profile(url, graph); });
}

TEST_CASE("idle connections hold no worker") {
  const Graph graph = digits("digits_mlp");
  ServerOptions options;
  options.connections = 1;
  Server server(one_thread(), options);
  server.add_model(graph);
  server.start();
  const Tensors inputs = random_inputs(graph, 4);
  std::vector<SplitSession> sessions;
  for (int i = 0; i < 20; ++i) sessions.emplace_back(graph, middle_plan(graph), server.url(), patient());
  for (int round = 0; round < 3; ++round)
    for (SplitSession& session : sessions) CHECK(session.run(inputs).why == "");
}
