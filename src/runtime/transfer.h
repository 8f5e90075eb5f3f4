// SPDX-License-Identifier: Apache-2.0
// The layer that copies a value between the host's memory and that of a device.
#pragma once

#include <memory>

#include "backends/backend.h"
#include "runtime/layout.h"

namespace dnntune::runtime {

/// One of the two values is in the host's memory, the other in that of `queue`, which stays. An upload goes on while the
/// host does; a download waits for all that the queue was given.
std::unique_ptr<backends::PreparedLayer> make_transfer(const PhysicalValue& from, const PhysicalValue& to, backends::DeviceQueue& queue);

}  // namespace dnntune::runtime
