// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/instance_normalization.h"

#include <cmath>

#include "kernels/reference/moments.h"

namespace dnntune::kernels::reference {
namespace {

void instance_normalization(const InstanceNormalizationArgs& args, ElementTypes types, base::Range planes) noexcept {
  const Reals input{types.type, args.input}, scale{types.type, args.scale}, bias{types.type, args.bias};
  for (std::int64_t plane = planes.begin; plane < planes.end; ++plane) {
    const std::int64_t c = plane % args.channels;
    const std::int64_t first = plane / args.channels * args.positions * args.channels + c;
    const auto value = [&](std::int64_t i) { return input[first + i * args.channels]; };
    const Moments of_plane = moments(args.positions, value);
    const double deviation = std::sqrt(of_plane.variance + args.epsilon);
    for (std::int64_t i = 0; i < args.positions; ++i)
      write_one(types.type, (value(i) - of_plane.mean) / deviation * scale[c] + bias[c], args.output, first + i * args.channels);
  }
}

}  // namespace

InstanceNormalizationKernel instance_normalization_kernel(DataType type) noexcept {
  return is_real(type) ? InstanceNormalizationKernel(instance_normalization, {type}) : nullptr;
}

}  // namespace dnntune::kernels::reference
