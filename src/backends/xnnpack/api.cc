// SPDX-License-Identifier: Apache-2.0
#include "backends/xnnpack/api.h"

namespace dnntune::backends::xnnpack {

const char* status_text(xnn_status status) noexcept {
  switch (static_cast<int>(status)) {  // newer releases have more of them
    case xnn_status_success: return "success";
    case xnn_status_uninitialized: return "not initialised";
    case xnn_status_invalid_parameter: return "invalid parameter";
    case xnn_status_invalid_state: return "invalid state";
    case xnn_status_unsupported_parameter: return "unsupported parameter";
    case xnn_status_unsupported_hardware: return "unsupported hardware";
    case xnn_status_out_of_memory: return "out of memory";
    default: return "an unknown status";
  }
}

#if DNNTUNE_XNN_DEFINE_UNARY

/// Not square_root: that of infinity is a NaN in the release of November 2024.
bool has(Unary function) noexcept { return function != Unary::square_root; }

xnn_status define_unary(xnn_subgraph_t graph, const UnaryNode& node, std::uint32_t input, std::uint32_t output) noexcept {
  xnn_unary_params params{};
  const auto define = [&](xnn_unary_operator function) { return xnn_define_unary(graph, function, &params, input, output, 0); };
  switch (node.function) {
    case Unary::abs: return define(xnn_unary_abs);
    case Unary::ceil: return define(xnn_unary_ceiling);
    case Unary::clamp:
      params.clamp.min = node.alpha;
      params.clamp.max = node.beta;
      return define(xnn_unary_clamp);
    case Unary::convert: return define(xnn_unary_convert);
    case Unary::elu: params.elu.alpha = node.alpha; return define(xnn_unary_elu);
    case Unary::floor: return define(xnn_unary_floor);
    case Unary::hard_swish: return define(xnn_unary_hardswish);
    case Unary::leaky_relu: params.leaky_relu.negative_slope = node.alpha; return define(xnn_unary_leaky_relu);
    case Unary::negate: return define(xnn_unary_negate);
    case Unary::round: return define(xnn_unary_bankers_rounding);
    case Unary::sigmoid: return define(xnn_unary_sigmoid);
    case Unary::square: return define(xnn_unary_square);
    case Unary::square_root: return xnn_status_unsupported_parameter;
    case Unary::exp: return define(xnn_unary_exp);
    case Unary::gelu: return define(xnn_unary_gelu);
    case Unary::log: return define(xnn_unary_log);
    case Unary::tanh: return define(xnn_unary_tanh);
  }
  return xnn_status_unsupported_parameter;
}

#else

bool has(Unary function) noexcept { return function < Unary::exp; }

xnn_status define_unary(xnn_subgraph_t graph, const UnaryNode& node, std::uint32_t input, std::uint32_t output) noexcept {
  switch (node.function) {
    case Unary::abs: return xnn_define_abs(graph, input, output, 0);
    case Unary::ceil: return xnn_define_ceiling(graph, input, output, 0);
    case Unary::clamp: return xnn_define_clamp(graph, node.alpha, node.beta, input, output, 0);
    case Unary::convert: return xnn_define_convert(graph, input, output, 0);
    case Unary::elu: return xnn_define_elu(graph, node.alpha, input, output, 0);
    case Unary::floor: return xnn_define_floor(graph, input, output, 0);
    case Unary::hard_swish: return xnn_define_hardswish(graph, input, output, 0);
    case Unary::leaky_relu: return xnn_define_leaky_relu(graph, node.alpha, input, output, 0);
    case Unary::negate: return xnn_define_negate(graph, input, output, 0);
    case Unary::round: return xnn_define_bankers_rounding(graph, input, output, 0);
    case Unary::sigmoid: return xnn_define_sigmoid(graph, input, output, 0);
    case Unary::square: return xnn_define_square(graph, input, output, 0);
    case Unary::square_root: return xnn_define_square_root(graph, input, output, 0);
    default: return xnn_status_unsupported_parameter;
  }
}

#endif

#if DNNTUNE_XNN_DEFINE_BINARY

xnn_status define_binary(xnn_subgraph_t graph, Binary function, std::uint32_t a, std::uint32_t b, std::uint32_t output,
                         const Bounds& bounds) noexcept {
  const xnn_binary_params params = {bounds.low, bounds.high};
  const auto define = [&](xnn_binary_operator named) { return xnn_define_binary(graph, named, &params, a, b, output, 0); };
  switch (function) {
    case Binary::add: return define(xnn_binary_add);
    case Binary::divide: return define(xnn_binary_divide);
    case Binary::maximum: return define(xnn_binary_maximum);
    case Binary::minimum: return define(xnn_binary_minimum);
    case Binary::multiply: return define(xnn_binary_multiply);
    case Binary::prelu: return define(xnn_binary_prelu);
    case Binary::squared_difference: return define(xnn_binary_squared_difference);
    case Binary::subtract: return define(xnn_binary_subtract);
  }
  return xnn_status_unsupported_parameter;
}

#else

xnn_status define_binary(xnn_subgraph_t graph, Binary function, std::uint32_t a, std::uint32_t b, std::uint32_t output,
                         const Bounds& bounds) noexcept {
  switch (function) {
    case Binary::add: return xnn_define_add2(graph, bounds.low, bounds.high, a, b, output, 0);
    case Binary::divide: return xnn_define_divide(graph, bounds.low, bounds.high, a, b, output, 0);
    case Binary::maximum: return xnn_define_maximum2(graph, a, b, output, 0);
    case Binary::minimum: return xnn_define_minimum2(graph, a, b, output, 0);
    case Binary::multiply: return xnn_define_multiply2(graph, bounds.low, bounds.high, a, b, output, 0);
    case Binary::prelu: return xnn_define_prelu(graph, a, b, output, 0);
    case Binary::squared_difference: return xnn_define_squared_difference(graph, a, b, output, 0);
    case Binary::subtract: return xnn_define_subtract(graph, bounds.low, bounds.high, a, b, output, 0);
  }
  return xnn_status_unsupported_parameter;
}

#endif

xnn_status define_global_average(xnn_subgraph_t graph, std::uint32_t input, std::uint32_t output) noexcept {
#if DNNTUNE_XNN_STATIC_REDUCE
  constexpr std::int64_t kAxes[] = {1, 2};
  return xnn_define_static_reduce_v2(graph, xnn_reduce_mean, 2, kAxes, input, output, XNN_FLAG_KEEP_DIMS);
#else
  constexpr float kMost = std::numeric_limits<float>::infinity();
  return xnn_define_global_average_pooling_2d(graph, -kMost, kMost, input, output, 0);
#endif
}

#if DNNTUNE_XNN_STATIC_TRANSPOSE
bool has_transpose() noexcept { return true; }
xnn_status define_transpose(xnn_subgraph_t graph, std::size_t rank, const std::size_t* order, std::uint32_t input, std::uint32_t output) noexcept {
  return xnn_define_static_transpose(graph, rank, order, input, output, 0);
}
#else
bool has_transpose() noexcept { return false; }
xnn_status define_transpose(xnn_subgraph_t, std::size_t, const std::size_t*, std::uint32_t, std::uint32_t) noexcept {
  return xnn_status_unsupported_parameter;
}
#endif

xnn_status create_runtime(xnn_subgraph_t graph, const Threads& threads, xnn_runtime_t* runtime) noexcept {
  const xnn_status status = xnn_create_runtime_v2(graph, threads.pool, threads.flags, runtime);
#if DNNTUNE_XNN_RESHAPE_RUNTIME
  if (status == xnn_status_success) return xnn_reshape_runtime(*runtime);
#endif
  return status;
}

xnn_status setup_runtime(xnn_runtime_t runtime, std::size_t count, const xnn_external_value* values) noexcept {
#if DNNTUNE_XNN_RESHAPE_RUNTIME
  return xnn_setup_runtime_v2(runtime, count, values);
#else
  return xnn_setup_runtime(runtime, count, values);
#endif
}

}  // namespace dnntune::backends::xnnpack
