// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/det.h"

#include <algorithm>
#include <cmath>

namespace dnntune::kernels::reference {

template <typename T>
void det(const DetArgs<T>& args, base::Range matrices) noexcept {
  const std::int64_t n = args.size;
  double* const a = args.scratch;
  for (std::int64_t matrix = matrices.begin; matrix < matrices.end; ++matrix) {
    std::copy_n(args.input + matrix * n * n, n * n, a);
    double result = 1.0;
    for (std::int64_t column = 0; column < n; ++column) {
      std::int64_t pivot = column;
      for (std::int64_t row = column + 1; row < n; ++row)
        if (std::abs(a[row * n + column]) > std::abs(a[pivot * n + column])) pivot = row;
      if (pivot != column) {
        std::swap_ranges(a + pivot * n, a + pivot * n + n, a + column * n);
        result = -result;
      }
      const double head = a[column * n + column];
      result *= head;
      if (head == 0.0) break;
      for (std::int64_t row = column + 1; row < n; ++row) {
        const double factor = a[row * n + column] / head;
        for (std::int64_t i = column; i < n; ++i) a[row * n + i] -= factor * a[column * n + i];
      }
    }
    args.output[matrix] = static_cast<T>(result);
  }
}

template void det(const DetArgs<float>&, base::Range) noexcept;
template void det(const DetArgs<double>&, base::Range) noexcept;

}  // namespace dnntune::kernels::reference
