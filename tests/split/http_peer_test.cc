// SPDX-License-Identifier: Apache-2.0
// Our server seen by cpp-httplib, a client that shares no code with it.
#include <httplib.h>

#include "base/json.h"
#include "digits.h"
#include "split/suffix.h"
#include "split/wire.h"
#include "wire_samples.h"

using namespace dnntune;
using namespace dnntune::test;

TEST_CASE("an independent HTTP client is served: kept connections, chunks, compression, JSON and binary") {
  const Graph graph = digits("digits_mlp");
  Server server(one_thread());
  server.add_model(graph);
  server.start();
  httplib::Client client("127.0.0.1", server.port());
  client.set_keep_alive(true);
  client.set_read_timeout(static_cast<time_t>(kPatientSeconds));
  const Tensors inputs = random_inputs(graph, 21);
  const Tensors expected = run_here(graph, inputs);
  const std::vector<split::NamedTensor> given = {{"image", inputs.at("image")}};
  const std::string path = "/v2/models/" + split::identity(graph) + "/infer";
  const auto check = [&](const httplib::Result& result) {
    REQUIRE(result);
    REQUIRE(result->status == 200);
    const auto response = split::decode_response(result->body, split::parse_header_length(result->get_header_value(split::kHeaderLength), result->body.size()));
    REQUIRE(response.outputs.size() == 1);
    CHECK(same_bits(response.outputs[0].tensor, expected.at(response.outputs[0].name)));
  };
  for (int i = 0; i < 3; ++i) {
    const auto live = client.Get("/v2/health/live");
    REQUIRE(live);
    CHECK(live->status == 200);
    for (const bool binary : {true, false}) {
      const auto message = flat_request(given, {}, binary, "");
      httplib::Headers headers;
      if (binary) headers.emplace(split::kHeaderLength, std::to_string(message.json_bytes));
      const char* type = binary ? "application/octet-stream" : "application/json";
      client.set_compress(false);
      check(client.Post(path, headers, message.body, type));
      check(client.Post(path, headers, [&](std::size_t offset, httplib::DataSink& sink) {
        if (offset == message.body.size()) sink.done();
        else sink.write(message.body.data() + offset, std::min<std::size_t>(100, message.body.size() - offset));
        return true;
      }, type));
      client.set_compress(true);
      check(client.Post(path, headers, message.body, type));
    }
  }
  const auto missing = client.Get("/v2/models/none");
  REQUIRE(missing);
  CHECK(missing->status == 404);
  CHECK(missing->get_header_value("Content-Type") == "application/json");
}
