// SPDX-License-Identifier: Apache-2.0
// Tensors named on the command line, and how two of them compare.
#pragma once

#include <string>
#include <vector>

#include "dnntune/graph.h"
#include "dnntune/tensor.h"

namespace dnntune::cli {

/// Reads "NAME=FILE" arguments; a bare FILE stands for the graph's next input in order. Inputs that are
/// not named are seeded random ones. Throws invalid_argument naming the argument.
Tensors read_inputs(const Graph& graph, const std::vector<std::string>& arguments, std::uint64_t seed);

/// How far `actual` is from `expected`.
struct Difference {
  bool comparable = true;      ///< False: type or shape differ; `why` says how.
  std::string why;
  double largest_absolute = 0.0;
  double largest_relative = 0.0;  ///< |a - e| / max(|e|, smallest normal)
  bool within = true;             ///< |a - e| <= atol + rtol * |e| everywhere; NaN matches NaN.
  std::size_t first_bad = 0;      ///< Flat index of the first element outside.
};
Difference compare(const Tensor& actual, const Tensor& expected, double rtol, double atol);

}  // namespace dnntune::cli
