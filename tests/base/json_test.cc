// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"
#include "throws.h"

using namespace dnntune;
using base::Json;

TEST_CASE("JSON: malformed text is an error that names the document") {
  for (const char* text : {"", "{", "{\"a\":}", "[1,2", "nul", "{\"a\":1}x", "\"\xff\"", "1e999", "{\"a\":NaN}"})
    CHECK_ERROR(base::parse_json(text, "device file"), ErrorCode::invalid_argument, "device file");
  const std::string deep = std::string(100000, '[') + std::string(100000, ']');
  CHECK_ERROR(base::parse_json(deep, "x"), ErrorCode::limit_exceeded, "64");
  CHECK(base::parse_json(std::string(60, '[') + std::string(60, ']'), "x").is_array());
}

TEST_CASE("JSON: members are read strictly, errors name the member") {
  const Json json = base::parse_json(R"({"n": 3, "big": 4294967296, "neg": -1, "real": 1.5, "huge": 1e30, "yes": true,
                                         "text": "t", "list": [1, 2], "mixed": [1, "a"], "object": {}})", "doc");
  CHECK(base::get<int>(json, "n", "doc") == 3);
  CHECK(base::get<std::uint8_t>(json, "n", "doc") == 3);
  CHECK(base::get<double>(json, "n", "doc") == 3.0);
  CHECK(base::get<double>(json, "real", "doc") == 1.5);
  CHECK(base::get<std::int64_t>(json, "big", "doc") == 4294967296);
  CHECK(base::get<bool>(json, "yes", "doc"));
  CHECK(base::get<std::vector<int>>(json, "list", "doc") == std::vector<int>{1, 2});
  CHECK(base::get_or<int>(json, "absent", 7, "doc") == 7);

  CHECK_ERROR(base::get<int>(json, "absent", "doc"), ErrorCode::invalid_argument, "'absent' is missing");
  CHECK_ERROR(base::get<int>(json, "big", "doc"), ErrorCode::invalid_argument, "big");
  CHECK_ERROR(base::get<std::uint32_t>(json, "neg", "doc"), ErrorCode::invalid_argument, "neg");
  CHECK_ERROR(base::get<std::int64_t>(json, "real", "doc"), ErrorCode::invalid_argument, "real");
  CHECK_ERROR(base::get<std::int64_t>(json, "huge", "doc"), ErrorCode::invalid_argument, "huge");
  CHECK_ERROR(base::get<int>(json, "yes", "doc"), ErrorCode::invalid_argument, "yes");
  CHECK_ERROR(base::get<bool>(json, "n", "doc"), ErrorCode::invalid_argument, "'n'");
  CHECK_ERROR(base::get<std::string>(json, "n", "doc"), ErrorCode::invalid_argument, "'n'");
  CHECK_ERROR(base::get<std::vector<int>>(json, "mixed", "doc"), ErrorCode::invalid_argument, "mixed");
  CHECK_ERROR(base::get<std::vector<int>>(json, "n", "doc"), ErrorCode::invalid_argument, "'n'");
  CHECK_ERROR(base::get_or<int>(json, "text", 7, "doc"), ErrorCode::invalid_argument, "text");
  CHECK_ERROR(base::get_array(json, "object", "doc"), ErrorCode::invalid_argument, "object");
  CHECK_ERROR(base::get_object(json, "list", "doc"), ErrorCode::invalid_argument, "list");
  CHECK_ERROR(base::get<int>(Json::array(), "n", "doc"), ErrorCode::invalid_argument, "not an object");
}

TEST_CASE("JSON: schema versions are read or refused by name") {
  CHECK_NOTHROW(base::require_schema(base::parse_json(R"({"schema": "dnntune.device/1"})", "x"), "dnntune.device/1"));
  CHECK_ERROR(base::require_schema(base::parse_json(R"({"schema": "dnntune.device/2"})", "x"), "dnntune.device/1"),
              ErrorCode::invalid_argument, "dnntune.device/2");
  CHECK_ERROR(base::require_schema(base::parse_json("[]", "x"), "dnntune.device/1"), ErrorCode::invalid_argument, "schema");
}

TEST_CASE("JSON: names that are not UTF-8 can be written") {
  const std::string text = base::dump_json({{"name", "conv\xff"}});
  CHECK(base::get<std::string>(base::parse_json(text, "x"), "name", "x") == "conv\xef\xbf\xbd");
}
