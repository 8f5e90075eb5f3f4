// SPDX-License-Identifier: Apache-2.0
// Thousands of damaged messages: each is read or refused with an Error, nothing else.
#include <algorithm>
#include <random>

#include <fmt/format.h>

#include "digits.h"
#include "received.h"
#include "split/http_message.h"
#include "split/wire_plain.h"
#include "wire_samples.h"

using namespace dnntune;
using namespace dnntune::test;

namespace {

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t limit) { return limit == 0 ? 0 : static_cast<std::size_t>(random() % limit); }

/// Flips, deletes, repeats, inserts or cuts off; numbers get special attention.
std::string damaged(std::string text, Random& random) {
  static const char* const kWords[] = {"-1", "0", "18446744073709551615", "9223372036854775807", "1e999", "null", "[[[[", "{}", "\"", "\\u0000", "true", "4294967296"};
  for (std::size_t n = 1 + below(random, 4); n > 0 && !text.empty(); --n) {
    const std::size_t at = below(random, text.size());
    switch (below(random, 6)) {
      case 0: text[at] = static_cast<char>(text[at] ^ (1 << below(random, 8))); break;
      case 1: text.erase(at, 1 + below(random, 8)); break;
      case 2: text.insert(at, text.substr(at, below(random, 32))); break;
      case 3: text.insert(at, kWords[below(random, std::size(kWords))]); break;
      case 4: text.resize(at); break;
      default: {
        const std::size_t digit = text.find_first_of("0123456789", at);
        if (digit != std::string::npos) text.replace(digit, 1, kWords[below(random, std::size(kWords))]);
      }
    }
  }
  return text;
}

/// What comes of `read`: 1 when it was read, 0 when it was refused properly.
template <typename F>
int outcome(F read) {
  try {
    read();
    return 1;
  } catch (const Error& e) {
    CHECK(std::string(e.what()) != "");
    CHECK((e.code() == ErrorCode::invalid_argument || e.code() == ErrorCode::limit_exceeded || e.code() == ErrorCode::unsupported || e.code() == ErrorCode::network));
    return 0;
  }
}

}  // namespace

TEST_CASE("damaged requests and responses are read or refused") {
  Random random(20240607);
  std::vector<split::NamedTensor> textual = one_of_each_type();
  std::erase_if(textual, [](const split::NamedTensor& item) { return item.tensor.type() == DataType::float16 || item.tensor.type() == DataType::bfloat16; });
  const std::vector<split::NamedTensor> all = one_of_each_type();
  const std::vector<std::string> outputs = {"y"};
  const Flat samples[] = {
      flat_request(all, outputs, true, "a"), flat_request(textual, outputs, false, "a"),
      flat_response({"m", "a", all, 5.0}, std::vector<bool>(all.size(), true)),
      flat_response({"m", "a", textual, 5.0}, std::vector<bool>(textual.size(), false)),
  };
  int read = 0, tried = 0;
  for (const Flat& sample : samples)
    for (int i = 0; i < 1500; ++i) {
      const std::string json = damaged(sample.body.substr(0, sample.json_bytes), random);
      const std::string rest = below(random, 2) == 0 ? sample.body.substr(sample.json_bytes) : damaged(sample.body.substr(sample.json_bytes), random);
      const std::string body = json + rest;
      const std::optional<std::size_t> length = sample.binary ? std::optional(below(random, 8) == 0 ? below(random, body.size() + 1) : json.size()) : std::nullopt;
      read += outcome([&] { split::decode_request(body, length); });
      read += outcome([&] { split::decode_response(body, length); });
      tried += 2;
    }
  CHECK(read > 0);
  CHECK(read < tried);
}

TEST_CASE("a request is read alike with and without a tree of JSON") {
  Random random(11);
  const std::vector<split::NamedTensor> all = one_of_each_type();
  const std::vector<std::string> outputs = {"y", "z"};
  const std::vector<std::string> none;
  const Flat samples[] = {flat_request(all, outputs, true, "a"), flat_request(all, none, true, ""), flat_request({all.begin(), all.begin() + 1}, none, true, "b")};
  /// What came of it, as text.
  const auto read = [](const std::string& json, const std::string& rest) -> std::string {
    try {
      const split::Request request = split::decode_request(json + rest, json.size());
      std::string text = fmt::format("{} {}", request.id, request.binary_by_default);
      for (const split::NamedTensor& item : request.inputs)
        text += fmt::format(" {} {} {} {}", item.name, to_string(item.tensor.type()), to_string(item.tensor.shape()), std::string(static_cast<const char*>(item.tensor.data()), item.tensor.size_bytes()));
      for (std::size_t i = 0; i < request.outputs.size(); ++i) text += fmt::format(" {} {}", request.outputs[i], static_cast<bool>(request.output_binary[i]));
      return text;
    } catch (const Error& e) {
      return fmt::format("refused: {}", to_string(e.code()));
    }
  };
  int plain = 0, refused = 0, tried = 0;
  for (const Flat& sample : samples)
    for (int i = 0; i < 3000; ++i) {
      const std::string json = i == 0 ? sample.body.substr(0, sample.json_bytes) : damaged(sample.body.substr(0, sample.json_bytes), random);
      if (json.empty() || json.front() != '{') continue;
      const std::string rest = sample.body.substr(sample.json_bytes);
      // A member that is unknown asks for the tree, and changes nothing else.
      const std::string with_tree = (json.find_first_not_of(" \t\r\n", 1) == json.find('}', 1) ? "{\"tree\":0" : "{\"tree\":0,") + json.substr(1);
      CHECK(!split::read_plain_request(with_tree));
      CAPTURE(json);
      const std::string here = read(json, rest);
      CHECK(here == read(with_tree, rest));
      plain += split::read_plain_request(json) ? 1 : 0;
      refused += here.starts_with("refused") ? 1 : 0;
      ++tried;
    }
  CHECK(plain > tried / 50);
  CHECK(refused > tried / 20);
  CHECK(refused < tried);
}

TEST_CASE("damaged HTTP is read or refused") {
  Random random(7);
  const std::string samples[] = {
      "POST /v2/models/a/infer HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Type: x\r\n\r\nhello",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5;a=b\r\nhello\r\n3\r\nyou\r\n0\r\nT: u\r\n\r\n",
      "HTTP/1.1 200 OK\r\nServer: a\r\n\r\nto the end",
  };
  int read = 0, tried = 0;
  for (const std::string& sample : samples)
    for (int i = 0; i < 2000; ++i) {
      const std::string bytes = damaged(sample, random);
      read += outcome([&] {
        Received transport(bytes, 13);
        split::HttpReader reader(transport);
        split::Patience patience(split::deadline_in(kPatientSeconds));
        while (const auto head = reader.read_head(patience.after(0))) {
          const std::string body = reader.read_body(*head, 1000, split::Unannounced::until_close, patience);
          CHECK(body.size() <= 1000);
        }
      });
      ++tried;
    }
  CHECK(read > 0);
  CHECK(read < tried);
}
