// SPDX-License-Identifier: Apache-2.0
// Hostile requests, byte by byte: each gets the right refusal, and the server goes on answering.
#include <algorithm>
#include <chrono>
#include <thread>

#include <sys/resource.h>

#include "base/json.h"
#include "digits.h"
#include "fake_server.h"
#include "split/http_client.h"
#include "split/suffix.h"

using namespace dnntune;
using namespace dnntune::test;
using base::Json;

namespace {

class Served {
 public:
  explicit Served(ServerOptions options = {}) : server(one_thread(), std::move(options)) {
    server.add_model(graph);
    server.start();
  }
  /// What the server says to `bytes`, to the end of the connection; the client's own end comes with `end`.
  std::string say(const std::string& bytes, bool end = true) const {
    FakeConnection connection = raw_client(server.port());
    connection.send(bytes);
    if (end) connection.finish_sending();
    return connection.read_to_end();
  }
  void check_alive() const {
    split::HttpClient client(server.url(), {});
    CHECK(client.get("/v2/health/live", split::deadline_in(kPatientSeconds)).status == 200);
  }
  const Graph graph = digits("digits_mlp");
  Server server;
};

std::string post(const std::string& path, const std::string& body, const std::string& headers = "") {
  return fmt::format("POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n{}\r\n{}", path, body.size(), headers, body);
}

int status_of(const std::string& answer) { return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3)); }

/// The "error" of an answer's JSON body.
std::string error_of(const std::string& answer) {
  const std::size_t body = answer.find("\r\n\r\n");
  REQUIRE(body != std::string::npos);
  return base::get<std::string>(base::parse_json(answer.substr(body + 4), "error body"), "error", "error body");
}

/// An inference of the MLP in JSON's head and binary tail, with room for lies.
std::string infer_json(const std::string& shape, const std::string& type, const std::string& size, const std::string& name = "image") {
  return fmt::format(R"({{"inputs":[{{"name":"{}","shape":{},"datatype":"{}","parameters":{{"binary_data_size":{}}}}}]}})", name, shape, type, size);
}

}  // namespace

TEST_CASE("hostile requests are refused by name and do not stop the server") {
  const Served served;
  const std::string infer = "/v2/models/" + split::identity(served.graph) + "/infer";
  const std::string image(256, '\0');
  const auto binary = [&](const std::string& json, const std::string& tail, const std::string& length = "") {
    return post(infer, json + tail, fmt::format("Inference-Header-Content-Length: {}\r\n", length.empty() ? std::to_string(json.size()) : length));
  };
  const std::string good = infer_json("[1,64]", "FP32", "256");
  REQUIRE(status_of(served.say(binary(good, image))) == 200);
  struct Row {
    const char* what;
    int status;  ///< 0: the connection ends without an answer.
    std::string part;
    std::string bytes;
  };
  const Row rows[] = {
      {"nothing", 0, "", ""},
      {"half a request line", 0, "", "POST /v2/mod"},
      {"half a head", 0, "", "GET /v2 HTTP/1.1\r\nHost: a\r\n"},
      {"half a body", 0, "", post(infer, "{}", "").substr(0, post(infer, "{}", "").size() - 1)},
      {"a TLS hello", 400, "HTTP", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15)},
      {"HTTP/2's preface", 400, "versions", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"no version", 400, "HTTP", "GET /v2\r\n\r\n"},
      {"a target that is no path", 400, "target", "GET v2 HTTP/1.1\r\n\r\n"},
      {"a method of signs", 400, "method", "G\x01T /v2 HTTP/1.1\r\n\r\n"},
      {"a broken escape", 400, "%", "GET /v2/%zz HTTP/1.1\r\n\r\n"},
      {"an escape cut off", 400, "%", "GET /v2/%4 HTTP/1.1\r\n\r\n"},
      {"a header without a colon", 400, "header", "GET /v2 HTTP/1.1\r\nHost\r\n\r\n"},
      {"a folded header", 400, "header", "GET /v2 HTTP/1.1\r\nHost: a\r\n b\r\n\r\n"},
      {"a blank before the colon", 400, "header", "GET /v2 HTTP/1.1\r\nContent-Length : 3\r\n\r\nabc"},
      {"a zero byte in a header", 400, "control", std::string("GET /v2 HTTP/1.1\r\nHost: a\0b\r\n\r\n", 31)},
      {"an endless line", 431, "too long", "GET /" + std::string(100000, 'a')},
      {"endless headers", 431, "too long", "GET /v2 HTTP/1.1\r\n" + [] { std::string h; for (int i = 0; i < 20000; ++i) h += "A: b\r\n"; return h; }()},
      {"a long name", 404, "path", "GET /v2/" + std::string(60000, 'a') + " HTTP/1.1\r\n\r\n"},
      {"many segments", 404, "path", "GET /" + [] { std::string h; for (int i = 0; i < 20000; ++i) h += "a/"; return h; }() + " HTTP/1.1\r\n\r\n"},
      {"no such path", 404, "path", "GET /etc/passwd HTTP/1.1\r\n\r\n"},
      {"a path that climbs", 404, "path", "GET /v2/../../etc/passwd HTTP/1.1\r\n\r\n"},
      {"the wrong method", 405, "POST, not GET", "GET " + infer + " HTTP/1.1\r\n\r\n"},
      {"another wrong method", 405, "GET, not DELETE", "DELETE /v2 HTTP/1.1\r\n\r\n"},
      {"a model that is not here", 404, "nobody", post("/v2/models/nobody/infer", "{}")},
      {"a model of odd bytes", 404, "served", post("/v2/models/%00%ff%2f../infer", "{}")},
      {"a huge length", 413, "larger", "POST " + infer + " HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n"},
      {"a length beyond 64 bits", 400, "Content-Length", "POST " + infer + " HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n"},
      {"a negative length", 400, "Content-Length", "POST " + infer + " HTTP/1.1\r\nContent-Length: -1\r\n\r\n"},
      {"two lengths", 400, "lengths", "POST " + infer + " HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"},
      {"a length and chunks", 400, "chunks", "POST " + infer + " HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"another transfer coding", 501, "chunked", "POST " + infer + " HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n"},
      {"a huge chunk", 413, "larger", "POST " + infer + " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"},
      {"a chunk beyond 64 bits", 400, "chunk", "POST " + infer + " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1ffffffffffffffff\r\n"},
      {"a negative chunk", 400, "chunk", "POST " + infer + " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n"},
      {"a chunk longer than it says", 400, "chunk", "POST " + infer + " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n"},
      {"two transfer codings", 400, "two transfer codings", "POST " + infer + " HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"},
      {"a list of transfer codings", 501, "chunked", "POST " + infer + " HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
      {"a transfer coding that looks like chunked", 501, "chunked", "POST " + infer + " HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
      {"a transfer coding before a blank", 400, "header", "POST " + infer + " HTTP/1.1\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n"},
      {"a transfer coding with a vertical tab", 400, "control", "POST " + infer + " HTTP/1.1\r\nTransfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n"},
      {"chunks in HTTP/1.0", 400, "1.0", "POST " + infer + " HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"a list of lengths", 400, "Content-Length", "POST " + infer + " HTTP/1.1\r\nContent-Length: 2, 2\r\n\r\n{}"},
      {"a length with a plus", 400, "Content-Length", "POST " + infer + " HTTP/1.1\r\nContent-Length: +2\r\n\r\n{}"},
      {"a length in hexadecimal", 400, "Content-Length", "POST " + infer + " HTTP/1.1\r\nContent-Length: 0x2\r\n\r\n{}"},
      {"no length at all", 400, "Content-Length", "POST " + infer + " HTTP/1.1\r\nContent-Length:\r\n\r\n{}"},
      {"the same length twice", 400, "'inputs'", "POST " + infer + " HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}"},
      {"lines that end in a bare line feed", 400, "carriage return", "GET /v2 HTTP/1.1\nHost: a\n\n"},
      {"one header that ends in a bare line feed", 400, "carriage return", "POST " + infer + " HTTP/1.1\r\nHost: a\nContent-Length: 2\r\n\r\n{}"},
      {"a head that ends in a bare line feed", 400, "carriage return", "GET /v2 HTTP/1.1\r\nHost: a\r\n\n"},
      {"a bare carriage return in a header", 400, "control", "GET /v2 HTTP/1.1\r\nHost: a\rContent-Length: 2\r\n\r\n"},
      {"a blank in the target", 400, "blanks", "GET /v2 HTTP/1.1 HTTP/1.1\r\n\r\n"},
      {"a bare carriage return in the target", 400, "control", "GET /v2\rHost: HTTP/1.1\r\n\r\n"},
      {"a zero byte in the target", 400, "control", std::string("GET /v2/\0 HTTP/1.1\r\n\r\n", 23)},
      {"a target of another host", 400, "target", "GET http://elsewhere/v2 HTTP/1.1\r\n\r\n"},
      {"an empty line before the request line", 400, "header", "\r\nGET /v2 HTTP/1.1\r\n\r\n"},
      {"a chunk line that ends in a bare line feed", 400, "carriage return", "POST " + infer + " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n"},
      {"a chunk length with an x", 400, "chunk", "POST " + infer + " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n"},
      {"no chunk length", 400, "chunk", "POST " + infer + " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\r\n{}\r\n0\r\n\r\n"},
      {"chunk extensions are read past", 400, "'inputs'", "POST " + infer + " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;a=\"b\";c\r\n{}\r\n0;d\r\n\r\n"},
      {"an endless chunk extension", 413, "too long", "POST " + infer + " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;" + std::string(10000, 'a') + "\r\n{}\r\n0\r\n\r\n"},
      {"endless trailers", 413, "too long", "POST " + infer + " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n" + [] { std::string h; for (int i = 0; i < 20000; ++i) h += "A: b\r\n"; return h; }()},
      {"a path that climbs in escapes", 404, "path", "GET /v2/models/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n\r\n"},
      {"a model that climbs", 404, "'../../etc/passwd'", post("/v2/models/..%2f..%2fetc%2fpasswd/infer", "{}")},
      {"a model that climbs backwards", 404, "served", post("/v2/models/..%5c..%5cboot.ini/infer", "{}")},
      {"a base that climbs", 404, "'/etc/passwd'", post("/v2/repository/models/x/load", R"({"parameters":{"dnntune.base":"/etc/passwd","dnntune.cut":[],"dnntune.encodings":[],"dnntune.outputs":[]}})")},
      {"compressed twice", 415, "gzip", post(infer, "x", "Content-Encoding: gzip, gzip\r\n")},
      {"an unknown compression", 415, "gzip", post(infer, "x", "Content-Encoding: br\r\n")},
      {"damaged compression", 400, "damaged", post(infer, "xxxxxxxx", "Content-Encoding: gzip\r\n")},
      {"no JSON", 400, "JSON", post(infer, "")},
      {"JSON that ends early", 400, "JSON", post(infer, R"({"inputs":[)")},
      {"deep JSON that ends early", 400, "JSON", post(infer, std::string(1000000, '['))},
      {"deep JSON that closes", 413, "deeper", post(infer, std::string(100000, '[') + std::string(100000, ']'))},
      {"JSON of another kind", 400, "object", post(infer, "7")},
      {"JSON that is not UTF-8", 400, "JSON", post(infer, "{\"\xff\xfe\":1}")},
      {"no inputs", 400, "'inputs'", post(infer, "{}")},
      {"an empty list of inputs", 400, "'image'", post(infer, R"({"inputs":[]})")},
      {"a header length beyond the body", 400, "Inference-Header", binary(good, image, "1000000")},
      {"a header length of letters", 400, "Inference-Header", binary(good, image, "ten")},
      {"a negative header length", 400, "Inference-Header", binary(good, image, "-1")},
      {"a header length that cuts the JSON", 400, "JSON", binary(good, image, "20")},
      {"an unknown input in place of the right one", 400, "'image'", binary(infer_json("[1,64]", "FP32", "256", "picture"), image)},
      {"an unknown input beside the right one", 400, "'more'",
       post(infer, R"({"inputs":[{"name":"more","shape":[0],"datatype":"FP32","data":[]},{"name":"image","shape":[1,64],"datatype":"FP32","data":[0)" +
                       [] { std::string h; for (int i = 1; i < 64; ++i) h += ",0"; return h; }() + "]}]}")},
      {"an input of another shape", 400, "'image'", binary(infer_json("[64,1]", "FP32", "256"), image)},
      {"an input of another type", 400, "'image'", binary(infer_json("[1,64]", "INT32", "256"), image)},
      {"an input beyond the body", 400, "'image'", binary(infer_json("[1,64]", "FP32", "256"), image.substr(1))},
      {"a size that is not the shape's", 400, "'image'", binary(infer_json("[1,64]", "FP32", "252"), image)},
      {"a negative size", 400, "'image'", binary(infer_json("[1,64]", "FP32", "-256"), image)},
      {"a huge shape", 413, "'image'", binary(infer_json("[4611686018427387904,64]", "FP32", "256"), image)},
      {"a shape that overflows in bytes", 413, "'image'", binary(infer_json("[4611686018427387904]", "FP32", "0"), "")},
      {"a negative shape", 400, "'image'", binary(infer_json("[-1,-64]", "FP32", "256"), image)},
      {"surplus bytes", 400, "too many", binary(good, image + "!")},
      {"BOOL bytes of 7", 400, "BOOL", binary(infer_json("[1,64]", "BOOL", "64"), std::string(64, '\7'))},
      {"an input twice", 400, "twice", binary(R"({"inputs":[{"name":"image","shape":[0],"datatype":"FP32","data":[]},{"name":"image","shape":[0],"datatype":"FP32","data":[]}]})", "")},
      {"an unknown output", 400, "'nothing'", post(infer, R"({"inputs":[],"outputs":[{"name":"nothing"}]})")},
      {"load: no JSON", 400, "JSON", post("/v2/repository/models/x/load", "{")},
      {"load: parameters of another kind", 404, "'x'", post("/v2/repository/models/x/load", R"({"parameters":7})")},
      {"load: no cut", 400, "dnntune.cut", post("/v2/repository/models/x/load", R"({"parameters":{"dnntune.base":"a"}})")},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const std::string answer = served.say(row.bytes);
    CAPTURE(answer.substr(0, 500));
    CHECK(status_of(answer) == row.status);
    if (row.status != 0) CHECK(error_of(answer).find(row.part) != std::string::npos);
    served.check_alive();
  }
  CHECK(served.say("GET " + infer + " HTTP/1.1\r\nConnection: close\r\n\r\n").find("Allow: POST\r\n") != std::string::npos);
  CHECK(status_of(served.say(binary(good, image))) == 200);
}

TEST_CASE("the body limit holds for what is announced, sent in chunks or decompressed") {
  ServerOptions options;
  options.max_body_bytes = 1000;
  const Served served(options);
  const std::string infer = "/v2/models/x/infer";
  CHECK(status_of(served.say(post(infer, std::string(1000, ' ')))) == 404);
  CHECK(status_of(served.say(post(infer, std::string(1001, ' ')))) == 413);
  CHECK(status_of(served.say(post(infer, std::string(10000000, ' ')))) == 413);  // refused while it is being sent
  std::string chunks = "POST " + infer + " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 11; ++i) chunks += "64\r\n" + std::string(100, ' ') + "\r\n";
  CHECK(status_of(served.say(chunks)) == 413);
  // 20000 zero bytes, compressed by zlib to 42.
  const unsigned char bomb[] = {
      0x78, 0xda, 0xed, 0xc1, 0x31, 0x01, 0x00, 0x00, 0x00, 0xc2, 0xa0, 0xf5, 0x4f, 0x6d, 0x0d, 0x0f, 0xa0, 0x00, 0x00, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x78, 0x30, 0x4e, 0x20, 0x00, 0x01,
  };
  CHECK(status_of(served.say(post(infer, std::string(reinterpret_cast<const char*>(bomb), sizeof bomb), "Content-Encoding: deflate\r\n"))) == 413);
  served.check_alive();
}

TEST_CASE("what follows a body is the next request, and what is in it is not") {
  const Served served;
  const std::string hidden = "GET /v2/health/live HTTP/1.1\r\n\r\n";
  const auto lives = [](const std::string& answer) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = answer.find("\"live\":true", at)) != std::string::npos; ++at) ++count;
    return count;
  };
  const std::string last = "GET /v2 HTTP/1.1\r\nConnection: close\r\n\r\n";
  const std::string index = "POST /v2/repository/index HTTP/1.1\r\n";
  CHECK(lives(served.say(index + fmt::format("Content-Length: {}\r\n\r\n", hidden.size()) + hidden + last, false)) == 0);
  CHECK(lives(served.say(fmt::format("GET /v2/health/ready HTTP/1.1\r\nContent-Length: {}\r\n\r\n", hidden.size()) + hidden + last, false)) == 0);
  CHECK(lives(served.say(index + fmt::format("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n", hidden.size()) + hidden + "\r\n0\r\n\r\n" + last, false)) == 0);
  CHECK(lives(served.say(index + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" + hidden + last, false)) == 1);
  CHECK(lives(served.say(index + fmt::format("Content-Length: 2\r\nContent-Length: {}\r\n\r\n{{}}", hidden.size()) + hidden + last)) == 0);  // closed after the refusal
  CHECK(lives(served.say(index + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden + last)) == 0);
}

TEST_CASE("requests one behind the other on a connection are answered in order") {
  const Served served;
  const std::string live = "GET /v2/health/live HTTP/1.1\r\n\r\n", none = "GET /none HTTP/1.0\r\n\r\n";
  std::string burst;
  for (int i = 0; i < 50; ++i) burst += live;
  const std::string answer = served.say(burst + post("/v2/repository/index", "{}") + "HEAD /v2 HTTP/1.1\r\nConnection: close\r\n\r\n", false);
  std::size_t count = 0;
  for (std::size_t at = 0; (at = answer.find("\"live\":true", at)) != std::string::npos; ++at) ++count;
  CHECK(count == 50);
  CHECK(answer.find("READY") != std::string::npos);
  CHECK(answer.ends_with("\r\n\r\n"));  // a HEAD is refused, without a body
  CHECK(served.say(none, false).find("Connection: close") != std::string::npos);  // 1.0 does not keep connections
}

TEST_CASE("a client that asks for leave to send its body gets it") {
  const Served served;
  FakeConnection connection = raw_client(served.server.port());
  connection.send("POST /v2/repository/index HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  connection.send("{}");
  const std::string answer = connection.read_to_end();
  CHECK(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
}

TEST_CASE("clients that stall or trickle are given up, and do not keep others waiting") {
  ServerOptions options;
  options.connections = 2;
  options.read_timeout_s = 0.3;
  const Served served(options);
  std::vector<FakeConnection> stalled;
  for (const char* bytes : {"", "", "P", "POST /v2/repository/index HTTP/1.1\r\nContent-Length: 10\r\n\r\n{", "GET /v2 HTTP/1.1\r\nA"}) {
    stalled.push_back(raw_client(served.server.port()));
    stalled.back().send(bytes);
  }
  FakeConnection trickling = raw_client(served.server.port());
  std::thread trickler([&] {
    while (trickling.send("a")) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  });
  for (int i = 0; i < 5; ++i) served.check_alive();
  for (FakeConnection& connection : stalled) {
    const std::string answer = connection.read_to_end();  // hangs if the server does not give up
    CHECK((answer.empty() || status_of(answer) == 408));
  }
  trickler.join();
  served.check_alive();
}

TEST_CASE("a body that trickles is given up however steadily it does") {
  ServerOptions options;
  options.read_timeout_s = 0.3;
  const Served served(options);
  FakeConnection slow = raw_client(served.server.port());
  slow.send("POST /v2/repository/index HTTP/1.1\r\nContent-Length: 100000\r\n\r\n");
  std::thread trickler([&] {
    while (slow.send("a")) std::this_thread::sleep_for(std::chrono::milliseconds(20));  // 50 bytes a second
  });
  const std::string answer = slow.read_to_end();  // hangs if the server does not give up
  CHECK((answer.empty() || status_of(answer) == 408));
  trickler.join();
  served.check_alive();
}

TEST_CASE("a body that stalls after a fast start is given up: what came early is no credit") {
  ServerOptions options;
  options.read_timeout_s = 0.3;
  const Served served(options);
  FakeConnection stalled = raw_client(served.server.port());
  stalled.send("POST /v2/repository/index HTTP/1.1\r\nContent-Length: 100000000\r\n\r\n" + std::string(20000000, ' '));  // at 2 kB/s: three hours
  const std::string answer = stalled.read_to_end();  // hangs if the server does not give up
  CHECK((answer.empty() || status_of(answer) == 408));
  served.check_alive();
}

TEST_CASE("a flood of connections drops those that were idle longest, not the newcomers") {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  const rlim_t before = files.rlim_cur;
  constexpr rlim_t kNeeded = 2500;  // 1000 of the server, and those of the clients
  files.rlim_cur = std::min(std::max(before, kNeeded), files.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &files);
  const int flood = files.rlim_cur >= kNeeded ? 1200 : 300;
  {
    const Served served;
    std::vector<FakeConnection> many;
    for (int i = 0; i < flood; ++i) many.push_back(raw_client(served.server.port()));
    for (int i = 0; i < 5; ++i) served.check_alive();
    if (flood > 1000) CHECK(many.front().read_to_end() == "");  // hangs if it is kept
    many.back().send("GET /v2/health/live HTTP/1.1\r\nConnection: close\r\n\r\n");
    CHECK(status_of(many.back().read_to_end()) == 200);
  }
  files.rlim_cur = before;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

TEST_CASE("more connections than threads") {
  const Served served;
  std::vector<FakeConnection> many;
  for (int i = 0; i < 200; ++i) many.push_back(raw_client(served.server.port()));
  served.check_alive();
  for (FakeConnection& connection : many) connection.send("GET /v2/health/live HTTP/1.1\r\nConnection: close\r\n\r\n");
  for (FakeConnection& connection : many) CHECK(status_of(connection.read_to_end()) == 200);
}

TEST_CASE("a server with clients in every state stops") {
  auto served = std::make_unique<Served>();
  std::vector<FakeConnection> clients;
  for (const char* bytes : {"", "GE", "GET /v2 HTTP/1.1\r\n\r\n", "POST /v2/repository/index HTTP/1.1\r\nContent-Length: 10\r\n\r\n{"}) {
    clients.push_back(raw_client(served->server.port()));
    clients.back().send(bytes);
  }
  served->check_alive();
  served->server.stop();  // a server that waited for these would hang for its read timeout and longer
  served.reset();
  for (FakeConnection& client : clients) client.read_to_end();
}
