// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/scatter.h"

#include <algorithm>

#include "kernels/reference/numbers.h"

namespace dnntune::kernels::reference {
namespace {

// Brings `count` updates, dense from `from` on, into the dense elements of y from `to` on.
using Update = void (*)(DataType type, const void* updates, std::int64_t from, void* y, std::int64_t to, std::int64_t count) noexcept;

template <typename U>
void replace(DataType, const void* updates, std::int64_t from, void* y, std::int64_t to, std::int64_t count) noexcept {
  std::copy_n(static_cast<const U*>(updates) + from, count, static_cast<U*>(y) + to);
}

template <typename V, V (*combine)(V old, V update) noexcept>
void reduce(DataType type, const void* updates, std::int64_t from, void* y, std::int64_t to, std::int64_t count) noexcept {
  for_blocks(count, [&](std::int64_t i, std::int64_t size) {
    V old[kBlock], update[kBlock];
    read(type, y, to + i, 1, size, old);
    read(type, updates, from + i, 1, size, update);
    for (std::int64_t k = 0; k < size; ++k) old[k] = combine(old[k], update[k]);
    write(type, old, size, y, to + i);
  });
}

void elements(const ScatterElementsArgs& args, ElementTypes types, Range range, Update update) noexcept {
  for_runs(*args.walk, range, [&](std::int64_t, const std::array<std::int64_t, 2>& at, std::int64_t length) {
    for (std::int64_t lane = 0; lane < length; ++lane) {
      const std::int64_t from = at[0] + lane * args.walk->inner_stride(0);
      const std::int64_t to = at[1] + lane * args.walk->inner_stride(1);
      for (std::int64_t j = 0; j < args.count; ++j) {
        const std::int64_t place = from + j * args.index_stride;
        auto index = read_one<std::int64_t>(types.other, args.indices, place);
        if (index < 0) index += args.axis_dim;
        update(types.type, args.updates, place, args.y, to + index * args.axis_stride, 1);
      }
    }
  });
}

void nd(const ScatterNdArgs& args, ElementTypes types, Range range, Update update) noexcept {
  for (std::int64_t t = 0; t < args.tuples; ++t) {
    std::int64_t start = 0;
    for (int k = 0; k < args.tuple_length; ++k) {
      const auto index = read_one<std::int64_t>(types.other, args.indices, t * args.tuple_length + k);
      start += (index < 0 ? index + args.dims[k] : index) * args.strides[k];
    }
    update(types.type, args.updates, t * args.slice + range.begin, args.y, start + range.begin, range.size());
  }
}

// `function` with the update for the element type and the reduction; replacing needs the element's size only.
template <typename Args, void (*function)(const Args&, ElementTypes, Range, Update) noexcept>
Kernel<Args> choose(DataType index_type, DataType type, ScatterReduction reduction) noexcept {
  if (index_type != DataType::int32 && index_type != DataType::int64) return nullptr;
  const auto with = [&]<Update update>() -> Kernel<Args> {
    return {[](const Args& args, ElementTypes types, Range range) noexcept { function(args, types, range, update); }, {type, index_type}};
  };
  if (reduction == ScatterReduction::none)
    return pick_size<Kernel<Args>>(size_of(type), [&](auto tag) { return with.template operator()<replace<typename decltype(tag)::type>>(); });
  return pick_number<Kernel<Args>>(type, [&](auto tag) -> Kernel<Args> {
    using V = typename decltype(tag)::type;
    switch (reduction) {
      case ScatterReduction::none: break;
      case ScatterReduction::add: return with.template operator()<reduce<V, wrap_add<V>>>();
      case ScatterReduction::mul: return with.template operator()<reduce<V, wrap_mul<V>>>();
      case ScatterReduction::max: return with.template operator()<reduce<V, larger<V>>>();
      case ScatterReduction::min: return with.template operator()<reduce<V, smaller<V>>>();
    }
    return nullptr;
  });
}

}  // namespace

ScatterElementsKernel scatter_elements_kernel(DataType index_type, DataType type, ScatterReduction reduction) noexcept {
  return choose<ScatterElementsArgs, elements>(index_type, type, reduction);
}

ScatterNdKernel scatter_nd_kernel(DataType index_type, DataType type, ScatterReduction reduction) noexcept {
  return choose<ScatterNdArgs, nd>(index_type, type, reduction);
}

}  // namespace dnntune::kernels::reference
