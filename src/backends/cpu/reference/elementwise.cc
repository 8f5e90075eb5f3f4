// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/reference/elementwise.h"

#include <fmt/format.h>

#include "base/checked.h"

namespace dnntune::backends::cpu {

std::string layer_name(const LayerSpec& layer) { return fmt::format("{} '{}'", layer.node.op_type, layer.node.name); }

void require_operands(const LayerSpec& layer, std::size_t inputs, std::size_t outputs) {
  for (std::size_t k = 0; k < inputs; ++k)
    if (!input(layer, k).present()) throw_invalid(layer, fmt::format("input {} is missing", k));
  for (std::size_t k = 0; k < outputs; ++k)
    if (!output(layer, k).present()) throw_invalid(layer, fmt::format("output {} is missing", k));
  for (const TensorSpec& operand : layer.inputs) bytes_of(operand);
  for (const TensorSpec& operand : layer.outputs) bytes_of(operand);
}

void require_same_type(const LayerSpec& layer, const TensorSpec& a, const TensorSpec& b) {
  require(a.type == b.type, layer, "the operands' element types differ");
}

void require_same_count(const LayerSpec& layer, const TensorSpec& a, const TensorSpec& b) {
  require(elements(a.shape) == elements(b.shape), layer, "the operands' element counts differ");
}

std::int64_t bytes_of(const TensorSpec& operand) {
  return base::checked_mul(elements(operand.shape), static_cast<std::int64_t>(size_of(operand.type)), "bytes of a layer's operand");
}

Lanes lanes_of(const Shape& shape, std::size_t axis) {
  return {elements(shape, 0, axis), shape[axis], elements(shape, axis + 1, shape.size())};
}

void throw_contents(const std::string& name, const std::string& problem) {
  throw Error(ErrorCode::invalid_argument, name + ": " + problem);
}

}  // namespace dnntune::backends::cpu
