// SPDX-License-Identifier: Apache-2.0
#include "split/url.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "dnntune/error.h"

namespace dnntune::split {

Url parse_url(std::string_view text) {
  const auto wrong = [&](const char* problem) { return Error(ErrorCode::invalid_argument, fmt::format("URL '{}': {}", base::printable(text), problem)); };
  Url url;
  std::string_view rest = text;
  if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
    url.https = true;
  } else {
    throw wrong("it must start with http:// or https://");
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@") != std::string_view::npos) throw wrong("only a host and a port are expected");
  if (std::any_of(rest.begin(), rest.end(), [](char c) { return c <= ' ' || c > '~'; })) throw wrong("blanks, control characters and letters beyond ASCII do not belong in it");

  std::string_view port;
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) throw wrong("']' is missing");
    url.host = rest.substr(1, close - 1);
    port = rest.substr(close + 1);
    if (!port.empty() && !port.starts_with(':')) throw wrong("a port must follow ']'");
    if (!port.empty()) port.remove_prefix(1);
    if (port.empty() && rest.ends_with(':')) throw wrong("the port is missing");
  } else {
    const std::size_t colon = rest.find(':');
    url.host = rest.substr(0, colon);
    if (colon != std::string_view::npos) {
      port = rest.substr(colon + 1);
      if (port.empty()) throw wrong("the port is missing");
    }
  }
  if (url.host.empty()) throw wrong("the host is missing");
  url.port = url.https ? 443 : 80;
  if (!port.empty()) {
    const auto [end, failure] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (failure != std::errc() || end != port.data() + port.size() || url.port < 1 || url.port > 65535)
      throw wrong("the port is not a number from 1 to 65535");
  }
  return url;
}

std::string escape_path(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '-' || c == '_' || c == '.' || c == '~') out += c;
    else out += fmt::format("%{:02X}", byte);
  }
  return out;
}

}  // namespace dnntune::split
