// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/instance_normalization.h"

#include <cmath>

#include "kernels/reference/moments.h"

namespace dnntune::kernels::reference {
namespace {

void instance_normalization(const InstanceNormalizationArgs& args, ElementTypes types, base::Range planes) noexcept {
  const Reals input{types.type, args.input}, scale{types.type, args.scale}, bias{types.type, args.bias};
  const std::int64_t width = args.group_channels, groups = args.channels / width, count = args.positions * width;
  for (std::int64_t plane = planes.begin; plane < planes.end; ++plane) {
    const std::int64_t channel = plane % groups * width;
    const std::int64_t first = plane / groups * args.positions * args.channels + channel;
    const auto offset = [&](std::int64_t i) { return first + i / width * args.channels + i % width; };
    const auto value = [&](std::int64_t i) { return input[offset(i)]; };
    const Moments of_plane = moments(count, value);
    const double deviation = std::sqrt(of_plane.variance + args.epsilon);
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t c = args.per_group ? plane % groups : channel + i % width;
      write_one(types.type, (value(i) - of_plane.mean) / deviation * scale[c] + bias[c], args.output, offset(i));
    }
  }
}

}  // namespace

InstanceNormalizationKernel instance_normalization_kernel(DataType type) noexcept {
  return is_real(type) ? InstanceNormalizationKernel(instance_normalization, {type}) : nullptr;
}

}  // namespace dnntune::kernels::reference
