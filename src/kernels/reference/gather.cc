// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/gather.h"

#include <cstring>

#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {
namespace {

bool is_index(DataType type) noexcept { return type == DataType::int32 || type == DataType::int64; }

std::int64_t from_end(std::int64_t index, std::int64_t dim) noexcept { return index < 0 ? index + dim : index; }

void gather(const GatherArgs& args, ElementTypes types, Range range) noexcept {
  const std::byte* x = static_cast<const std::byte*>(args.x);
  std::byte* y = static_cast<std::byte*>(args.y);
  for (std::int64_t i = range.begin; i < range.end; ++i) {
    const std::int64_t outer = i / args.index_count;
    const std::int64_t source = outer * args.axis_dim + from_end(index_at(args.indices, types.other, i % args.index_count), args.axis_dim);
    std::memcpy(y + static_cast<std::size_t>(i) * args.slice_bytes, x + static_cast<std::size_t>(source) * args.slice_bytes,
                args.slice_bytes);
  }
}

template <typename T>
void gather_elements(const GatherElementsArgs& args, ElementTypes types, Range range) noexcept {
  const T* x = static_cast<const T*>(args.x);
  T* y = static_cast<T*>(args.y);
  const std::int64_t step = args.walk->inner_stride(0);
  for_runs(*args.walk, range, [&](std::int64_t first, const std::array<std::int64_t, 1>& at, std::int64_t length) {
    for_blocks(length, [&](std::int64_t i, std::int64_t count) {
      std::int64_t indices[kBlock];
      read(types.other, args.indices, first + i, 1, count, indices);
      for (std::int64_t k = 0; k < count; ++k)
        y[first + i + k] = x[at[0] + (i + k) * step + from_end(indices[k], args.axis_dim) * args.axis_stride];
    });
  });
}

void gather_nd(const GatherNdArgs& args, ElementTypes types, Range range) noexcept {
  const std::byte* x = static_cast<const std::byte*>(args.x);
  std::byte* y = static_cast<std::byte*>(args.y);
  for (std::int64_t t = range.begin; t < range.end; ++t) {
    std::size_t source = static_cast<std::size_t>(t / args.tuples_per_batch) * args.batch_bytes;
    for (int k = 0; k < args.tuple_length; ++k)
      source += static_cast<std::size_t>(from_end(index_at(args.indices, types.other, t * args.tuple_length + k), args.dims[k])) * args.strides[k];
    std::memcpy(y + static_cast<std::size_t>(t) * args.slice_bytes, x + source, args.slice_bytes);
  }
}

}  // namespace

std::int64_t index_at(const void* indices, DataType type, std::int64_t i) noexcept {
  if (!is_real(type)) return read_one<std::int64_t>(type, indices, i);
  std::int64_t index = 0;
  write_one(DataType::int64, read_one<double>(type, indices, i), &index);
  return index;
}

std::int64_t find_bad_tuple(const void* indices, DataType type, std::int64_t tuples, int length,
                            const std::int64_t* limits) noexcept {
  for (std::int64_t t = 0; t < tuples; ++t)
    for (int k = 0; k < length; ++k) {
      const std::int64_t at = t * length + k;
      const std::int64_t index = index_at(indices, type, at);
      if (index < -limits[k] || index >= limits[k]) return at;
    }
  return -1;
}

std::int64_t find_bad_index(const void* indices, DataType type, std::int64_t count, std::int64_t limit) noexcept {
  return find_bad_tuple(indices, type, count, 1, &limit);
}

GatherKernel gather_kernel(DataType index_type) noexcept {
  return is_index(index_type) ? GatherKernel(gather, {DataType::undefined, index_type}) : nullptr;
}

GatherElementsKernel gather_elements_kernel(DataType index_type, std::size_t bytes) noexcept {
  if (!is_index(index_type)) return nullptr;
  return pick_size<GatherElementsKernel>(bytes, [index_type](auto tag) -> GatherElementsKernel {
    return {gather_elements<typename decltype(tag)::type>, {DataType::undefined, index_type}};
  });
}

GatherNdKernel gather_nd_kernel(DataType index_type) noexcept {
  return is_index(index_type) ? GatherNdKernel(gather_nd, {DataType::undefined, index_type}) : nullptr;
}

}  // namespace dnntune::kernels::reference
