// SPDX-License-Identifier: Apache-2.0
// Einsum: sums of products over labelled dimensions.
#pragma once

#include <cstdint>
#include <span>

#include "base/thread_pool.h"

namespace dnntune::kernels::reference {

/// One label: its size, and how far each operand moves with it (0: the operand lacks it, or repeats).
struct EinsumLabel {
  std::int64_t size = 1;
  const std::int64_t* strides = nullptr;  ///< [operands], in elements. Borrowed.
};

template <typename T>
struct EinsumArgs {
  std::span<const T* const> operands;
  T* output = nullptr;                    ///< Dense over `kept`, in that order.
  std::span<const EinsumLabel> kept;      ///< Labels of the output.
  std::span<const EinsumLabel> summed;    ///< The others.
};

/// Items are output elements.
template <typename T>
void einsum(const EinsumArgs<T>& args, base::Range elements) noexcept;

}  // namespace dnntune::kernels::reference
