// SPDX-License-Identifier: Apache-2.0
// Described machines as lines of text, for tests to compare.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/cores.h"
#include "device/describe.h"
#include "tree.h"

namespace dnntune::test {

using Lines = std::vector<std::string>;

/// Of trees/<name>.tree.
inline Device machine(const std::string& name) {
  const Tree tree(name);
  return device::describe(tree.root());
}

/// "cpu:big Cortex-A73 4-7 2362 MHz 1.00"
inline Lines clusters_of(const Device& device) {
  Lines lines;
  for (const Cluster& c : device.clusters)
    lines.push_back(fmt::format("{} {} {} {:.0f} MHz {:.2f}", c.name, c.core.empty() ? "?" : c.core, base::core_list_text(c.cores), c.max_frequency_hz / 1e6, c.speed));
  return lines;
}

/// "cpu:all x8 4-7,0-3"
inline Lines processors_of(const Device& device) {
  Lines lines;
  for (const Processor& p : device.processors) lines.push_back(fmt::format("{} x{} {}", p.name, p.threads, base::core_list_text(p.cores)));
  return lines;
}

inline Lines candidates_of(const Device& device) {
  Lines lines;
  for (const Processor& p : device.candidates()) lines.push_back(p.name);
  return lines;
}

/// "L2 unified 1024 KiB 0-3", without instruction caches.
inline Lines caches_of(const Device& device) {
  Lines lines;
  for (const Cache& c : device.caches)
    if (c.type != "instruction") lines.push_back(fmt::format("L{} {} KiB {}", c.level, c.size_bytes / 1024, base::core_list_text(c.cores)));
  return lines;
}

inline bool has_note(const Device& device, const std::string& part) {
  return std::any_of(device.notes.begin(), device.notes.end(), [&](const std::string& note) { return note.find(part) != std::string::npos; });
}

}  // namespace dnntune::test
