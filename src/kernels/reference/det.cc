// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/det.h"

#include <algorithm>
#include <cmath>

namespace dnntune::kernels::reference {
namespace {

void det(const DetArgs& args, ElementTypes types, base::Range matrices) noexcept {
  const std::int64_t n = args.size;
  double* const a = args.scratch;
  for (std::int64_t matrix = matrices.begin; matrix < matrices.end; ++matrix) {
    read(types.type, args.input, matrix * n * n, 1, n * n, a);
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
    write_one(types.type, result, args.output, matrix);
  }
}

}  // namespace

DetKernel det_kernel(DataType type) noexcept {
  return type == DataType::float32 || type == DataType::float64 ? DetKernel(det, {type}) : nullptr;
}

}  // namespace dnntune::kernels::reference
