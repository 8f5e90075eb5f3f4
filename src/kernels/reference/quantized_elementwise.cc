// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/quantized_elementwise.h"

#include <algorithm>
#include <cmath>

namespace dnntune::kernels::reference {

void quantized_add(const QuantizedAddArgs& args, base::Range elements) noexcept {
  const std::int64_t a_step = args.walk->inner_stride(0), b_step = args.walk->inner_stride(1);
  for_runs<2>(*args.walk, elements, [&](std::int64_t first, const auto& offsets, std::int64_t length) {
    for (std::int64_t i = 0; i < length; ++i) {
      const std::int32_t a = load_byte(args.a, offsets[0] + i * a_step, args.is_signed) - args.a_zero;
      const std::int32_t b = load_byte(args.b, offsets[1] + i * b_step, args.is_signed) - args.b_zero;
      args.y[first + i] = static_cast<std::uint8_t>(args.quantizer(add_in_output_steps(a, args.a_ratio, b, args.b_ratio)));
    }
  });
}

void quantized_global_average_pool(const QuantizedGlobalPoolArgs& args, base::Range items) noexcept {
  for (std::int64_t item = items.begin; item < items.end; ++item) {
    const std::uint8_t* x = args.x + item / args.channels * args.positions * args.channels + item % args.channels;
    std::int64_t sum = 0;
    for (std::int64_t p = 0; p < args.positions; ++p) sum += load_byte(x, p * args.channels, args.is_signed) - args.x_zero;
    args.y[item] = static_cast<std::uint8_t>(args.quantizer(in_output_steps(static_cast<std::int32_t>(sum), args.multiplier)));
  }
}

void quantized_softmax(const QuantizedSoftmaxArgs& args, base::Range items) noexcept {
  for (std::int64_t item = items.begin; item < items.end; ++item) {
    const std::int64_t first = item / args.inner * args.count * args.inner + item % args.inner;
    const auto at = [&](std::int64_t i) { return load_byte(args.x, first + i * args.inner, args.is_signed); };
    std::int32_t most = -128;
    for (std::int64_t i = 0; i < args.count; ++i) most = std::max(most, at(i));
    const auto power = [&](std::int64_t i) { return std::exp((at(i) - most) * static_cast<double>(args.x_scale)); };
    double sum = 0.0;
    for (std::int64_t i = 0; i < args.count; ++i) sum += power(i);
    for (std::int64_t i = 0; i < args.count; ++i)
      args.y[first + i * args.inner] = static_cast<std::uint8_t>(args.quantizer(static_cast<float>(power(i) / sum / args.y_scale)));
  }
}

}  // namespace dnntune::kernels::reference
