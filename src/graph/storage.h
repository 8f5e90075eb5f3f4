// SPDX-License-Identifier: Apache-2.0
// What the weights of a loaded graph lie in.
#pragma once

#include <memory>
#include <vector>

#include "base/file.h"

namespace dnntune::graph {

struct Storage {
  std::shared_ptr<const void> owner;  ///< Keeps the mapped file or the parsed bytes alive.
  std::vector<std::shared_ptr<const base::MappedFile>> files;

  /// Weights that were folded, packed or hashed are seldom read again: gives the files' memory back.
  void release_pages() const noexcept {
    for (const auto& file : files) file->release_pages();
  }
};

}  // namespace dnntune::graph
