// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/gather.h"

#include <cstring>

#include "kernels/reference/values.h"

namespace dnntune::kernels::reference {
namespace {

using IndexTypes = Types<std::int32_t, std::int64_t>;

std::int64_t from_end(std::int64_t index, std::int64_t dim) noexcept { return index < 0 ? index + dim : index; }

template <typename I>
void gather(const GatherArgs& args, Range range) noexcept {
  const std::byte* x = static_cast<const std::byte*>(args.x);
  const I* indices = static_cast<const I*>(args.indices);
  std::byte* y = static_cast<std::byte*>(args.y);
  for (std::int64_t i = range.begin; i < range.end; ++i) {
    const std::int64_t outer = i / args.index_count;
    const std::int64_t source = outer * args.axis_dim + from_end(indices[i % args.index_count], args.axis_dim);
    std::memcpy(y + static_cast<std::size_t>(i) * args.slice_bytes, x + static_cast<std::size_t>(source) * args.slice_bytes,
                args.slice_bytes);
  }
}

template <typename I, typename T>
void gather_elements(const GatherElementsArgs& args, Range range) noexcept {
  const T* x = static_cast<const T*>(args.x);
  const I* indices = static_cast<const I*>(args.indices);
  T* y = static_cast<T*>(args.y);
  const std::int64_t step = args.walk->inner_stride(0);
  for_runs(*args.walk, range, [&](std::int64_t first, const std::array<std::int64_t, 1>& at, std::int64_t length) {
    for (std::int64_t i = 0; i < length; ++i)
      y[first + i] = x[at[0] + i * step + from_end(indices[first + i], args.axis_dim) * args.axis_stride];
  });
}

template <typename I>
void gather_nd(const GatherNdArgs& args, Range range) noexcept {
  const std::byte* x = static_cast<const std::byte*>(args.x);
  const I* indices = static_cast<const I*>(args.indices);
  std::byte* y = static_cast<std::byte*>(args.y);
  for (std::int64_t t = range.begin; t < range.end; ++t) {
    std::size_t source = static_cast<std::size_t>(t / args.tuples_per_batch) * args.batch_bytes;
    for (int k = 0; k < args.tuple_length; ++k)
      source += static_cast<std::size_t>(from_end(indices[t * args.tuple_length + k], args.dims[k])) * args.strides[k];
    std::memcpy(y + static_cast<std::size_t>(t) * args.slice_bytes, x + source, args.slice_bytes);
  }
}

}  // namespace

std::int64_t index_at(const void* indices, DataType type, std::int64_t i) noexcept {
  using Load = std::int64_t (*)(const void*, std::int64_t) noexcept;
  const Load load_index = pick<Load>(Numbers{}, type, [](auto tag) -> Load {
    return [](const void* data, std::int64_t at) noexcept -> std::int64_t {
      const auto value = value_of(static_cast<const typename decltype(tag)::type*>(data)[at]);
      if constexpr (std::is_floating_point_v<decltype(value)>) {
        return saturate<std::int64_t>(static_cast<double>(value));
      } else {
        return static_cast<std::int64_t>(value);
      }
    };
  });
  return load_index == nullptr ? 0 : load_index(indices, i);
}

std::int64_t find_bad_tuple(const void* indices, DataType type, std::int64_t tuples, int length,
                            const std::int64_t* limits) noexcept {
  for (std::int64_t t = 0; t < tuples; ++t)
    for (int k = 0; k < length; ++k) {
      const std::int64_t at = t * length + k;
      const std::int64_t index = type == DataType::int32 ? static_cast<const std::int32_t*>(indices)[at]
                                                         : static_cast<const std::int64_t*>(indices)[at];
      if (index < -limits[k] || index >= limits[k]) return at;
    }
  return -1;
}

std::int64_t find_bad_index(const void* indices, DataType type, std::int64_t count, std::int64_t limit) noexcept {
  return find_bad_tuple(indices, type, count, 1, &limit);
}

GatherKernel gather_kernel(DataType index_type) noexcept {
  return pick<GatherKernel>(IndexTypes{}, index_type, [](auto tag) -> GatherKernel { return gather<typename decltype(tag)::type>; });
}

GatherElementsKernel gather_elements_kernel(DataType index_type, std::size_t bytes) noexcept {
  return pick<GatherElementsKernel>(IndexTypes{}, index_type, [bytes](auto index_tag) {
    using I = typename decltype(index_tag)::type;
    return pick_size<GatherElementsKernel>(
        bytes, [](auto tag) -> GatherElementsKernel { return gather_elements<I, typename decltype(tag)::type>; });
  });
}

GatherNdKernel gather_nd_kernel(DataType index_type) noexcept {
  return pick<GatherNdKernel>(IndexTypes{}, index_type, [](auto tag) -> GatherNdKernel { return gather_nd<typename decltype(tag)::type>; });
}

}  // namespace dnntune::kernels::reference
