// SPDX-License-Identifier: Apache-2.0
// A processor as device files and assignments write it.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "dnntune/device.h"

namespace dnntune::device {

base::Json processor_to_json(const Processor& processor);
/// Throws invalid_argument naming `what` and the field.
Processor processor_from_json(const base::Json& json, const std::string& what);
/// Throws likewise when `key` of a file has a core that cannot be.
void check_cores(const std::vector<int>& cores, const std::string& what, const char* key);
/// The member "cores", none when it is missing. Throws likewise.
std::vector<int> cores_of(const base::Json& json, const std::string& what);

}  // namespace dnntune::device
