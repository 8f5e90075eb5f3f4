// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/conv.h"

#include "kernels/element.h"

namespace dnntune::kernels::reference {

template <typename T>
void conv(const ConvArgs<T>& args, base::Range pixels) noexcept {
  const std::int64_t group_in = args.in_channels / args.groups;
  const std::int64_t group_out = args.out_channels / args.groups;
  const std::int64_t taps = volume(args.window.kernel);
  for (std::int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
    const std::int64_t image = pixel / volume(args.out_size);
    const Size3 out = unflatten(pixel % volume(args.out_size), args.out_size);
    const T* input = args.input + image * volume(args.in_size) * args.in_channels;
    T* output = args.output + pixel * args.out_channels;
    for (std::int64_t m = 0; m < args.out_channels; ++m) {
      const std::int64_t first_channel = m / group_out * group_in;
      const T* weights = args.weights + m * group_in * taps;
      Accumulator<T> sum = args.bias != nullptr ? load(args.bias[m]) : 0.0;
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        const Size3 at = tap_position(args.window, out, unflatten(tap, args.window.kernel));
        if (!inside(at, args.in_size)) continue;
        const T* values = input + flatten(at, args.in_size) * args.in_channels + first_channel;
        for (std::int64_t c = 0; c < group_in; ++c) sum += load(values[c]) * load(weights[c * taps + tap]);
      }
      output[m] = store<T>(apply(args.activation, sum));
    }
  }
}

template void conv(const ConvArgs<float>&, base::Range) noexcept;
template void conv(const ConvArgs<double>&, base::Range) noexcept;
template void conv(const ConvArgs<Float16>&, base::Range) noexcept;
template void conv(const ConvArgs<BFloat16>&, base::Range) noexcept;

}  // namespace dnntune::kernels::reference
