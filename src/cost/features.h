// SPDX-License-Identifier: Apache-2.0
// What the cost model looks at: a layer's arithmetic, the bytes it moves, and its class.
#pragma once

#include <cstdint>
#include <string_view>

#include "dnntune/graph.h"
#include "dnntune/profile.h"

namespace dnntune::cost {

struct Features {
  bool dense = false;  ///< Convolution, matrix product, recurrent; else streaming.
  double flops = 0.0;
  double bytes = 0.0;  ///< Inputs, outputs and weights, each moved once.
};

/// `op` as in LayerInfo::op; what is fused in ("Conv+Relu") does not change the class.
bool is_dense(std::string_view op) noexcept;
/// 2 x multiply-accumulates, plus one an output element elsewhere: LayerProfile::flops.
std::int64_t flops_of(const Graph& graph, const LayerInfo& layer);

Features features_of(const Graph& graph, const LayerInfo& layer);
Features features_of(const LayerProfile& layer) noexcept;

}  // namespace dnntune::cost
