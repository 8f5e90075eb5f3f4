// SPDX-License-Identifier: Apache-2.0
// Runs a layer on the SIMD kernels of every instruction set this machine has, with forbidden memory behind
// its inputs and guard bytes around its outputs, and compares it with the reference kernels.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "backends/backend.h"
#include "graph/ir.h"
#include "kernels/simd_targets.h"

namespace dnntune::test {

inline constexpr float kInfinity = std::numeric_limits<float>::infinity();
inline constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// A layer and what it is run on.
struct SimdCase {
  struct Input {
    Tensor value;           ///< Undefined: an optional input that is left out.
    bool constant = false;  ///< Known when the layer is prepared.
  };
  graph::Node node;
  std::vector<Input> inputs;
  std::vector<Shape> outputs;
  DataType weights = DataType::float32;
  DataType output_type = DataType::float32;  ///< Or an integer, boolean, a 16-bit float.
  DataType math = DataType::float32;
  std::string kernel = {};  ///< One of simd_kernels; empty: as the backend chooses.
};

graph::Node make_node(graph::Op op, NodeAttributes attributes = {}, graph::Activation activation = {});

/// "_bf16" where products of the current instruction set can be in bfloat16, else nothing: how the names of kernels
/// end for layers whose math is bfloat16.
std::string bfloat16_suffix();

/// Every element of a tensor as float16 or bfloat16 holds it.
Tensor rounded(const Tensor& tensor, DataType type);

/// Uniform in [low, high); the same for the same arguments.
Tensor random_tensor(const Shape& shape, unsigned seed, float low = -1.0f, float high = 1.0f);

/// Checks, for every instruction set: the layer is taken by a SIMD kernel whose name begins with `kernel`;
/// its results are close to the reference backend's; one, two and three threads give the same bits; no
/// byte outside the outputs and the scratch memory is written, and none behind an input is read; operands at a pitch,
/// where the layer takes them, give those bits too, and what lies between their rows is left alone. `close` is
/// kSimdTolerance or, where `of_largest` is not 0, that part of the largest magnitude of the results.
void check_simd(const SimdCase& layer, const std::string& kernel, double of_largest = 0.0);

/// How a backend did with a layer.
struct Outcome {
  bool taken = false;
  std::string kernel = {};   ///< Of a layer that was taken...
  std::string refusal = {};  ///< ...or why it was not, where the backend says so.
};

/// The same checks for a layer on any backend, on the instruction set that it chooses: once with inputs behind which
/// nothing may be read, once with as much readable memory behind them as the executor gives. Results of bytes may be
/// `steps` off. Checks nothing where the backend leaves the layer to others.
Outcome check_on(const backends::Backend& backend, const SimdCase& layer, int steps = 0);

/// The outputs' elements as floats, computed by a backend that takes the layer, on one thread.
std::vector<float> run_on(const backends::Backend& backend, const SimdCase& layer);

/// The outputs' elements as floats, computed by the SIMD kernels of the current instruction set.
std::vector<float> run_simd(const SimdCase& layer);

/// Their kernel's name.
std::string simd_kernel(const SimdCase& layer);

/// The kernels among which a tuner may choose, the backend's own choice first.
std::vector<std::string> simd_kernels(const SimdCase& layer);

/// Checks that the SIMD kernels leave the layer to the reference ones.
void check_declined(const SimdCase& layer);

}  // namespace dnntune::test
