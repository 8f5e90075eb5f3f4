// SPDX-License-Identifier: Apache-2.0
// Layers on OpenCL devices.
#pragma once

#include <memory>

#include "backends/backend.h"

namespace dnntune::backends::opencl {

const Backend& opencl_backend() noexcept;

}  // namespace dnntune::backends::opencl
