// SPDX-License-Identifier: Apache-2.0
// Networks that are large in one way each, to find what grows faster than the file.
#pragma once

#include <span>
#include <string_view>

#include "dnntune/graph.h"

namespace dnntune::load_bench {

struct Form {
  std::string_view name;
  std::string_view what;
  /// `size`: about how many nodes; for "weights" megabytes.
  Graph (*make)(int size);
};

/// All that are sized by nodes.
std::span<const Form> node_forms() noexcept;
/// Dense layers of 1 MB each.
Graph make_weights(int megabytes);

}  // namespace dnntune::load_bench
