// SPDX-License-Identifier: Apache-2.0
// Runs a layer on an OpenCL device and compares it with the reference kernels.
#pragma once

#include <string>
#include <vector>

#include "backends/opencl/context.h"
#include "backends/simd_harness.h"

namespace dnntune::test {

/// Relative to the larger of 1 and the reference's magnitude, for operands in [-1, 1] and sums of up to a few thousand
/// terms. With float16 storage the reference gets operands that are rounded too: what is left is the rounding of the
/// result, 2^-11, and of values in between.
inline constexpr double kOpenClTolerance = 5e-5;
inline constexpr double kOpenClHalfTolerance = 1e-3;

/// "opencl:0".
Processor opencl_processor();
/// Whether there is an OpenCL device; says so when there is none. Tests without one return at once.
bool has_opencl();

/// One for all tests of a program, with kernels for CPUs or, `as_gpu`, for GPUs; the queue's memory keeps what tests need.
backends::opencl::OpenClContext& opencl_context(bool as_gpu);

struct OpenClRun {
  std::string kernel;         ///< Empty when the backend refuses.
  std::string refusal;
  std::vector<float> values;  ///< Of all outputs, one after the other.
};
/// Uploads the inputs, runs, downloads. Checks that nothing but the outputs is written: every value has pattern bytes on
/// both sides. `type`: how values lie on the device.
OpenClRun run_opencl(const SimdCase& layer, bool as_gpu, DataType type);

struct OpenClChecks {
  double scale = 1.0;   ///< Of the tolerance.
  /// The tolerance is relative to the largest magnitude of the results: an element's error comes from all of a tile.
  bool of_largest = false;
  bool as_cpu = true;   ///< With the kernels for CPUs.
  bool as_gpu = false;  ///< With the kernels for GPUs, where there are others.
  bool half = true;     ///< Also in float16 storage.
};
/// Checks that the layer is taken by a kernel whose name begins with `kernel`, and that results are close to the
/// reference's.
void check_opencl(const SimdCase& layer, const std::string& kernel, const OpenClChecks& checks = {});
/// Checks that it is refused, with a reason that has this text.
void check_refused(const SimdCase& layer, const std::string& reason);

}  // namespace dnntune::test
