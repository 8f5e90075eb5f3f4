// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/layer_normalization.h"

#include <cmath>

#include "kernels/element.h"
#include "kernels/reference/moments.h"

namespace dnntune::kernels::reference {
namespace {

std::int64_t index_of(const std::int64_t* index, std::int64_t i) noexcept { return index == nullptr ? i : index[i]; }

}  // namespace

template <typename T, typename S>
void layer_normalization(const LayerNormalizationArgs<T, S>& args, base::Range rows) noexcept {
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const T* input = args.input + row * args.row_size;
    T* output = args.output + row * args.row_size;
    const Moments of_row = moments(args.row_size, [&](std::int64_t i) { return load(input[i]); });
    const double inverse = 1.0 / std::sqrt(of_row.variance + args.epsilon);
    for (std::int64_t i = 0; i < args.row_size; ++i) {
      const double scaled = (load(input[i]) - of_row.mean) * inverse * load(args.scale[index_of(args.scale_index, i)]);
      output[i] = store<T>(args.bias == nullptr ? scaled : scaled + load(args.bias[index_of(args.bias_index, i)]));
    }
    if (args.mean != nullptr) args.mean[row] = store<S>(of_row.mean);
    if (args.inverse_deviation != nullptr) args.inverse_deviation[row] = store<S>(inverse);
  }
}

template void layer_normalization(const LayerNormalizationArgs<float, float>&, base::Range) noexcept;
template void layer_normalization(const LayerNormalizationArgs<double, double>&, base::Range) noexcept;
template void layer_normalization(const LayerNormalizationArgs<double, float>&, base::Range) noexcept;
template void layer_normalization(const LayerNormalizationArgs<Float16, Float16>&, base::Range) noexcept;
template void layer_normalization(const LayerNormalizationArgs<Float16, float>&, base::Range) noexcept;
template void layer_normalization(const LayerNormalizationArgs<BFloat16, BFloat16>&, base::Range) noexcept;
template void layer_normalization(const LayerNormalizationArgs<BFloat16, float>&, base::Range) noexcept;

}  // namespace dnntune::kernels::reference
