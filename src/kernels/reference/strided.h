// SPDX-License-Identifier: Apache-2.0
// Walks some of an array's dimensions by a flat index.
#pragma once

#include <cstdint>
#include <span>

namespace dnntune::kernels::reference {

/// Dimensions, outermost first, and the element stride of each. Borrowed.
struct StridedDims {
  std::span<const std::int64_t> dims;
  std::span<const std::int64_t> strides;

  std::int64_t count() const noexcept {
    std::int64_t product = 1;
    for (const std::int64_t dim : dims) product *= dim;
    return product;
  }
  /// Element offset of the `flat`-th position in row-major order.
  std::int64_t offset(std::int64_t flat) const noexcept {
    std::int64_t result = 0;
    for (std::size_t d = dims.size(); d-- > 0;) {
      result += flat % dims[d] * strides[d];
      flat /= dims[d];
    }
    return result;
  }
};

}  // namespace dnntune::kernels::reference
