// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/batch_normalization.h"

#include <cmath>

namespace dnntune::kernels::reference {
namespace {

void batch_normalization(const BatchNormalizationArgs& args, ElementTypes types, base::Range pixels) noexcept {
  const Reals input{types.type, args.input};
  const Reals scale{types.other, args.scale}, bias{types.other, args.bias}, mean{types.other, args.mean}, variance{types.other, args.variance};
  for (std::int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
    for (std::int64_t c = 0; c < args.channels; ++c) {
      const std::int64_t at = pixel * args.channels + c;
      const double deviation = std::sqrt(variance[c] + args.epsilon);
      write_one(types.type, (input[at] - mean[c]) / deviation * scale[c] + bias[c], args.output, at);
    }
  }
}

}  // namespace

BatchNormalizationKernel batch_normalization_kernel(DataType type, DataType parameters) noexcept {
  if (!is_real(type) || (parameters != type && parameters != DataType::float32)) return nullptr;
  return {batch_normalization, {type, parameters}};
}

}  // namespace dnntune::kernels::reference
