// SPDX-License-Identifier: Apache-2.0
// A Device from the kernel's files below a root folder.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "dnntune/device.h"

namespace dnntune::device {

/// As read_topology, with the clusters and processors that the cores make. `simd` and `os` stay empty: no file
/// tells what a program may use. Throws nothing but bad_alloc.
Device describe(const std::filesystem::path& root, const std::optional<std::vector<int>>& allowed = std::nullopt);

}  // namespace dnntune::device
