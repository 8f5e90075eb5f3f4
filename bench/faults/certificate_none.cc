// SPDX-License-Identifier: Apache-2.0
// Without TLS.
#include "dnntune/error.h"
#include "faults/certificate.h"

namespace dnntune::faults {

Certificate::Certificate(const std::string&, const std::string&) { throw Error(ErrorCode::unsupported, "this build has no TLS"); }
Certificate::~Certificate() = default;

}  // namespace dnntune::faults
