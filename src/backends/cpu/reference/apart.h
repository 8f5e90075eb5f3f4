// SPDX-License-Identifier: Apache-2.0
// Operators that graph::runs_apart names, but for control flow: computed in one go on whole tensors, since
// nobody knows before how large the outputs are.
#pragma once

#include <span>
#include <vector>

#include "dnntune/tensor.h"
#include "graph/ir.h"

namespace dnntune::backends::cpu::reference {

/// One output a node output; `inputs[i]` is undefined for one that is left out. Types and shapes are as
/// inference demands. Throws invalid_argument when contents are out of range.
std::vector<Tensor> compute_apart(const graph::Node& node, std::span<const Tensor> inputs);

std::vector<Tensor> non_zero(const graph::Node& node, std::span<const Tensor> inputs);
std::vector<Tensor> non_max_suppression(const graph::Node& node, std::span<const Tensor> inputs);
std::vector<Tensor> unique(const graph::Node& node, std::span<const Tensor> inputs);

}  // namespace dnntune::backends::cpu::reference
