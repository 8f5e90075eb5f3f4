// SPDX-License-Identifier: Apache-2.0
// Between float32 and the 16-bit floats.
#pragma once

#include <cstdint>

#include "base/thread_pool.h"
#include "dnntune/tensor.h"

namespace dnntune::kernels::simd {

struct ConvertArgs {
  const void* from = nullptr;
  void* to = nullptr;
};

/// Items are elements.
using ConvertFn = void (*)(const ConvertArgs& args, base::Range elements) noexcept;

/// Rounds to nearest even, bit for bit as base/half.h does. Null unless one of the types is float32 and the
/// other float16 or bfloat16.
ConvertFn convert_kernel(DataType from, DataType to) noexcept;

}  // namespace dnntune::kernels::simd
