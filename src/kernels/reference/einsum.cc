// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/einsum.h"

#include "kernels/element.h"

namespace dnntune::kernels::reference {
namespace {

/// Element `index` (row-major) of the labels' sizes, as an offset into an operand.
std::int64_t offset_of(std::span<const EinsumLabel> labels, std::int64_t index, std::size_t operand) noexcept {
  std::int64_t offset = 0;
  for (std::size_t d = labels.size(); d-- > 0; index /= labels[d].size) offset += index % labels[d].size * labels[d].strides[operand];
  return offset;
}

}  // namespace

template <typename T>
void einsum(const EinsumArgs<T>& args, base::Range elements) noexcept {
  std::int64_t terms = 1;
  for (const EinsumLabel& label : args.summed) terms *= label.size;
  for (std::int64_t element = elements.begin; element < elements.end; ++element) {
    Accumulator<T> sum = 0;
    for (std::int64_t term = 0; term < terms; ++term) {
      Accumulator<T> product = 1;
      for (std::size_t k = 0; k < args.operands.size(); ++k)
        product *= load(args.operands[k][offset_of(args.kept, element, k) + offset_of(args.summed, term, k)]);
      sum += product;
    }
    args.output[element] = store<T>(sum);
  }
}

template void einsum(const EinsumArgs<float>&, base::Range) noexcept;
template void einsum(const EinsumArgs<double>&, base::Range) noexcept;
template void einsum(const EinsumArgs<Float16>&, base::Range) noexcept;
template void einsum(const EinsumArgs<BFloat16>&, base::Range) noexcept;
template void einsum(const EinsumArgs<std::int32_t>&, base::Range) noexcept;
template void einsum(const EinsumArgs<std::int64_t>&, base::Range) noexcept;

}  // namespace dnntune::kernels::reference
