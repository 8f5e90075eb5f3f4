// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/einsum.h"

namespace dnntune::kernels::reference {
namespace {

/// Element `index` (row-major) of the labels' sizes, as an offset into an operand.
std::int64_t offset_of(std::span<const EinsumLabel> labels, std::int64_t index, std::size_t operand) noexcept {
  std::int64_t offset = 0;
  for (std::size_t d = labels.size(); d-- > 0; index /= labels[d].size) offset += index % labels[d].size * labels[d].strides[operand];
  return offset;
}

template <typename V>
void einsum(const EinsumArgs& args, ElementTypes types, base::Range elements) noexcept {
  std::int64_t terms = 1;
  for (const EinsumLabel& label : args.summed) terms *= label.size;
  for (std::int64_t element = elements.begin; element < elements.end; ++element) {
    V sum{0};
    for (std::int64_t term = 0; term < terms; ++term) {
      V product{1};
      for (std::size_t k = 0; k < args.operands.size(); ++k)
        product *= read_one<V>(types.type, args.operands[k], offset_of(args.kept, element, k) + offset_of(args.summed, term, k));
      sum += product;
    }
    write_one(types.type, sum, args.output, element);
  }
}

}  // namespace

EinsumKernel einsum_kernel(DataType type) noexcept {
  if (is_real(type)) return {einsum<double>, {type}};
  return type == DataType::int32 || type == DataType::int64 ? EinsumKernel(einsum<std::uint64_t>, {type}) : nullptr;
}

}  // namespace dnntune::kernels::reference
