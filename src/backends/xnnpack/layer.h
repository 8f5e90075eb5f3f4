// SPDX-License-Identifier: Apache-2.0
// A layer that runs on XNNPACK, and what the functions that make one share.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "backends/layer_helpers.h"
#include "backends/xnnpack/subgraph.h"
#include "base/aligned.h"

namespace dnntune::backends::xnnpack {

/// Notes why the backend does not take the layer, and returns null. `why` is a string literal.
std::nullptr_t refuse(const LayerSpec& layer, std::string_view why) noexcept;
/// The same with what XNNPACK says.
std::nullptr_t refuse(const LayerSpec& layer, xnn_status status) noexcept;

TensorType floats(const Shape& shape);
/// A constant float32 operand as an array: where it lies, or a copy. Undefined for one that is absent.
Tensor constant_of(const TensorSpec& operand);
/// Whether one of them is a NaN, which most kernels of XNNPACK would hide: see README.md. False for none.
bool has_nan(const Tensor& floats);

/// What a layer's activation becomes: bounds that a node has itself, or a second node that works in place.
struct Fused {
  Bounds bounds = {};
  std::optional<UnaryNode> after = {};
};
/// Nullopt for one that XNNPACK has not, or bounds in the wrong order.
std::optional<Fused> fused_of(const LayerSpec& layer);

/// What LayerTraits say, of a layer here.
struct Traits {
  std::string_view kernel;
  /// Inputs of the layer that are values 0, 1, ... of the subgraph; output 0 follows them.
  std::vector<std::size_t> operands = {0};
  std::size_t weight_bytes = 0;
  std::uint32_t held = 0;  ///< Bit i: see PreparedLayer::holds.
  bool in_place = false;
  std::vector<base::AlignedBuffer> constants = {};  ///< Of nodes that read them as they run.
};

/// Makes the runtime of `graph`, and one of its own for the node after it, of `output` elements. Null, with the reason
/// noted, where XNNPACK does not take them.
std::unique_ptr<PreparedLayer> make_layer(const LayerSpec& layer, Subgraph& graph, Traits traits, const std::optional<UnaryNode>& after = {});

/// A copy that may be read past its end.
base::AlignedBuffer padded_copy(const void* data, std::size_t bytes);

}  // namespace dnntune::backends::xnnpack
