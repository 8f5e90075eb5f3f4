// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/quantized_conv.h"

namespace dnntune::kernels::reference {

void quantized_conv(const QuantizedConvArgs& args, base::Range pixels) noexcept {
  const ConvArgs& conv = args.conv;
  const std::int64_t group_in = conv.in_channels / conv.groups;
  const std::int64_t group_out = conv.out_channels / conv.groups;
  const std::int64_t taps = volume(conv.window.kernel);
  for (std::int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
    const std::int64_t image = pixel / volume(conv.out_size);
    const Size3 out = unflatten(pixel % volume(conv.out_size), conv.out_size);
    const std::uint8_t* input = args.input + image * volume(conv.in_size) * conv.in_channels;
    for (std::int64_t m = 0; m < conv.out_channels; ++m) {
      const std::uint8_t* weights = args.weights + m * group_in * taps;
      std::int64_t sum = args.bias != nullptr ? args.bias[m] : 0;
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        const Size3 at = tap_position(conv.window, out, unflatten(tap, conv.window.kernel));
        if (!inside(at, conv.in_size)) continue;  // padding is real zero
        const std::int64_t first = flatten(at, conv.in_size) * conv.in_channels + m / group_out * group_in;
        for (std::int64_t c = 0; c < group_in; ++c)
          sum += std::int64_t{load_byte(input, first + c, args.input_signed) - args.input_zero} *
                 (load_byte(weights, c * taps + tap, args.weights_signed) - args.weight_zeros[m]);
      }
      const auto total = static_cast<std::int32_t>(sum);
      const std::int64_t at = pixel * conv.out_channels + m;
      if (args.multipliers == nullptr)
        static_cast<std::int32_t*>(args.output)[at] = total;
      else
        static_cast<std::uint8_t*>(args.output)[at] =
            static_cast<std::uint8_t>(args.quantizer(in_output_steps(total, args.multipliers[m])));
    }
  }
}

}  // namespace dnntune::kernels::reference
