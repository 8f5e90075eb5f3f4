// SPDX-License-Identifier: Apache-2.0
// Element-wise operators of two operands: arithmetic (binary) and tests (compare).
#include "kernels/reference/binary.h"

#include "backends/cpu/families.h"
#include "backends/cpu/reference/elementwise.h"

namespace dnntune::backends::cpu {
namespace {

using graph::Op;
using kernels::reference::Binary;
using kernels::reference::BinaryKernel;

Binary mod_function(const LayerSpec& layer) {
  const DataType type = input(layer, 0).type;
  const bool floating = type == DataType::float32 || type == DataType::float64 || type == DataType::float16 || type == DataType::bfloat16;
  const bool like_c = layer.node.attributes.integer("fmod", 0) != 0;
  require(like_c || !floating, layer, "floating-point operands need fmod = 1");
  return like_c ? Binary::fmod : Binary::mod;
}

Binary shift_function(const LayerSpec& layer) {
  const std::string direction = layer.node.attributes.text("direction", "");
  require(direction == "LEFT" || direction == "RIGHT", layer, "attribute direction must be LEFT or RIGHT");
  return direction == "LEFT" ? Binary::shift_left : Binary::shift_right;
}

Binary binary_of(const LayerSpec& layer) {
  switch (layer.node.op) {
    case Op::Add: return Binary::add;
    case Op::Sub: return Binary::sub;
    case Op::Mul: return Binary::mul;
    case Op::Div: return Binary::div;
    case Op::Mod: return mod_function(layer);
    case Op::PRelu: return Binary::prelu;
    case Op::BitShift: return shift_function(layer);
    case Op::And: return Binary::logical_and;
    case Op::Or: return Binary::logical_or;
    case Op::Xor: return Binary::logical_xor;
    case Op::Equal: return Binary::equal;
    case Op::Greater: return Binary::greater;
    case Op::GreaterOrEqual: return Binary::greater_or_equal;
    case Op::Less: return Binary::less;
    case Op::LessOrEqual: return Binary::less_or_equal;
    default: throw_unsupported(layer, "the operator has no kernel here");
  }
}

std::unique_ptr<PreparedLayer> prepare(const LayerSpec& layer, BinaryKernel kernel, std::string_view name) {
  require_kernel(layer, kernel);
  const TensorSpec& y = output(layer, 0);
  const bool in_place = input(layer, 0).shape == y.shape && input(layer, 0).type == y.type;
  return make_layer({.kernel = name, .in_place = in_place},
                    [kernel, walk = broadcast_walk<2>(layer)](const Buffers& buffers, base::ThreadPool& pool) {
                      const kernels::reference::BinaryArgs args{in<void>(buffers, 0), in<void>(buffers, 1), out<void>(buffers, 0), &walk};
                      run_parallel(pool, walk.count, kernel, args);
                    });
}

}  // namespace

std::unique_ptr<PreparedLayer> reference::prepare_binary(const LayerSpec& layer) {
  require_operands(layer, 2, 1);
  require_same_type(layer, input(layer, 0), output(layer, 0));
  if (layer.node.op == Op::Pow)
    return prepare(layer, kernels::reference::pow_kernel(input(layer, 0).type, input(layer, 1).type), "reference.binary");
  require_same_type(layer, input(layer, 0), input(layer, 1));
  return prepare(layer, kernels::reference::binary_kernel(binary_of(layer), input(layer, 0).type), "reference.binary");
}

std::unique_ptr<PreparedLayer> reference::prepare_compare(const LayerSpec& layer) {
  require_operands(layer, 2, 1);
  require_same_type(layer, input(layer, 0), input(layer, 1));
  require(output(layer, 0).type == DataType::boolean, layer, "the output must be boolean");
  return prepare(layer, kernels::reference::binary_kernel(binary_of(layer), input(layer, 0).type), "reference.compare");
}

}  // namespace dnntune::backends::cpu
