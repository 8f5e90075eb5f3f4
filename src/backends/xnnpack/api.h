// SPDX-License-Identifier: Apache-2.0
// What differs between releases of XNNPACK, under one name each. CMakeLists.txt finds out which release it is.
#pragma once

#include <xnnpack.h>

#include <cstddef>
#include <cstdint>
#include <limits>

namespace dnntune::backends::xnnpack {

const char* status_text(xnn_status status) noexcept;

enum class Unary {
  abs, ceil, clamp, convert, elu, floor, hard_swish, leaky_relu, negate, round, sigmoid, square, square_root,
  exp, gelu, log, tanh,  // of newer releases
};

/// A function of one operand. alpha: clamp: lower bound; elu: alpha; leaky_relu: slope. beta: clamp: upper bound.
struct UnaryNode {
  Unary function;
  float alpha = 0.0f, beta = 0.0f;
};

/// Whether this release has it.
bool has(Unary function) noexcept;
xnn_status define_unary(xnn_subgraph_t graph, const UnaryNode& node, std::uint32_t input, std::uint32_t output) noexcept;

enum class Binary { add, divide, maximum, minimum, multiply, prelu, squared_difference, subtract };

/// Of the results.
struct Bounds {
  float low = -std::numeric_limits<float>::infinity(), high = std::numeric_limits<float>::infinity();
};

/// prelu: `b` is the slope of each channel. maximum, minimum, prelu and squared_difference have no bounds.
xnn_status define_binary(xnn_subgraph_t graph, Binary function, std::uint32_t a, std::uint32_t b, std::uint32_t output,
                         const Bounds& bounds = {}) noexcept;

/// Of [batch, height, width, channels] to [batch, 1, 1, channels].
xnn_status define_global_average(xnn_subgraph_t graph, std::uint32_t input, std::uint32_t output) noexcept;

/// Unsupported in releases without it.
xnn_status define_transpose(xnn_subgraph_t graph, std::size_t rank, const std::size_t* order, std::uint32_t input, std::uint32_t output) noexcept;
bool has_transpose() noexcept;

/// Those of a runtime.
struct Threads {
  pthreadpool_t pool = nullptr;  ///< Null: the calling one.
  std::uint32_t flags = 0;
};

/// Creates the runtime and fixes its shapes.
xnn_status create_runtime(xnn_subgraph_t graph, const Threads& threads, xnn_runtime_t* runtime) noexcept;
/// Points it at its operands.
xnn_status setup_runtime(xnn_runtime_t runtime, std::size_t count, const xnn_external_value* values) noexcept;

}  // namespace dnntune::backends::xnnpack
