// SPDX-License-Identifier: Apache-2.0
// Bytes of a coded value.
#pragma once

#include <cstdint>

#include "dnntune/plan.h"

namespace dnntune::plan {

/// What an integer encoding sends beside the elements, for each scale: the scale as float32 and a zero point of one byte.
inline constexpr std::int64_t kScaleBytes = 5;

/// Channels of a value in ONNX layout: its second dimension, or 1 when it has less than two.
inline std::int64_t channels_of(const Shape& shape) noexcept { return shape.size() < 2 ? 1 : shape[1]; }

/// Of a float32 value of `raw_bytes`.
inline std::int64_t coded_bytes(std::int64_t raw_bytes, std::int64_t channels, WireEncoding encoding) noexcept {
  const std::int64_t elements = raw_bytes / 4;
  switch (encoding) {
    case WireEncoding::fp16: return raw_bytes / 2;
    case WireEncoding::int8: return elements + kScaleBytes;
    case WireEncoding::int8_channel: return elements + channels * kScaleBytes;
    case WireEncoding::int4: return (elements + 1) / 2 + kScaleBytes;
    case WireEncoding::raw: break;
  }
  return raw_bytes;
}

}  // namespace dnntune::plan
