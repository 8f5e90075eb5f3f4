// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/quantize.h"

#include <algorithm>
#include <cmath>

#include "kernels/quantization.h"

namespace dnntune::kernels::reference {
namespace {

template <typename T>
void dequantize(const DequantizeArgs& args, base::Range elements) noexcept {
  const T* x = static_cast<const T*>(args.x);
  const T* zero_point = static_cast<const T*>(args.zero_point);
  for (std::int64_t i = elements.begin; i < elements.end; ++i) {
    const std::int64_t c = i / args.inner % args.channels;
    const std::int64_t zero = zero_point == nullptr ? 0 : zero_point[c];
    args.y[i] = static_cast<float>(static_cast<std::int64_t>(x[i]) - zero) * args.scale[c];
  }
}

}  // namespace

void quantize(const QuantizeArgs& args, base::Range elements) noexcept {
  for (std::int64_t i = elements.begin; i < elements.end; ++i) {
    const std::int64_t c = i / args.inner % args.channels;
    const std::int32_t zero = args.zero_point == nullptr ? 0 : load_byte(args.zero_point, c, args.is_signed);
    const Quantizer quantizer = {zero, args.is_signed ? -128 : 0, args.is_signed ? 127 : 255};
    args.y[i] = static_cast<std::uint8_t>(quantizer(args.x[i] / args.scale[c]));
  }
}

void dequantize_uint8(const DequantizeArgs& args, base::Range elements) noexcept { dequantize<std::uint8_t>(args, elements); }
void dequantize_int8(const DequantizeArgs& args, base::Range elements) noexcept { dequantize<std::int8_t>(args, elements); }
void dequantize_int32(const DequantizeArgs& args, base::Range elements) noexcept { dequantize<std::int32_t>(args, elements); }

DynamicScale dynamic_scale(float least, float most) noexcept {
  least = std::min(least, 0.0f);
  most = std::max(most, 0.0f);
  const float scale = (most - least) / 255.0f;
  if (!(scale > 0.0f)) return {};  // nothing but zeros
  return {scale, static_cast<std::uint8_t>(std::clamp(std::nearbyint(-least / scale), 0.0f, 255.0f))};
}

}  // namespace dnntune::kernels::reference
