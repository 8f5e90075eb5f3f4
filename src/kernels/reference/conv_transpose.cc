// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/conv.h"

#include "kernels/reference/dot.h"

namespace dnntune::kernels::reference {
namespace {

/// The input position whose tap `tap` lands on output `out`: in * stride + tap * dilation - pad = out.
/// False when there is none.
bool source_position(const Window& window, const Size3& out, const Size3& tap, const Size3& in_size,
                     Size3& at) noexcept {
  for (int d = 0; d < 3; ++d) {
    const std::int64_t scaled = out[d] + window.pad_begin[d] - tap[d] * window.dilation[d];
    if (scaled < 0 || scaled % window.stride[d] != 0) return false;
    at[d] = scaled / window.stride[d];
  }
  return inside(at, in_size);
}

// Written as a gather over outputs, so that every output element is computed by one thread.
void conv_transpose(const ConvArgs& args, ElementTypes types, base::Range pixels) noexcept {
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
        Size3 at;
        if (!source_position(args.window, out, unflatten(tap, args.window.kernel), args.in_size, at)) continue;
        sum = add_products(sum, {type, args.input, (image + flatten(at, args.in_size)) * args.in_channels + first_channel, 1},
                           {type, args.weights, (first_channel * group_out + m % group_out) * taps + tap, group_out * taps}, group_in);
      }
      write_one(type, apply(args.activation, sum), args.output, pixel * args.out_channels + m);
    }
  }
}

}  // namespace

ConvKernel conv_transpose_kernel(DataType type) noexcept { return is_real(type) ? ConvKernel(conv_transpose, {type}) : nullptr; }

}  // namespace dnntune::kernels::reference
