// SPDX-License-Identifier: Apache-2.0
// Operators whose result does not depend on run-time data: Constant, Shape, Size, ConstantOfShape, Range,
// EyeLike. Normally they are folded away.
#include "kernels/reference/generate.h"

#include <algorithm>

#include <fmt/format.h>

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"
#include "kernels/reference/copy.h"

namespace dnntune::backends::cpu {
namespace {

// A layer that writes a copy of `value`, which the layer holds.
std::unique_ptr<PreparedLayer> make_constant(const LayerSpec& layer, const Tensor& value) {
  const TensorSpec& y = output(layer, 0);
  require(y.type == value.type() && y.shape == value.shape(), layer, "the output's type or shape is not that of the value");
  return make_layer({.kernel = "reference.constant", .weight_bytes = value.size_bytes()},
                    [value](const Buffers& buffers, base::ThreadPool& pool) {
                      run_parallel(pool, static_cast<std::int64_t>(value.size_bytes()), kernels::reference::copy_bytes,
                                   {value.data(), out<void>(buffers, 0)});
                    });
}

template <typename T>
Tensor list(const std::vector<T>& values) {
  return Tensor::from<T>({static_cast<std::int64_t>(values.size())}, values);
}

}  // namespace

std::unique_ptr<PreparedLayer> reference::prepare_constant(const LayerSpec& layer) {
  require_operands(layer, 0, 1);
  const graph::Attributes& attributes = layer.node.attributes;
  if (attributes.has("value")) return make_constant(layer, attributes.tensor("value"));
  if (attributes.has("value_float")) return make_constant(layer, Tensor::from<float>({}, std::vector{attributes.number("value_float", 0)}));
  if (attributes.has("value_floats")) return make_constant(layer, list(attributes.numbers("value_floats")));
  if (attributes.has("value_int")) return make_constant(layer, Tensor::from<std::int64_t>({}, std::vector{attributes.integer("value_int", 0)}));
  if (attributes.has("value_ints")) return make_constant(layer, list(attributes.integers("value_ints")));
  throw_unsupported(layer, "it has none of value, value_float, value_floats, value_int, value_ints");
}

std::unique_ptr<PreparedLayer> reference::prepare_shape(const LayerSpec& layer) {
  require_operands(layer, 1, 1);
  const Shape& shape = input(layer, 0).shape;
  if (layer.node.op == graph::Op::Size) return make_constant(layer, Tensor::from<std::int64_t>({}, std::vector{elements(shape)}));
  const auto rank = static_cast<std::int64_t>(shape.size());
  const auto bound = [&](std::string_view name, std::int64_t fallback) {
    const std::int64_t at = layer.node.attributes.integer(name, fallback);
    return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  const std::int64_t start = bound("start", 0);
  const std::int64_t end = std::max(start, bound("end", rank));
  return make_constant(layer, list(Shape(shape.begin() + start, shape.begin() + end)));
}

std::unique_ptr<PreparedLayer> reference::prepare_constant_of_shape(const LayerSpec& layer) {
  require_operands(layer, 1, 1);
  const TensorSpec& y = output(layer, 0);
  const Shape shape = constant_integers(layer, 0);
  require(y.shape == shape, layer, fmt::format("the output's shape should be {}", to_string(shape)));
  const Tensor value = layer.node.attributes.has("value") ? layer.node.attributes.tensor("value") : Tensor(DataType::float32, {1});
  require(value.element_count() == 1 && value.type() == y.type, layer, "attribute value must be one element of the output's type");
  const auto kernel = require_kernel(layer, kernels::reference::fill_kernel(size_of(y.type)));
  return make_layer({.kernel = "reference.fill"}, [kernel, value, count = elements(shape)](const Buffers& buffers, base::ThreadPool& pool) {
    run_parallel(pool, count, kernel, {value.data(), out<void>(buffers, 0)});
  });
}

// The count of elements is the output's: shape inference has computed it from the three operands.
std::unique_ptr<PreparedLayer> reference::prepare_range(const LayerSpec& layer) {
  require_operands(layer, 3, 1);
  const TensorSpec& y = output(layer, 0);
  require(y.shape.size() == 1, layer, "the output must have one dimension");
  for (const TensorSpec& operand : layer.inputs) {
    require_same_type(layer, operand, y);
    require(elements(operand.shape) == 1, layer, "start, limit and delta must be scalars");
  }
  const auto kernel = require_kernel(layer, kernels::reference::range_kernel(y.type));
  return make_layer({.kernel = "reference.range"}, [kernel, count = y.shape.front()](const Buffers& buffers, base::ThreadPool& pool) {
    run_parallel(pool, count, kernel, {in<void>(buffers, 0), in<void>(buffers, 2), out<void>(buffers, 0)});
  });
}

std::unique_ptr<PreparedLayer> reference::prepare_eye_like(const LayerSpec& layer) {
  require_operands(layer, 1, 1);
  const TensorSpec& y = output(layer, 0);
  require(y.shape.size() == 2 && y.shape == input(layer, 0).shape, layer, "input and output must be matrices of one shape");
  const auto kernel = require_kernel(layer, kernels::reference::eye_kernel(y.type));
  kernels::reference::EyeArgs args;
  args.columns = y.shape[1];
  args.k = layer.node.attributes.integer("k", 0);
  return make_layer({.kernel = "reference.eye_like"}, [kernel, args, rows = y.shape[0]](const Buffers& buffers, base::ThreadPool& pool) {
    auto call = args;
    call.y = out<void>(buffers, 0);
    run_parallel(pool, rows, grain_of(call.columns), kernel, call);
  });
}

}  // namespace dnntune::backends::cpu
