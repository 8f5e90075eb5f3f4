// SPDX-License-Identifier: Apache-2.0
// XNNPACK as a backend: a subgraph of one node for each layer.
#pragma once

#include "backends/backend.h"

namespace dnntune::backends::xnnpack {

const Backend& xnnpack_backend() noexcept;

}  // namespace dnntune::backends::xnnpack
