// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/conv.h"

#include "kernels/reference/dot.h"

namespace dnntune::kernels::reference {
namespace {

void conv(const ConvArgs& args, ElementTypes types, base::Range pixels) noexcept {
  const DataType type = types.type;
  const std::int64_t group_in = args.in_channels / args.groups;
  const std::int64_t group_out = args.out_channels / args.groups;
  const std::int64_t taps = volume(args.window.kernel);
  for (std::int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
    const std::int64_t image = pixel / volume(args.out_size) * volume(args.in_size);
    const Size3 out = unflatten(pixel % volume(args.out_size), args.out_size);
    for (std::int64_t m = 0; m < args.out_channels; ++m) {
      const std::int64_t first_channel = m / group_out * group_in;
      double sum = args.bias != nullptr ? read_one<double>(type, args.bias, m) : 0.0;
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        const Size3 at = tap_position(args.window, out, unflatten(tap, args.window.kernel));
        if (!inside(at, args.in_size)) continue;
        sum = add_products(sum, {type, args.input, (image + flatten(at, args.in_size)) * args.in_channels + first_channel, 1},
                           {type, args.weights, m * group_in * taps + tap, taps}, group_in);
      }
      write_one(type, apply(args.activation, sum), args.output, pixel * args.out_channels + m);
    }
  }
}

}  // namespace

ConvKernel conv_kernel(DataType type) noexcept { return is_real(type) ? ConvKernel(conv, {type}) : nullptr; }

}  // namespace dnntune::kernels::reference
