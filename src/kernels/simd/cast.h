// SPDX-License-Identifier: Apache-2.0
// Conversion between float32 and integers.
#pragma once

#include "kernels/simd/convert.h"

namespace dnntune::kernels::simd {

/// One type is float32, the other int8, uint8, int32 or boolean; null for others. Truncates and saturates towards an
/// integer, NaN to 0; all but 0 is true. Items are elements.
ConvertFn cast_kernel(DataType from, DataType to) noexcept;

}  // namespace dnntune::kernels::simd
