// SPDX-License-Identifier: Apache-2.0
// https with certificates made here: a trusted one works, any other is a fallback that says why.
#include <cstdio>
#include <filesystem>
#include <memory>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <unistd.h>

#include "digits.h"
#include "fake_server.h"

using namespace dnntune;
using namespace dnntune::test;

namespace {

/// A self-signed certificate for `names` ("IP:127.0.0.1,DNS:localhost") and its key, in files of their own.
class Certificate {
 public:
  Certificate(const std::string& label, const char* names) {
    const auto folder = std::filesystem::temp_directory_path();
    certificate = folder / fmt::format("dnntune_tls_{}_{}.pem", ::getpid(), label);
    key = folder / fmt::format("dnntune_tls_{}_{}.key", ::getpid(), label);
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> maker(EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nullptr), EVP_PKEY_CTX_free);
    EVP_PKEY* made = nullptr;
    REQUIRE(EVP_PKEY_keygen_init(maker.get()) == 1);
    REQUIRE(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(maker.get(), NID_X9_62_prime256v1) == 1);
    REQUIRE(EVP_PKEY_keygen(maker.get(), &made) == 1);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pair(made, EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> x509(X509_new(), X509_free);
    X509_set_version(x509.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x509.get()), 3600);
    X509_set_pubkey(x509.get(), pair.get());
    X509_NAME* subject = X509_get_subject_name(x509.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(label.c_str()), -1, -1, 0);
    X509_set_issuer_name(x509.get(), subject);
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, x509.get(), x509.get(), nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, names);
    REQUIRE(extension != nullptr);
    X509_add_ext(x509.get(), extension, -1);
    X509_EXTENSION_free(extension);
    REQUIRE(X509_sign(x509.get(), pair.get(), EVP_sha256()) > 0);
    write(certificate, [&](std::FILE* file) { return PEM_write_X509(file, x509.get()); });
    write(key, [&](std::FILE* file) { return PEM_write_PrivateKey(file, pair.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  }
  ~Certificate() {
    std::error_code ignored;
    std::filesystem::remove(certificate, ignored);
    std::filesystem::remove(key, ignored);
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  std::filesystem::path certificate, key;

 private:
  template <typename Write>
  static void write(const std::filesystem::path& path, Write write_to) {
    std::FILE* file = std::fopen(path.c_str(), "w");
    REQUIRE(file != nullptr);
    CHECK(write_to(file) == 1);
    std::fclose(file);
  }
};

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
