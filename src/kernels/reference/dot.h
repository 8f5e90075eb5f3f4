// SPDX-License-Identifier: Apache-2.0
// Sums of products, which convolutions, matrix products and recurrent layers are made of.
#pragma once

#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {

/// Elements of an array from `first` on, `step` apart.
struct Strided {
  DataType type;
  const void* data;
  std::int64_t first;
  std::int64_t step;
};

/// sum + a[0] b[0] + a[1] b[1] ..., in this order; integers wrap. V is double or std::uint64_t.
template <typename V>
V add_products(V sum, const Strided& a, const Strided& b, std::int64_t count) noexcept;

}  // namespace dnntune::kernels::reference
