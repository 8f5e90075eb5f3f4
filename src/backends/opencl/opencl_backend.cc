// SPDX-License-Identifier: Apache-2.0
#include "backends/opencl/opencl_backend.h"

#include <algorithm>

#include "backends/cpu/cpu_backend.h"
#include "backends/opencl/binders.h"

namespace dnntune::backends::opencl {
namespace {

using graph::Op;

bool moves_any_type(Op op) noexcept {
  switch (op) {
    case Op::Identity:
    case Op::Dropout:
    case Op::Reshape:
    case Op::Flatten:
    case Op::Squeeze:
    case Op::Unsqueeze:
    case Op::Concat:
    case Op::Split:
    case Op::Slice:
    case Op::Transpose:
    case Op::Pad:
    case Op::Gather:
    case Op::Expand:
    case Op::Tile:
    case Op::DepthToSpace:
    case Op::SpaceToDepth: return true;
    default: return false;
  }
}

/// Integers that say how something is done, and are read when the layer is prepared.
bool is_setting(const TensorSpec& operand) noexcept {
  return operand.is_constant() && operand.type != DataType::float32 && operand.type != DataType::float16;
}

/// Values on the device are all float32 or all float16; constants may be either.
void check_types(const LayerSpec& layer) {
  const DataType stored = layer.outputs[0].type;
  const bool floats = stored == DataType::float32 || stored == DataType::float16;
  take_if(floats || moves_any_type(layer.node.op), "its output is neither float32 nor float16");
  const bool casts = layer.node.op == Op::Cast || layer.node.op == Op::CastLike;
  for (const TensorSpec& operand : layer.inputs)
    if (operand.present() && !operand.is_constant() && operand.type != stored && !casts) refuse("its operands differ in type");
  for (const TensorSpec& operand : layer.outputs) {
    if (!operand.present()) continue;
    if (operand.type != stored) refuse("its outputs differ in type");
    if (std::find(operand.shape.begin(), operand.shape.end(), 0) != operand.shape.end()) refuse("an output is empty");
    int_of(backends::elements(operand.shape));
  }
  for (const TensorSpec& operand : layer.inputs)
    if (operand.present() && !is_setting(operand)) int_of(backends::elements(operand.shape));
}

/// The reference binder checks every operand; float16 in memory is float32 to it, as to the kernels.
void check_as_reference(const LayerSpec& layer) {
  const auto widened = [](std::span<const TensorSpec> operands) {
    std::vector<TensorSpec> result(operands.begin(), operands.end());
    for (TensorSpec& operand : result) {
      if (operand.type != DataType::float16) continue;
      operand.type = DataType::float32;
      if (operand.constant.defined() && operand.constant.type() != DataType::float32)
        operand.constant = Tensor::from<float>(operand.constant.shape(), constant_floats(operand));
    }
    return result;
  };
  const std::vector<TensorSpec> inputs = widened(layer.inputs), outputs = widened(layer.outputs);
  LayerSpec checked{.node = layer.node, .inputs = inputs, .outputs = outputs};
  const bool casts = layer.node.op == Op::Cast || layer.node.op == Op::CastLike;
  cpu::reference_backend().prepare(casts ? layer : checked);
}

Prepared bind(OpenClContext& context, const LayerSpec& layer) {
  switch (layer.node.op) {
    case Op::Conv:
    case Op::ConvTranspose: return prepare_conv(context, layer);
    case Op::Gemm: return prepare_gemm(context, layer);
    case Op::MatMul: return prepare_matmul(context, layer);
    case Op::LSTM:
    case Op::GRU:
    case Op::RNN: return prepare_recurrent(context, layer);
    case Op::MaxPool:
    case Op::AveragePool: return prepare_pool(context, layer);
    case Op::GlobalAveragePool:
    case Op::GlobalMaxPool: return prepare_global_pool(context, layer);
    case Op::ReduceL1:
    case Op::ReduceL2:
    case Op::ReduceLogSum:
    case Op::ReduceLogSumExp:
    case Op::ReduceMax:
    case Op::ReduceMean:
    case Op::ReduceMin:
    case Op::ReduceProd:
    case Op::ReduceSum:
    case Op::ReduceSumSquare: return prepare_reduce(context, layer);
    case Op::Softmax:
    case Op::LogSoftmax: return prepare_softmax(context, layer);
    case Op::BatchNormalization: return prepare_batch_normalization(context, layer);
    case Op::LayerNormalization:
    case Op::InstanceNormalization:
    case Op::GroupNormalization: return prepare_normalization(context, layer);
    case Op::LRN: return prepare_lrn(context, layer);
    case Op::Clip: return prepare_clip(context, layer);
    case Op::Add:
    case Op::Sub:
    case Op::Mul:
    case Op::Div:
    case Op::Pow:
    case Op::PRelu:
    case Op::Max:
    case Op::Min:
    case Op::Sum:
    case Op::Mean: return prepare_binary(context, layer);
    case Op::Cast:
    case Op::CastLike: return prepare_cast(context, layer);
    case Op::Resize: return prepare_resize(context, layer);
    case Op::Identity:
    case Op::Dropout:
    case Op::Reshape:
    case Op::Flatten:
    case Op::Squeeze:
    case Op::Unsqueeze: return prepare_view(context, layer);
    case Op::Concat: return prepare_concat(context, layer);
    case Op::Split: return prepare_split(context, layer);
    case Op::Slice: return prepare_slice(context, layer);
    case Op::Transpose: return prepare_transpose(context, layer);
    case Op::Pad: return prepare_pad(context, layer);
    case Op::Gather: return prepare_gather(context, layer);
    case Op::Expand: return prepare_expand(context, layer);
    case Op::Tile: return prepare_tile(context, layer);
    case Op::DepthToSpace:
    case Op::SpaceToDepth: return prepare_blocks(context, layer);
    default: return prepare_unary(context, layer);
  }
}

OpenClContext& context_of(const LayerSpec& layer) {
  auto* const context = dynamic_cast<OpenClContext*>(layer.context);
  if (context == nullptr)
    throw Error(ErrorCode::internal, fmt::format("layer '{}' was given to the OpenCL backend without a context of its own", layer.node.name));
  return *context;
}

void refuse(const LayerSpec& layer, std::string why) {
  if (layer.refusal != nullptr) *layer.refusal = std::move(why);
}

class OpenClBackend final : public Backend {
 public:
  std::string_view name() const noexcept override { return "opencl"; }

  std::unique_ptr<Context> open(const Processor& processor) const override { return std::make_unique<OpenClContext>(processor); }

  std::unique_ptr<PreparedLayer> prepare(const LayerSpec& layer) const override {
    OpenClContext& context = context_of(layer);
    try {
      take_if(!layer.outputs.empty() && layer.outputs[0].present() && !layer.inputs.empty() && layer.inputs[0].present(),
              "it has no input or no output");
      check_types(layer);
      check_as_reference(layer);
      return bind(context, layer);
    } catch (const Refusal& refusal) {
      refuse(layer, refusal.reason);
    } catch (const Error& error) {
      // No memory, a device that is gone, a wrong argument: the session's affair. What cannot be compiled or checked
      // is left to another backend, which says so itself when the layer is at fault.
      if (error.code() != ErrorCode::unsupported && error.code() != ErrorCode::invalid_model && error.code() != ErrorCode::limit_exceeded) throw;
      refuse(layer, error.what());
    }
    return nullptr;
  }

  std::vector<std::string_view> kernels(const LayerSpec& layer) const override {
    if (layer.node.op != Op::Conv && layer.node.op != Op::ConvTranspose) return {};
    try {
      return conv_kernels(context_of(layer), layer);
    } catch (const Refusal&) {
    } catch (const Error&) {
    }
    return {};
  }
};

constinit const OpenClBackend kOpenClBackend;

}  // namespace

const Backend& opencl_backend() noexcept { return kOpenClBackend; }

}  // namespace dnntune::backends::opencl
