// SPDX-License-Identifier: Apache-2.0
// In place of tls_openssl.cc in a build without TLS.
#include "dnntune/error.h"
#include "split/transport.h"

namespace dnntune::split {

std::shared_ptr<const Tls> Tls::client(const std::filesystem::path&) { throw Error(ErrorCode::unsupported, "https: this build has no TLS"); }
std::shared_ptr<const Tls> Tls::server(const std::filesystem::path&, const std::filesystem::path&) {
  throw Error(ErrorCode::unsupported, "https: this build has no TLS");
}

}  // namespace dnntune::split
