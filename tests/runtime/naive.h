// SPDX-License-Identifier: Apache-2.0
// The oracle of the runtime's tests: the source graph node by node, in ONNX layout, with the reference
// kernels; no folding, fusion, layout or memory planning.
#pragma once

#include <string>

#include "dnntune/graph.h"
#include "dnntune/session.h"
#include "dnntune/tensor.h"

namespace naive {

dnntune::Tensors evaluate(const dnntune::Graph& graph, const dnntune::Tensors& inputs);

/// Empty when both have the same names, types, shapes and, within `tolerance` times the largest
/// magnitude of each tensor, the same elements; else what differs.
std::string difference(const dnntune::Tensors& a, const dnntune::Tensors& b, double tolerance);
/// The same, bit for bit.
std::string bit_difference(const dnntune::Tensors& a, const dnntune::Tensors& b);

/// Our kernels with so many threads, not pinned.
dnntune::Processor cpu(int threads);
dnntune::Tensor random_tensor(dnntune::Shape shape, unsigned seed);

}  // namespace naive
