// SPDX-License-Identifier: Apache-2.0
#include "backends/xnnpack/subgraph.h"

#include "dnntune/error.h"

namespace dnntune::backends::xnnpack {

Dims dims_of(const Shape& shape) { return {shape.begin(), shape.end()}; }

Subgraph::Subgraph(std::uint32_t operands) {
  xnn_subgraph_t graph = nullptr;
  status_ = xnn_create_subgraph(operands, 0, &graph);
  graph_.reset(graph);
}

std::uint32_t Subgraph::define(const TensorType& tensor, const void* data, std::uint32_t id, std::uint32_t flags) {
  std::uint32_t given = XNN_INVALID_VALUE_ID;
  if (status_ != xnn_status_success) return given;
  const std::size_t rank = tensor.dims.size();
  if (tensor.type == xnn_datatype_fp32)
    status_ = xnn_define_tensor_value(graph_.get(), tensor.type, rank, tensor.dims.data(), data, id, flags, &given);
  else if (!tensor.channel_scales.empty())
    status_ = xnn_define_channelwise_quantized_tensor_value(graph_.get(), tensor.type, tensor.channel_scales.data(), rank, tensor.channel_dim,
                                                            tensor.dims.data(), data, id, flags, &given);
  else
    status_ = xnn_define_quantized_tensor_value(graph_.get(), tensor.type, tensor.zero_point, tensor.scale, rank, tensor.dims.data(), data, id,
                                                flags, &given);
  return given;
}

Runtime Subgraph::create(const Threads& threads) {
  xnn_runtime_t runtime = nullptr;
  if (status_ == xnn_status_success) status_ = create_runtime(graph_.get(), threads, &runtime);
  if (status_ == xnn_status_out_of_memory) throw Error(ErrorCode::out_of_memory, "XNNPACK cannot allocate what a layer needs");
  Runtime owner(runtime);
  return status_ == xnn_status_success ? std::move(owner) : nullptr;
}

}  // namespace dnntune::backends::xnnpack
