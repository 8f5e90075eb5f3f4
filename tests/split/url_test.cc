// SPDX-License-Identifier: Apache-2.0
#include "split/url.h"

#include "digits.h"

using namespace dnntune;
using namespace dnntune::test;

TEST_CASE("addresses that are understood") {
  struct Row {
    const char* text;
    bool https;
    const char* host;
    int port;
  };
  for (const Row& row : {Row{"http://localhost:8000", false, "localhost", 8000}, Row{"https://cloud.example", true, "cloud.example", 443},
                         Row{"http://cloud.example/", false, "cloud.example", 80}, Row{"http://10.0.0.1:1", false, "10.0.0.1", 1},
                         Row{"https://[::1]:65535", true, "::1", 65535}, Row{"http://[fe80::1]", false, "fe80::1", 80}, Row{"http://[::1]/", false, "::1", 80}}) {
    CAPTURE(row.text);
    const split::Url url = split::parse_url(row.text);
    CHECK(url.https == row.https);
    CHECK(url.host == row.host);
    CHECK(url.port == row.port);
  }
}

TEST_CASE("addresses that are refused") {
  for (const char* text : {"", "localhost:8000", "ftp://a", "http://", "http://:80", "http://a:", "http://a:0", "http://a:65536", "http://a:-1", "http://a:8o", "http://a:80:90",
                           "http://a/path", "http://a?x", "http://a#x", "http://u@a", "http://a b", "http://a\r\nX: y", "http://[::1", "http://[::1]x", "http://[::1]:",
                           "http://[]", "HTTP://a", "http://a:99999999999999999999", "http://::1", "http://a\x01", "http://a\x7f", "http://h\xc3\xa9"}) {
    CAPTURE(text);
    check_error(ErrorCode::invalid_argument, "URL", [&] { split::parse_url(text); });
  }
}

TEST_CASE("a path segment holds any name") {
  CHECK(split::escape_path("mobilenet_v2.cut-17~") == "mobilenet_v2.cut-17~");
  CHECK(split::escape_path("a/b c%?\xff") == "a%2Fb%20c%25%3F%FF");
}
