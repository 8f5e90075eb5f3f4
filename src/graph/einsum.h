// SPDX-License-Identifier: Apache-2.0
// The equation of Einsum: which dimension of which operand carries which label.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "dnntune/tensor.h"

namespace dnntune::graph {

/// An equation for operands of given shapes. Labels are numbered from 0; those that "..." stands for are
/// numbered like any other, so that operands with fewer dimensions there lack the first of them.
struct Einsum {
  std::vector<std::vector<int>> inputs;  ///< By operand: the label of each dimension; one may repeat (a diagonal).
  std::vector<int> output;
  Shape sizes;  ///< By label. A size of 1 repeats along a larger one; -1 while it is not known.
};

/// Reads "ij,jk->ik", "i,i", "...ii->...i" as ONNX and NumPy do: without "->" the output has the dimensions of
/// "..." and then the letters that occur once, in alphabetical order. Throws invalid_argument saying what is wrong,
/// also where dimensions of one label differ.
Einsum parse_einsum(std::string_view equation, std::span<const Shape> shapes);

}  // namespace dnntune::graph
