// SPDX-License-Identifier: Apache-2.0
// The families of the operator list: each makes a prepared layer from a LayerSpec.
#pragma once

#include <memory>

#include "backends/backend.h"

namespace dnntune::backends::cpu {

using PrepareFn = std::unique_ptr<PreparedLayer> (*)(const LayerSpec&);

/// Reference kernels: one function a kernel_family of operators.inc. Each throws unsupported naming the
/// node, its types and the reason when it has no kernel for them.
namespace reference {
#define DNNTUNE_OP(name, min_in, max_in, min_out, max_out, shape_rule, layout, plan_operands, family) \
  std::unique_ptr<PreparedLayer> prepare_##family(const LayerSpec& layer);
#include "graph/operators.inc"
#undef DNNTUNE_OP
}  // namespace reference

/// SIMD kernels: null when the family has none for these types, shapes or attributes.
namespace simd {
std::unique_ptr<PreparedLayer> prepare(const LayerSpec& layer);
/// See Backend::kernels.
std::vector<std::string_view> kernels(const LayerSpec& layer);
}  // namespace simd

}  // namespace dnntune::backends::cpu
