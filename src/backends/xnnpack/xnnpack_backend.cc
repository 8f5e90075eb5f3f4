// SPDX-License-Identifier: Apache-2.0
#include "backends/xnnpack/xnnpack_backend.h"

#include "backends/xnnpack/binders.h"
#include "backends/xnnpack/context.h"

namespace dnntune::backends::xnnpack {
namespace {

std::unique_ptr<PreparedLayer> prepare_layer(const LayerSpec& layer) {
  using graph::Op;
  switch (layer.node.op) {
    case Op::Conv: return prepare_conv(layer);
    case Op::ConvTranspose: return prepare_conv_transpose(layer);
    case Op::Gemm:
    case Op::MatMul: return prepare_dense(layer);
    case Op::MaxPool:
    case Op::AveragePool: return prepare_pool(layer);
    case Op::GlobalAveragePool:
    case Op::ReduceMean: return prepare_global_average(layer);
    case Op::Add:
    case Op::Div:
    case Op::Max:
    case Op::Min:
    case Op::Mul:
    case Op::Sub:
    case Op::Sum: return prepare_binary(layer);
    case Op::PRelu: return prepare_prelu(layer);
    case Op::Softmax: return prepare_softmax(layer);
    case Op::Pad: return prepare_pad(layer);
    case Op::Resize: return prepare_resize(layer);
    case Op::DepthToSpace: return prepare_depth_to_space(layer);
    case Op::Transpose: return prepare_transpose(layer);
    case Op::QLinearConv: return prepare_quantized_conv(layer);
    case Op::QLinearMatMul: return prepare_quantized_dense(layer);
    case Op::QLinearAdd: return prepare_quantized_add(layer);
    case Op::QLinearGlobalAveragePool: return prepare_quantized_global_average(layer);
    case Op::QuantizeLinear:
    case Op::DequantizeLinear: return prepare_conversion(layer);
    default: return prepare_unary(layer);
  }
}

class XnnpackBackend final : public Backend {
 public:
  std::string_view name() const noexcept override { return "xnnpack"; }
  std::unique_ptr<Context> open(const Processor& processor) const override { return std::make_unique<XnnContext>(processor); }
  std::unique_ptr<PreparedLayer> prepare(const LayerSpec& layer) const override {
    if (!is_usable()) return refuse(layer, "XNNPACK does not run on this machine");
    return prepare_layer(layer);
  }
};

constinit const XnnpackBackend kXnnpackBackend;

}  // namespace

const Backend& xnnpack_backend() noexcept { return kXnnpackBackend; }

}  // namespace dnntune::backends::xnnpack
