// SPDX-License-Identifier: Apache-2.0
// What the binders of element-wise and data-moving families share.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "backends/layer_helpers.h"
#include "kernels/reference/elements.h"
#include "kernels/reference/walk.h"

namespace dnntune::backends::cpu {

/// Work of a thread that is worth waking it for, in simple element operations.
inline constexpr std::int64_t kElementGrain = 16384;

namespace detail {
template <typename Args>
Args args_of(void (*)(const Args&, base::Range) noexcept);
template <typename Args>
Args args_of(kernels::reference::Kernel<Args>);
}  // namespace detail

/// Runs `kernel`, a function or a reference kernel, over `items` items in parallel.
template <typename Kernel>
void run_parallel(base::ThreadPool& pool, std::int64_t items, std::int64_t grain, const Kernel& kernel,
                  const decltype(detail::args_of(std::declval<Kernel>()))& args) {
  pool.parallel_for(items, grain, [&](base::Range range, int) { kernel(args, range); });
}
template <typename Kernel>
void run_parallel(base::ThreadPool& pool, std::int64_t items, const Kernel& kernel,
                  const decltype(detail::args_of(std::declval<Kernel>()))& args) {
  run_parallel(pool, items, kElementGrain, kernel, args);
}

/// Items of `elements_per_item` element operations each, as a grain.
inline std::int64_t grain_of(std::int64_t elements_per_item) noexcept {
  return elements_per_item >= kElementGrain ? 1 : kElementGrain / (elements_per_item < 1 ? 1 : elements_per_item);
}

/// "Add 'sum1'"
std::string layer_name(const LayerSpec& layer);

/// The kernel, or throws unsupported when `kernel` is null.
template <typename Kernel>
Kernel require_kernel(const LayerSpec& layer, Kernel kernel) {
  if (kernel == nullptr) throw_unsupported(layer, "there is no kernel for these types");
  return kernel;
}

/// Checks that the first inputs and outputs are there, and that the bytes of every operand can be counted.
void require_operands(const LayerSpec& layer, std::size_t inputs, std::size_t outputs);
void require_same_type(const LayerSpec& layer, const TensorSpec& a, const TensorSpec& b);
void require_same_count(const LayerSpec& layer, const TensorSpec& a, const TensorSpec& b);

/// Bytes of the operand; throws limit_exceeded on overflow.
std::int64_t bytes_of(const TensorSpec& operand);

/// A walk over the elements of output 0 whose operands are the first N inputs, broadcast.
template <int N>
kernels::reference::Walk<N> broadcast_walk(const LayerSpec& layer) {
  const Shape& shape = output(layer, 0).shape;
  std::array<kernels::reference::Strides, N> strides;
  for (std::size_t k = 0; k < N; ++k) strides[k] = broadcast_strides(layer, input(layer, k).shape, shape);
  return kernels::reference::make_walk<N>(shape, strides, layer_name(layer));
}

/// A dimension split in three: [outer, dim, inner].
struct Lanes {
  std::int64_t outer = 1, dim = 1, inner = 1;
};
Lanes lanes_of(const Shape& shape, std::size_t axis);

/// Throws invalid_argument with "Gather 'g': ..." : the contents of an operand are at fault.
[[noreturn]] void throw_contents(const std::string& name, const std::string& problem);

}  // namespace dnntune::backends::cpu
