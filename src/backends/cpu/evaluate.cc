// SPDX-License-Identifier: Apache-2.0
// Constant folding: runs one node with its reference kernel, in ONNX layout on both sides.
#include <algorithm>
#include <cstring>

#include "backends/cpu/cpu_backend.h"
#include "backends/layer_helpers.h"
#include "backends/cpu/reference/apart.h"
#include "base/aligned.h"

namespace dnntune::backends::cpu {
namespace {

bool is_channels_last(graph::Op op) noexcept {
  const graph::OpInfo* info = graph::find_operator(op);
  return info != nullptr && info->layout == graph::Layout::channels_last;
}

Shape channels_last_shape(const Shape& shape) {
  Shape moved = shape;
  std::rotate(moved.begin() + 1, moved.begin() + 2, moved.end());
  return moved;
}

/// Copies [batch][rows][columns] to [batch][columns][rows].
void transpose(const std::byte* from, std::byte* to, std::int64_t batch, std::int64_t rows, std::int64_t columns,
               std::size_t element_bytes) noexcept {
  for (std::int64_t b = 0; b < batch; ++b)
    for (std::int64_t row = 0; row < rows; ++row)
      for (std::int64_t column = 0; column < columns; ++column)
        std::memcpy(to + static_cast<std::size_t>((b * columns + column) * rows + row) * element_bytes,
                    from + static_cast<std::size_t>((b * rows + row) * columns + column) * element_bytes, element_bytes);
}

Tensor to_channels_last(const Tensor& tensor) {
  const Shape& shape = tensor.shape();
  Tensor moved(tensor.type(), channels_last_shape(shape));
  transpose(static_cast<const std::byte*>(tensor.data()), static_cast<std::byte*>(moved.mutable_data()), shape[0], shape[1],
            elements(shape, 2, shape.size()), size_of(tensor.type()));
  return moved;
}

Tensor to_channels_first(const Tensor& tensor, const Shape& shape) {
  Tensor moved(tensor.type(), shape);
  transpose(static_cast<const std::byte*>(tensor.data()), static_cast<std::byte*>(moved.mutable_data()), shape[0],
            elements(shape, 2, shape.size()), shape[1], size_of(tensor.type()));
  return moved;
}

class ReferenceEvaluator final : public graph::Evaluator {
 public:
  bool evaluate(const graph::Node& node, std::span<const Tensor> inputs, std::span<const graph::Value> output_values,
                std::vector<Tensor>& outputs) const override {
    if (graph::is_control_flow(node.op)) return false;
    if (graph::runs_apart(node.op)) {
      outputs = reference::compute_apart(node, inputs);
      return true;
    }
    const bool moves_channels = is_channels_last(node.op);
    const auto moved = [&](std::size_t index, std::size_t rank) { return moves_channels && index == 0 && rank >= 3; };

    std::vector<TensorSpec> input_specs(inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!inputs[i].defined()) continue;
      const Tensor tensor = moved(i, inputs[i].shape().size()) ? to_channels_last(inputs[i]) : inputs[i];
      input_specs[i] = {tensor.type(), tensor.shape(), tensor};
    }
    std::vector<TensorSpec> output_specs(output_values.size());
    for (std::size_t i = 0; i < output_values.size(); ++i) {
      const graph::Value& value = output_values[i];
      if (value.type == DataType::undefined) continue;
      if (!value.is_static()) return false;
      const Shape& shape = *value.shape;
      output_specs[i] = {value.type, moved(i, shape.size()) ? channels_last_shape(shape) : shape, {}};
    }

    std::unique_ptr<PreparedLayer> layer;
    try {
      layer = reference_backend().prepare({node, input_specs, output_specs, 1});
    } catch (const Error& error) {
      if (error.code() == ErrorCode::unsupported) return false;
      throw;
    }
    std::vector<Tensor> results = run(*layer, input_specs, output_specs, node);
    for (std::size_t i = 0; i < results.size(); ++i)
      if (results[i].defined() && moved(i, results[i].shape().size()))
        results[i] = to_channels_first(results[i], *output_values[i].shape);
    outputs = std::move(results);
    return true;
  }

 private:
  static std::vector<Tensor> run(const PreparedLayer& layer, std::span<const TensorSpec> inputs,
                                 std::span<const TensorSpec> outputs, const graph::Node& node) {
    std::vector<const void*> input_data;
    for (const TensorSpec& spec : inputs) input_data.push_back(spec.constant.data());
    std::vector<Tensor> results(outputs.size());
    std::vector<void*> output_data(outputs.size(), nullptr);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (!outputs[i].present()) continue;
      results[i] = Tensor(outputs[i].type, outputs[i].shape);
      output_data[i] = results[i].mutable_data();
    }
    base::AlignedBuffer scratch(layer.scratch_bytes());
    base::ThreadPool pool(1);
    try {
      layer.run({input_data, output_data, scratch.data()}, pool);
    } catch (const Error& error) {  // here the contents are part of the model
      throw Error(ErrorCode::invalid_model, error.what() + (" in constant node '" + node.name + "'"));
    }
    return results;
  }
};

constinit const ReferenceEvaluator kEvaluator;

}  // namespace

const graph::Evaluator& evaluator() noexcept { return kEvaluator; }

}  // namespace dnntune::backends::cpu
