// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/instance_normalization.h"

#include <cmath>

#include "kernels/element.h"
#include "kernels/reference/moments.h"

namespace dnntune::kernels::reference {

template <typename T>
void instance_normalization(const InstanceNormalizationArgs<T>& args, base::Range planes) noexcept {
  for (std::int64_t plane = planes.begin; plane < planes.end; ++plane) {
    const std::int64_t c = plane % args.channels;
    const std::int64_t first = plane / args.channels * args.positions * args.channels + c;
    const auto value = [&](std::int64_t i) { return load(args.input[first + i * args.channels]); };
    const Moments of_plane = moments(args.positions, value);
    const double deviation = std::sqrt(of_plane.variance + args.epsilon);
    for (std::int64_t i = 0; i < args.positions; ++i)
      args.output[first + i * args.channels] =
          store<T>((value(i) - of_plane.mean) / deviation * load(args.scale[c]) + load(args.bias[c]));
  }
}

template void instance_normalization(const InstanceNormalizationArgs<float>&, base::Range) noexcept;
template void instance_normalization(const InstanceNormalizationArgs<double>&, base::Range) noexcept;
template void instance_normalization(const InstanceNormalizationArgs<Float16>&, base::Range) noexcept;
template void instance_normalization(const InstanceNormalizationArgs<BFloat16>&, base::Range) noexcept;

}  // namespace dnntune::kernels::reference
