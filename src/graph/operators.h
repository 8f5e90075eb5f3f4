// SPDX-License-Identifier: Apache-2.0
// The one list of operators, as an enum and a table. The list itself is operators.inc.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace dnntune::graph {

enum class Op : std::uint16_t {
  Unknown = 0,
#define DNNTUNE_OP(name, ...) name,
#include "graph/operators.inc"
#undef DNNTUNE_OP
};

/// How an operator takes part in the channels-last layout (see runtime/layout).
enum class Layout : std::uint8_t {
  plain,          ///< Always ONNX's own dimension order.
  channels_last,  ///< Input 0 and output 0 of rank >= 3 are always N, spatial..., C; weights are not.
  elementwise,    ///< Any common order of all inputs; constants follow.
  permutable,     ///< Any order, with axis-like attributes and operands rewritten.
};

/// One row of the table: the operator in its opset-17 form.
struct OpInfo {
  Op op;
  std::string_view name;
  int min_inputs, max_inputs;    ///< Trailing inputs beyond min are optional. 255 = variadic.
  int min_outputs, max_outputs;
  std::string_view shape_rule;   ///< Function of shape inference: infer_<rule>.
  Layout layout;
  /// Bit k set: the *contents* of input k decide output shapes (or are compiled into the prepared
  /// layer), so they must be known when a session plans.
  std::uint32_t plan_operands;
  std::string_view kernel_family;  ///< Function of the reference backend: prepare_<family>.
};

/// All operators, in list order, without Unknown.
std::span<const OpInfo> operators() noexcept;
/// nullptr for Op::Unknown.
const OpInfo* find_operator(Op op) noexcept;
/// The domain that an operator of the list belongs to: "" is ONNX's own.
std::string_view domain_of(Op op) noexcept;
/// By name, whatever the domain; nullptr when it is not in the list.
const OpInfo* find_operator(std::string_view name) noexcept;

/// True for operators with sub-graphs.
constexpr bool is_control_flow(Op op) noexcept { return op == Op::If || op == Op::Loop || op == Op::Scan; }
/// True for layers that no plan can hold: control flow, and operators whose outputs have shapes that follow from
/// what all of an input contains. They run between prepared parts of a network, on tensors of their own.
constexpr bool runs_apart(Op op) noexcept {
  return is_control_flow(op) || op == Op::NonZero || op == Op::NonMaxSuppression || op == Op::Unique;
}

}  // namespace dnntune::graph
