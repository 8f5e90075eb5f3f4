// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/resize.h"

#include <algorithm>
#include <array>

namespace dnntune::kernels::reference {
namespace {

using Position = std::array<std::int64_t, kMaxResizeRank>;

/// The weighted sum over the taps of dimension `d` and all inner ones.
double sample(const ResizeArgs& args, DataType type, const Position& at, std::size_t d, std::int64_t offset) noexcept {
  if (d == args.dims.size()) return read_one<double>(type, args.input, offset);
  const ResizeDim& dim = args.dims[d];
  double sum = 0.0;
  for (std::int64_t tap = at[d] * dim.taps; tap < (at[d] + 1) * dim.taps; ++tap) {
    if (dim.weight[tap] == 0.0) continue;  // an unused infinity must not become NaN
    sum += dim.weight[tap] * sample(args, type, at, d + 1, offset + dim.index[tap] * dim.in_stride);
  }
  return sum;
}

// Integers truncate, as ONNX's own implementation does, and saturate: cubic overshoots.
void resize(const ResizeArgs& args, ElementTypes types, base::Range elements) noexcept {
  // Nearest copies: exact also for 64-bit integers and infinities.
  const bool copies = std::ranges::all_of(args.dims, [](const ResizeDim& dim) { return dim.taps == 1; });
  for (std::int64_t element = elements.begin; element < elements.end; ++element) {
    Position at{};
    std::int64_t rest = element;
    bool outside = false;
    for (std::size_t d = args.dims.size(); d-- > 0;) {
      at[d] = rest % args.dims[d].out_size;
      rest /= args.dims[d].out_size;
      if (args.dims[d].outside != nullptr && args.dims[d].outside[at[d]] != 0) outside = true;
    }
    if (outside) {
      write_one(types.type, args.extrapolation, args.output, element);
    } else if (copies) {
      std::int64_t offset = 0;
      for (std::size_t d = 0; d < args.dims.size(); ++d) offset += args.dims[d].index[at[d]] * args.dims[d].in_stride;
      copy_element(size_of(types.type), args.input, offset, args.output, element);
    } else {
      write_one(types.type, sample(args, types.type, at, 0, 0), args.output, element);
    }
  }
}

}  // namespace

ResizeKernel resize_kernel(DataType type) noexcept { return is_number(type) ? ResizeKernel(resize, {type}) : nullptr; }

}  // namespace dnntune::kernels::reference
