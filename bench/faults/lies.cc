// SPDX-License-Identifier: Apache-2.0
#include "faults/lies.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <string_view>

#include <fmt/format.h>

namespace dnntune::faults {
namespace {

constexpr std::string_view kJsonLength = "Inference-Header-Content-Length: ";

struct Parts {
  std::string json, bytes;
};

/// An answer without a tensor in binary form has no bytes.
Parts parts_of(const Answer& answer) {
  const std::size_t head = answer.text.find("\r\n\r\n");
  if (head == std::string::npos) return {};
  const std::string body = answer.text.substr(head + 4);
  std::size_t json = body.size();
  if (const std::size_t at = answer.text.find(kJsonLength); at < head)
    std::from_chars(answer.text.data() + at + kJsonLength.size(), answer.text.data() + head, json);
  json = std::min(json, body.size());
  return {body.substr(0, json), body.substr(json)};
}

std::string reply(int status, std::string_view body, std::string_view headers = "") {
  return fmt::format("HTTP/1.1 {} Said\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(), headers, body);
}
std::string joined(const Parts& parts) { return reply(200, parts.json + parts.bytes, fmt::format("{}{}\r\n", kJsonLength, parts.json.size())); }

/// `json` with the first value of `key` (up to a ',' or '}' outside of brackets) replaced.
std::string with_value(std::string json, std::string_view key, std::string_view value) {
  const std::string quoted = fmt::format("\"{}\":", key);
  const std::size_t at = json.find(quoted);
  if (at == std::string::npos) return "{}";
  const std::size_t start = at + quoted.size();
  std::size_t end = start;
  for (int depth = 0; end < json.size(); ++end) {
    if (depth == 0 && (json[end] == ',' || json[end] == '}')) break;
    depth += json[end] == '[' ? 1 : json[end] == ']' ? -1 : 0;
  }
  return json.replace(start, end - start, value);
}
std::string changed(const Answer& answer, std::string_view key, std::string_view value) {
  Parts parts = parts_of(answer);
  parts.json = with_value(std::move(parts.json), key, value);
  return joined(parts);
}

std::size_t below(std::size_t limit, std::mt19937_64& random) { return limit == 0 ? 0 : random() % limit; }

std::string with_odd_float(const Answer& answer, float odd, std::mt19937_64& random) {
  Parts parts = parts_of(answer);
  const std::size_t floats = parts.bytes.size() / sizeof odd;
  if (floats > 0) std::memcpy(parts.bytes.data() + below(floats, random) * sizeof odd, &odd, sizeof odd);
  return joined(parts);
}

std::string noise(std::size_t size, std::mt19937_64& random) {
  std::string text(size, '\0');
  for (char& c : text) c = std::bit_cast<char>(static_cast<unsigned char>(random()));
  return text;
}

using Random = std::mt19937_64;

constexpr Lie kLies[] = {
    {"wrong form", "another shape", [](const Answer& a, Random&) { return changed(a, "shape", "[10,1]"); }},
    {"wrong form", "another rank", [](const Answer& a, Random&) { return changed(a, "shape", "[10]"); }},
    {"wrong form", "negative shape", [](const Answer& a, Random&) { return changed(a, "shape", "[-1,-10]"); }},
    {"wrong form", "another type", [](const Answer& a, Random&) { return changed(a, "datatype", "\"INT32\""); }},
    {"wrong form", "a type that does not exist", [](const Answer& a, Random&) { return changed(a, "datatype", "\"FP31\""); }},
    {"wrong form", "another name", [](const Answer& a, Random&) { return changed(a, "outputs", R"([{"name":"nothing","datatype":"FP32","shape":[1],"data":[1]}])"); }},
    {"wrong form", "no outputs", [](const Answer& a, Random&) { return changed(a, "outputs", "[]"); }},
    {"wrong form", "not JSON", [](const Answer&, Random& random) { return reply(200, noise(1 + below(2000, random), random)); }},
    {"wrong form", "JSON without an end", [](const Answer&, Random& random) { return reply(200, std::string(1 + below(100'000, random), '[')); }},
    {"truncated", "bytes of a tensor missing",
     [](const Answer& a, Random& random) {
       Parts parts = parts_of(a);
       parts.bytes.resize(below(parts.bytes.size(), random));
       return joined(parts);
     }},
    {"truncated", "ends early", [](const Answer& a, Random& random) { return a.text.substr(0, below(a.text.size(), random)); }},
    {"truncated", "empty", [](const Answer&, Random&) { return reply(200, ""); }},
    {"oversized", "a tensor with bytes to spare",
     [](const Answer& a, Random& random) {
       Parts parts = parts_of(a);
       parts.bytes += noise(1 + below(10'000, random), random);
       return joined(parts);
     }},
    {"oversized", "a shape beyond memory", [](const Answer& a, Random&) { return changed(a, "shape", "[4611686018427387904,10]"); }},
    {"oversized", "a body of 2 MB", [](const Answer&, Random&) { return reply(200, std::string(std::size_t{2} << 20, ' ')); }},
    {"oversized", "a length beyond memory", [](const Answer&, Random&) { return std::string("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n{}"); }},
    {"oversized", "a head without an end", [](const Answer&, Random&) { return "HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'a'); }},
    {"NaN", "a NaN", [](const Answer& a, Random& random) { return with_odd_float(a, std::numeric_limits<float>::quiet_NaN(), random); }},
    {"not HTTP", "noise", [](const Answer&, Random& random) { return noise(1 + below(2000, random), random); }},
    {"not HTTP", "another protocol", [](const Answer&, Random&) { return std::string("SSH-2.0-OpenSSH_9.2\r\n\r\n"); }},
    {"refusal", "status 500", [](const Answer&, Random&) { return reply(500, R"({"error":"out of luck"})"); }},
    {"refusal", "status 404", [](const Answer&, Random&) { return reply(404, R"({"error":"gone"})"); }},
    {"refusal", "status 401", [](const Answer&, Random&) { return reply(401, R"({"error":"who are you"})"); }},
    {"refusal", "status 503, come again in 1 ms", [](const Answer&, Random&) { return reply(503, "{}", "Retry-After: 1\r\nRetry-After-Ms: 1\r\n"); }},
    {"refusal", "status 503, come again in an hour", [](const Answer&, Random&) { return reply(503, "{}", "Retry-After: 3600\r\n"); }},
    {"refusal", "a redirect", [](const Answer&, Random&) { return reply(302, "", "Location: http://127.0.0.1:1/\r\n"); }},
    {"answer of an earlier request", "answer of an earlier request", [](const Answer& a, Random&) { return a.earlier.empty() ? reply(200, "") : a.earlier; }},
};

}  // namespace

std::span<const Lie> lies() { return kLies; }

}  // namespace dnntune::faults
