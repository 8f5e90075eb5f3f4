// SPDX-License-Identifier: Apache-2.0
// Einsum: sums of products over labelled dimensions.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {

/// One label: its size, and how far each operand moves with it (0: the operand lacks it, or repeats).
struct EinsumLabel {
  std::int64_t size = 1;
  const std::int64_t* strides = nullptr;  ///< [operands], in elements. Borrowed.
};

inline constexpr std::size_t kMaxEinsumOperands = 255;

struct EinsumArgs {
  std::span<const void* const> operands;
  void* output = nullptr;                 ///< Dense over `kept`, in that order.
  std::span<const EinsumLabel> kept;      ///< Labels of the output.
  std::span<const EinsumLabel> summed;    ///< The others.
};

/// Items are output elements.
using EinsumKernel = Kernel<EinsumArgs>;
EinsumKernel einsum_kernel(DataType type) noexcept;

}  // namespace dnntune::kernels::reference
