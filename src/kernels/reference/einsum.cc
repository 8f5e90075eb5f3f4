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

/// The sum over `labels` of the products of the elements at `offsets`, which are left as they were.
template <typename V>
V sum_over(const EinsumArgs& args, DataType type, std::span<const EinsumLabel> labels, std::int64_t* offsets) noexcept {
  const std::size_t operands = args.operands.size();
  if (labels.empty()) {
    V product{1};
    for (std::size_t k = 0; k < operands; ++k) product *= read_one<V>(type, args.operands[k], offsets[k]);
    return product;
  }
  const EinsumLabel& label = labels.front();
  V sum{0};
  for (std::int64_t i = 0; i < label.size; ++i) {
    sum += sum_over<V>(args, type, labels.subspan(1), offsets);
    for (std::size_t k = 0; k < operands; ++k) offsets[k] += label.strides[k];
  }
  for (std::size_t k = 0; k < operands; ++k) offsets[k] -= label.size * label.strides[k];
  return sum;
}

template <typename V>
void einsum(const EinsumArgs& args, ElementTypes types, base::Range elements) noexcept {
  std::int64_t offsets[kMaxEinsumOperands];
  for (std::int64_t element = elements.begin; element < elements.end; ++element) {
    for (std::size_t k = 0; k < args.operands.size(); ++k) offsets[k] = offset_of(args.kept, element, k);
    write_one(types.type, sum_over<V>(args, types.type, args.summed, offsets), args.output, element);
  }
}

}  // namespace

EinsumKernel einsum_kernel(DataType type) noexcept {
  if (is_real(type)) return {einsum<double>, {type}};
  return type == DataType::int32 || type == DataType::int64 ? EinsumKernel(einsum<std::uint64_t>, {type}) : nullptr;
}

}  // namespace dnntune::kernels::reference
