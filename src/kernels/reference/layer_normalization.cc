// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/layer_normalization.h"

#include <cmath>

#include "kernels/reference/moments.h"

namespace dnntune::kernels::reference {
namespace {

std::int64_t index_of(const std::int64_t* index, std::int64_t i) noexcept { return index == nullptr ? i : index[i]; }

void layer_normalization(const LayerNormalizationArgs& args, ElementTypes types, base::Range rows) noexcept {
  const Reals input{types.type, args.input}, scale{types.type, args.scale}, bias{types.type, args.bias};
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const std::int64_t first = row * args.row_size;
    const Moments of_row = moments(args.row_size, [&](std::int64_t i) { return input[first + i]; });
    const double inverse = 1.0 / std::sqrt(of_row.variance + args.epsilon);
    for (std::int64_t i = 0; i < args.row_size; ++i) {
      const double scaled = (input[first + i] - of_row.mean) * inverse * scale[index_of(args.scale_index, i)];
      write_one(types.type, bias.data == nullptr ? scaled : scaled + bias[index_of(args.bias_index, i)], args.output, first + i);
    }
    if (args.mean != nullptr) write_one(types.other, of_row.mean, args.mean, row);
    if (args.inverse_deviation != nullptr) write_one(types.other, inverse, args.inverse_deviation, row);
  }
}

}  // namespace

LayerNormalizationKernel layer_normalization_kernel(DataType type, DataType statistics) noexcept {
  if (!is_real(type) || (statistics != type && statistics != DataType::float32)) return nullptr;
  return {layer_normalization, {type, statistics}};
}

}  // namespace dnntune::kernels::reference
