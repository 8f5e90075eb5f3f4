// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/generate.h"

#include <cstring>

namespace dnntune::kernels::reference {
namespace {

// V: double or an unsigned integer, which wraps.
template <typename V>
void range_of(const RangeArgs& args, ElementTypes types, base::Range range) noexcept {
  const V start = read_one<V>(types.type, args.start);
  const V delta = read_one<V>(types.type, args.delta);
  for_blocks(range.size(), [&](std::int64_t i, std::int64_t count) {
    V values[kBlock];
    for (std::int64_t k = 0; k < count; ++k) values[k] = start + static_cast<V>(range.begin + i + k) * delta;
    write(types.type, values, count, args.y, range.begin + i);
  });
}

void eye(const EyeArgs& args, ElementTypes types, base::Range range) noexcept {
  const std::size_t row_bytes = static_cast<std::size_t>(args.columns) * size_of(types.type);
  std::byte* const y = static_cast<std::byte*>(args.y);
  std::memset(y + static_cast<std::size_t>(range.begin) * row_bytes, 0, static_cast<std::size_t>(range.size()) * row_bytes);
  for (std::int64_t row = range.begin; row < range.end; ++row)
    if (args.k >= -row && args.k < args.columns - row) write_one(types.type, 1.0, y, row * args.columns + row + args.k);
}

}  // namespace

RangeKernel range_kernel(DataType type) noexcept {
  if (!is_number(type)) return nullptr;
  return {is_real(type) ? range_of<double> : range_of<std::uint64_t>, {type}};
}

EyeKernel eye_kernel(DataType type) noexcept {
  return type == DataType::undefined ? nullptr : EyeKernel(eye, {type});
}

}  // namespace dnntune::kernels::reference
