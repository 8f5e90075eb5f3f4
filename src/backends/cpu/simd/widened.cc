// SPDX-License-Identifier: Apache-2.0
// Layers of 16-bit floats: the float32 kernel between conversions of what it reads and writes.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "backends/layer_helpers.h"
#include "backends/cpu/simd/grain.h"
#include "backends/cpu/simd/tries.h"
#include "backends/weight_store.h"
#include "base/aligned.h"
#include "base/checked.h"
#include "kernels/simd/convert.h"

namespace dnntune::backends::cpu::simd {
namespace {

using graph::Op;
using kernels::simd::convert_kernel;
using kernels::simd::ConvertFn;

bool is_half(DataType type) noexcept { return type == DataType::float16 || type == DataType::bfloat16; }

/// Whether the layer computes; what merely moves elements needs no conversion.
bool computes(Op op) noexcept {
  switch (op) {
    case Op::Concat:
    case Op::Split:
    case Op::Slice:
    case Op::Transpose: return false;
    default: return true;
  }
}

Tensor widened(const Tensor& half) {
  Tensor wide(DataType::float32, half.shape());
  convert_kernel(half.type(), DataType::float32)({half.data(), wide.mutable_data()}, {0, static_cast<std::int64_t>(half.element_count())});
  return wide;
}

void convert(base::ThreadPool& pool, ConvertFn kernel, const void* from, void* to, std::int64_t count) {
  pool.parallel_for(count, grain_for(8), [&](base::Range range, int) { kernel({from, to}, range); });
}

class WidenedLayer final : public PreparedLayer {
 public:
  /// An operand that is converted on its way: where its float32 form lies in the scratch memory.
  struct Passing {
    std::size_t index = 0;
    std::int64_t count = 0;
    ConvertFn kernel = nullptr;
    std::size_t offset = 0;
  };
  struct Constant {
    std::size_t index = 0;
    std::shared_ptr<const Tensor> value;  ///< Null: the inner layer has it in its own form.
  };

  std::unique_ptr<PreparedLayer> inner;
  std::vector<Passing> inputs, outputs;
  std::vector<Constant> constants;
  std::size_t inner_scratch = 0, scratch = 0;
  std::size_t input_count = 0, output_count = 0;

  void run(const Buffers& buffers, base::ThreadPool& pool) const override {
    // Buffers of a layer are few; those of a hundred and more go through the reference kernels.
    const void* in[kMostOperands];
    void* out[kMostOperands];
    std::copy_n(buffers.inputs.begin(), input_count, in);
    std::copy_n(buffers.outputs.begin(), output_count, out);
    for (const Constant& constant : constants) in[constant.index] = constant.value == nullptr ? nullptr : constant.value->data();
    for (const Passing& input : inputs) {
      convert(pool, input.kernel, in[input.index], buffers.scratch + input.offset, input.count);
      in[input.index] = buffers.scratch + input.offset;
    }
    for (const Passing& output : outputs)
      if (out[output.index] != nullptr) out[output.index] = buffers.scratch + output.offset;
    inner->run({{in, input_count}, {out, output_count}, buffers.scratch}, pool);
    for (const Passing& output : outputs)
      if (out[output.index] != nullptr) convert(pool, output.kernel, out[output.index], buffers.outputs[output.index], output.count);
  }
  std::size_t scratch_bytes() const noexcept override { return scratch; }
  std::size_t weight_bytes() const noexcept override {
    return inner->weight_bytes() + constant_bytes();
  }
  std::size_t shared_weight_bytes() const noexcept override { return inner->shared_weight_bytes() + constant_bytes(); }
  bool holds(std::size_t input) const noexcept override { return inner->holds(input); }
  std::string_view kernel() const noexcept override { return inner->kernel(); }

  static constexpr std::size_t kMostOperands = 32;

 private:
  std::size_t constant_bytes() const noexcept {
    std::size_t bytes = 0;
    for (const Constant& constant : constants) bytes += constant.value == nullptr ? 0 : constant.value->size_bytes();
    return bytes;
  }
};

}  // namespace

std::unique_ptr<PreparedLayer> prepare_widened(const LayerSpec& layer) {
  if (!computes(layer.node.op)) return nullptr;
  if (layer.inputs.size() > WidenedLayer::kMostOperands || layer.outputs.size() > WidenedLayer::kMostOperands) return nullptr;
  const auto any_half = [](std::span<const TensorSpec> operands) {
    return std::any_of(operands.begin(), operands.end(), [](const TensorSpec& operand) { return is_half(operand.type); });
  };
  if (!any_half(layer.inputs)) return nullptr;

  auto result = std::make_unique<WidenedLayer>();
  result->input_count = layer.inputs.size();
  result->output_count = layer.outputs.size();
  std::vector<TensorSpec> inputs(layer.inputs.begin(), layer.inputs.end()), outputs(layer.outputs.begin(), layer.outputs.end());
  const auto place = [&](std::vector<WidenedLayer::Passing>& list, std::size_t index, const TensorSpec& operand, DataType from, DataType to) {
    list.push_back({index, elements(operand.shape), convert_kernel(from, to), result->scratch});
    const auto bytes = static_cast<std::size_t>(base::checked_mul(list.back().count, sizeof(float), "scratch"));
    result->scratch += base::round_up(bytes);
  };
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    TensorSpec& operand = inputs[i];
    if (!is_half(operand.type)) continue;
    const DataType type = std::exchange(operand.type, DataType::float32);
    if (operand.constant.defined()) {
      operand.constant = widened(operand.constant);
      result->constants.push_back({i, nullptr});
    } else {
      place(result->inputs, i, operand, type, DataType::float32);
    }
  }
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (const DataType type = outputs[i].type; is_half(type)) {
      outputs[i].type = DataType::float32;
      place(result->outputs, i, outputs[i], DataType::float32, type);
    }
  LayerSpec wide{layer.node, inputs, outputs, layer.threads, layer.weights, layer.math, layer.kernel, layer.context, layer.store};
  result->inner = prepare(wide);
  if (result->inner == nullptr) return nullptr;
  for (WidenedLayer::Constant& constant : result->constants)
    if (!result->inner->holds(constant.index))
      constant.value = shared_form<Tensor>(layer, FormKey("widened").add(layer.inputs[constant.index]), [&] { return inputs[constant.index].constant; }, kFilledAlready);
  // The inner layer's scratch comes first, so that it is aligned as it is used to.
  const std::size_t own = base::round_up(result->inner->scratch_bytes());
  for (auto* list : {&result->inputs, &result->outputs})
    for (WidenedLayer::Passing& operand : *list) operand.offset += own;
  result->scratch += own;
  return result;
}

}  // namespace dnntune::backends::cpu::simd
