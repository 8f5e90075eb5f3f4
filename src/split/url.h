// SPDX-License-Identifier: Apache-2.0
// "http://host:port" or "https://host:port", taken apart.
#pragma once

#include <string>
#include <string_view>

namespace dnntune::split {

struct Url {
  bool https = false;
  std::string host;  ///< Without the brackets of an IPv6 address.
  int port = 0;      ///< 80 or 443 when the text names none.
};

/// Throws invalid_argument naming what is wrong. A trailing "/" is accepted, a longer path is not.
Url parse_url(std::string_view text);
/// Letters, digits, '-', '_', '.' and '~' as they are, all else as %XX.
std::string escape_path(std::string_view text);

}  // namespace dnntune::split
