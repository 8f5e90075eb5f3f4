// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/dot.h"

namespace dnntune::kernels::reference {

template <typename V>
V add_products(V sum, const Strided& a, const Strided& b, std::int64_t count) noexcept {
  for_blocks(count, [&](std::int64_t i, std::int64_t size) {
    V of_a[kBlock], of_b[kBlock];
    read(a.type, a.data, a.first + i * a.step, a.step, size, of_a);
    read(b.type, b.data, b.first + i * b.step, b.step, size, of_b);
    for (std::int64_t k = 0; k < size; ++k) sum += of_a[k] * of_b[k];
  });
  return sum;
}

template double add_products(double, const Strided&, const Strided&, std::int64_t) noexcept;
template std::uint64_t add_products(std::uint64_t, const Strided&, const Strided&, std::int64_t) noexcept;

}  // namespace dnntune::kernels::reference
