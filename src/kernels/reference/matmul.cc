// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/matmul.h"

#include "kernels/reference/dot.h"

namespace dnntune::kernels::reference {
namespace {

template <typename V>
void matmul(const MatmulArgs& args, ElementTypes types, base::Range rows) noexcept {
  const DataType type = types.type;
  for (std::int64_t item = rows.begin; item < rows.end; ++item) {
    const std::int64_t a = args.a_batches.offset(item / args.m) + item % args.m * args.k;
    const std::int64_t b = args.b_batches.offset(item / args.m);
    for (std::int64_t column = 0; column < args.n; ++column) {
      V sum = add_products(V{0}, {type, args.a, a, 1}, {type, args.b, b + column, args.n}, args.k);
      if (args.bias != nullptr) sum += read_one<V>(type, args.bias, column);
      if constexpr (std::is_same_v<V, double>) sum = apply(args.activation, sum);
      write_one(type, sum, args.output, item * args.n + column);
    }
  }
}

}  // namespace

MatmulKernel matmul_kernel(DataType type) noexcept {
  if (is_real(type)) return {matmul<double>, {type}};
  return is_number(type) && size_of(type) >= 4 ? MatmulKernel(matmul<std::uint64_t>, {type}) : nullptr;
}

}  // namespace dnntune::kernels::reference
