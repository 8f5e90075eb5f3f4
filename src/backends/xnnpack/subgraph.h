// SPDX-License-Identifier: Apache-2.0
// A subgraph of one node, and the runtime made of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "backends/backend.h"
#include "backends/xnnpack/api.h"

namespace dnntune::backends::xnnpack {

using Dims = std::vector<std::size_t>;
Dims dims_of(const Shape& shape);

/// A tensor of a subgraph. Scale and zero point are those of the quantized types.
struct TensorType {
  xnn_datatype type = xnn_datatype_fp32;
  Dims dims;
  float scale = 1.0f;
  std::int32_t zero_point = 0;
  std::span<const float> channel_scales = {};  ///< Of a filter, instead of `scale`: XNNPACK reads it until the runtime is there.
  std::size_t channel_dim = 0;
};

struct DeleteSubgraph {
  void operator()(xnn_subgraph* graph) const noexcept { xnn_delete_subgraph(graph); }
};
struct DeleteRuntime {
  void operator()(xnn_runtime* runtime) const noexcept { xnn_delete_runtime(runtime); }
};
using Runtime = std::unique_ptr<xnn_runtime, DeleteRuntime>;

/// Keeps the first status that is no success; what follows is then left out.
class Subgraph {
 public:
  /// `operands`: values 0, 1, ... that move from run to run, inputs before outputs.
  explicit Subgraph(std::uint32_t operands);

  void input(std::uint32_t id, const TensorType& tensor) { define(tensor, nullptr, id, XNN_VALUE_FLAG_EXTERNAL_INPUT); }
  void output(std::uint32_t id, const TensorType& tensor) { define(tensor, nullptr, id, XNN_VALUE_FLAG_EXTERNAL_OUTPUT); }
  /// The value's number. `data` must stay until the runtime is there, and longer where a node reads it as it runs.
  std::uint32_t constant(const TensorType& tensor, const void* data) { return define(tensor, data, XNN_INVALID_VALUE_ID, 0); }

  /// A call that defines a node.
  template <typename F>
  void node(F define_node) {
    if (status_ == xnn_status_success) status_ = define_node(graph_.get());
  }

  /// Null where XNNPACK does not take the node: `status` says why. Throws out_of_memory.
  Runtime create(const Threads& threads);
  xnn_status status() const noexcept { return status_; }

 private:
  std::uint32_t define(const TensorType& tensor, const void* data, std::uint32_t id, std::uint32_t flags);

  xnn_status status_;
  std::unique_ptr<xnn_subgraph, DeleteSubgraph> graph_;
};

}  // namespace dnntune::backends::xnnpack
