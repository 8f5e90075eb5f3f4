// SPDX-License-Identifier: Apache-2.0
// https with certificates made here: a trusted one works, any other is a fallback that says why.
#include "digits.h"
#include "fake_server.h"
#include "faults/certificate.h"
#include "large_answers.h"

using namespace dnntune;
using namespace dnntune::test;
using faults::Certificate;

namespace {

ServerOptions with_certificate(const Certificate& certificate) {
  ServerOptions options;
  options.certificate_file = certificate.certificate;
  options.key_file = certificate.key;
  return options;
}

SplitOptions trusting(const std::filesystem::path& ca_file) {
  SplitOptions options = patient();
  options.connect.ca_file = ca_file;
  return options;
}

}  // namespace

TEST_CASE("a trusted certificate works; others fall back") {
  const Certificate own("own", "IP:127.0.0.1,DNS:localhost"), strange("strange", "IP:127.0.0.1"), misnamed("misnamed", "IP:10.1.2.3,DNS:cloud.example");
  const Graph graph = digits("digits_cnn");
  const Tensors inputs = random_inputs(graph, 9);
  const Tensors expected = run_here(graph, inputs);
  Server server(one_thread(), with_certificate(own));
  server.add_model(graph);
  server.start();
  REQUIRE(server.url().starts_with("https://127.0.0.1:"));

  SplitSession session(graph, middle_plan(graph), server.url(), trusting(own.certificate));
  for (int i = 0; i < 5; ++i) {
    const SplitResult result = session.run(inputs);
    CHECK(result.why == "");
    CHECK(result.path == Path::split);
    check_same(result.outputs, expected);
  }
  SplitSession by_name(graph, cloud_plan(graph), fmt::format("https://localhost:{}", server.port()), trusting(own.certificate));
  CHECK(by_name.run(inputs).why == "");

  const auto check_untrusted = [&](const std::string& url, const std::filesystem::path& ca_file, const std::string& why) {
    SplitSession untrusted(graph, middle_plan(graph), url, trusting(ca_file));
    const SplitResult result = untrusted.run(inputs);
    CHECK(result.path == Path::fallback);
    CAPTURE(result.why);
    CHECK(result.why.find(why) != std::string::npos);
    check_same(result.outputs, expected);
  };
  check_untrusted(server.url(), strange.certificate, "certificate is not trusted");
  check_untrusted(server.url(), {}, "certificate is not trusted");
  // The right authority, but the certificate is for another host.
  Server elsewhere(one_thread(), with_certificate(misnamed));
  elsewhere.add_model(graph);
  elsewhere.start();
  check_untrusted(elsewhere.url(), misnamed.certificate, "certificate is not trusted");
  check_untrusted(fmt::format("https://localhost:{}", elsewhere.port()), misnamed.certificate, "certificate is not trusted");
  // Plain where TLS is spoken, and the other way round.
  check_untrusted(fmt::format("http://127.0.0.1:{}", server.port()), {}, "");
  Server plain(one_thread());
  plain.start();
  check_untrusted(fmt::format("https://127.0.0.1:{}", plain.port()), own.certificate, "TLS");
  CHECK(session.run(inputs).path == Path::split);
}

TEST_CASE("a peer that stalls in the handshake meets the deadline") {
  FakeServer server([](FakeConnection& connection) { connection.read_to_end(); });
  const Graph graph = digits("digits_mlp");
  const Tensors inputs = random_inputs(graph, 9);
  SplitOptions options = patient();
  options.deadline_s = 0.2;
  SplitSession session(graph, middle_plan(graph), fmt::format("https://127.0.0.1:{}", server.port()), options);
  const SplitResult result = session.run(inputs);
  CHECK(result.path == Path::fallback);
  check_same(result.outputs, run_here(graph, inputs));
}

TEST_CASE("a TLS server outlives clients that break the handshake or say nothing") {
  const Certificate own("own", "IP:127.0.0.1");
  const Graph graph = digits("digits_mlp");
  Server server(one_thread(), with_certificate(own));
  server.add_model(graph);
  server.start();
  std::vector<FakeConnection> silent;
  for (const std::string& bytes : {std::string(), std::string("GET /v2 HTTP/1.1\r\n\r\n"), std::string("\x16\x03\x01\x40\x00", 5), std::string(100000, '\x16')}) {
    silent.push_back(raw_client(server.port()));
    silent.back().send(bytes);
  }
  const Tensors inputs = random_inputs(graph, 9);
  SplitSession session(graph, middle_plan(graph), server.url(), trusting(own.certificate));
  CHECK(session.run(inputs).why == "");
  server.stop();
  CHECK(session.run(inputs).path == Path::fallback);
}

TEST_CASE("a TLS client that never reads its answer is given up, and what was held for it is free") {
  const Certificate own("own", "IP:127.0.0.1");
  split::HttpServerOptions options = two_threads(0.5);
  options.tls = split::Tls::server(own.certificate, own.key);
  LargeAnswers handler;
  const split::HttpServer server("127.0.0.1", 0, options, handler);
  const split::DeadlineNs deadline = split::deadline_in(kPatientSeconds);
  const auto client = split::Tls::client(own.certificate)->connect(split::connect_tcp(split::resolve("127.0.0.1", server.port(), true).at(0), deadline), "127.0.0.1", deadline);
  client->write(kAskForLarge, deadline);
  check_given_up(client->fd());
  wait_for_that([&] { return handler.made() == 1 && handler.held() == 0; });
}

TEST_CASE("files that are no certificates are refused by name") {
  const Certificate own("own", "IP:127.0.0.1"), other("other", "IP:127.0.0.1");
  ServerOptions options = with_certificate(own);
  options.key_file = other.key;
  check_error(ErrorCode::invalid_argument, other.key.string(), [&] { Server(one_thread(), options); });
  options.key_file = "/nowhere.key";
  check_error(ErrorCode::invalid_argument, "/nowhere.key", [&] { Server(one_thread(), options); });
  const Graph graph = digits("digits_mlp");
  check_error(ErrorCode::invalid_argument, "/nowhere.pem", [&] { SplitSession(graph, middle_plan(graph), "https://127.0.0.1:1", trusting("/nowhere.pem")); });
}
