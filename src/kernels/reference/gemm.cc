// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/gemm.h"

#include "kernels/reference/dot.h"

namespace dnntune::kernels::reference {
namespace {

double scaled(DataType, double factor, double value) noexcept { return factor * value; }

// Stays exact for a factor of 1; else the product of the element is truncated and saturates.
std::uint64_t scaled(DataType type, double factor, std::uint64_t value) noexcept {
  if (factor == 1.0) return value;
  std::uint64_t element = 0;  // room for one of any type
  write_one(type, value, &element);
  write_one(type, factor * read_one<double>(type, &element), &element);
  return read_one<std::uint64_t>(type, &element);
}

template <typename V>
void gemm(const GemmArgs& args, ElementTypes types, base::Range rows) noexcept {
  const DataType type = types.type;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    for (std::int64_t column = 0; column < args.n; ++column) {
      V sum = add_products(V{0}, {type, args.a, row * args.a_row_stride, args.a_column_stride},
                           {type, args.b, column * args.b_column_stride, args.b_row_stride}, args.k);
      sum = scaled(type, args.alpha, sum);
      if (args.c != nullptr)
        sum += scaled(type, args.beta, read_one<V>(type, args.c, row * args.c_row_stride + column * args.c_column_stride));
      if constexpr (std::is_same_v<V, double>) sum = apply(args.activation, sum);
      write_one(type, sum, args.output, row * args.n + column);
    }
  }
}

}  // namespace

GemmKernel gemm_kernel(DataType type) noexcept {
  if (is_real(type)) return {gemm<double>, {type}};
  return is_number(type) && size_of(type) >= 4 ? GemmKernel(gemm<std::uint64_t>, {type}) : nullptr;
}

}  // namespace dnntune::kernels::reference
