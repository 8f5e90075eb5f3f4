// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/quantized_matmul.h"

namespace dnntune::kernels::reference {

void quantized_matmul(const QuantizedMatmulArgs& args, base::Range rows) noexcept {
  for (std::int64_t item = rows.begin; item < rows.end; ++item) {
    const std::int64_t batch = item / args.m, row = item % args.m;
    const std::uint8_t* a = args.a + args.a_batches.offset(batch) + row * args.k;
    const std::uint8_t* b = args.b + args.b_batches.offset(batch);
    for (std::int64_t column = 0; column < args.n; ++column) {
      std::int64_t sum = args.bias != nullptr ? args.bias[column] : 0;
      for (std::int64_t i = 0; i < args.k; ++i)
        sum += std::int64_t{load_byte(a, i, args.a_signed) - args.a_zeros[row]} *
               (load_byte(b, i * args.b_row_stride + column * args.b_column_stride, args.b_signed) - args.b_zeros[column]);
      const auto total = static_cast<std::int32_t>(sum);
      const std::int64_t at = item * args.n + column;
      if (args.multipliers == nullptr)
        static_cast<std::int32_t*>(args.output)[at] = total;
      else
        static_cast<std::uint8_t*>(args.output)[at] =
            static_cast<std::uint8_t>(args.quantizer(in_output_steps(total, args.multipliers[column])));
    }
  }
}

}  // namespace dnntune::kernels::reference
