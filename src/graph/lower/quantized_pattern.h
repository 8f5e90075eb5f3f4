// SPDX-License-Identifier: Apache-2.0
// What lies around a layer that can compute on 8-bit integers: nodes that dequantize its operands, a clamp, and the
// node that quantizes its result.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "graph/ir.h"

namespace dnntune::graph::lowering {

/// A quantized value with its scale and zero point (kAbsent: 0).
struct QuantizedOperand {
  ValueId value = kAbsent, scale = kAbsent, zero_point = kAbsent;
  int node = -1;  ///< That dequantizes it.
};

struct QuantizedPattern {
  std::vector<QuantizedOperand> data;       ///< What the layer computes on.
  std::optional<QuantizedOperand> weights;  ///< Of a convolution or product.
  std::optional<QuantizedOperand> bias;     ///< int32; unset when there is none or `float_bias` is given.
  ValueId float_bias = kAbsent;
  bool moves_only = false;                  ///< All scales are the same.
  int activation = -1;                      ///< Node behind the layer.
  int quantize = -1;                        ///< Node behind that.
};

/// The pattern around node `index`, if there is one. Looks at the nodes that make its operands and at the only
/// readers of its result, no further.
std::optional<QuantizedPattern> quantized_pattern(const Ir& ir, const Uses& uses, int index);

}  // namespace dnntune::graph::lowering
