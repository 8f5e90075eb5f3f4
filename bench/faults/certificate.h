// SPDX-License-Identifier: Apache-2.0
// Self-signed certificates, made when they are needed.
#pragma once

#include <filesystem>
#include <string>

namespace dnntune::faults {

/// A certificate for `names` ("IP:127.0.0.1,DNS:localhost") and its key, in files of their own until it is destroyed.
class Certificate {
 public:
  /// `label` is its subject's name. Throws Error(io).
  Certificate(const std::string& label, const std::string& names);
  ~Certificate();
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  const std::filesystem::path certificate, key;
};

}  // namespace dnntune::faults
