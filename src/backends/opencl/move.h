// SPDX-License-Identifier: Apache-2.0
// Strided copies of elements of any type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "backends/opencl/layer.h"

namespace dnntune::backends::opencl {

/// Stands in a list for an element that is not in the input.
inline constexpr std::int64_t kPadded = -1;

/// A dimension: its size, and steps in elements on both sides. A `list` of `size` places stands in the place of `from`.
struct MoveDim {
  std::int64_t size, from, to;
  std::vector<std::int64_t> list;
};

struct Move {
  std::size_t input = 0, output = 0;
  std::int64_t from = 0, to = 0;     ///< Where the first element lies.
  std::vector<MoveDim> dims;         ///< Outermost first.
  std::vector<std::byte> fill = {};  ///< An element, for kPadded; empty: zeros.
};

void add_move(LayerBuilder& builder, const Move& move);

}  // namespace dnntune::backends::opencl
