// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/pad.h"

#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {
namespace {

template <typename T>
void pad(const PadArgs& args, Range range) noexcept {
  const T* x = static_cast<const T*>(args.x);
  const T value = *static_cast<const T*>(args.value);
  T* y = static_cast<T*>(args.y);
  const std::int64_t* inner = args.sources[args.rank - 1];
  const std::int64_t length = args.dims[args.rank - 1];
  for (std::int64_t row = range.begin; row < range.end; ++row) {
    std::int64_t base = 0;
    bool padded = false;
    std::int64_t rest = row;
    for (int d = args.rank - 2; d >= 0; --d) {
      const std::int64_t source = args.sources[d][rest % args.dims[d]];
      rest /= args.dims[d];
      padded = padded || source == kPadded;
      base += source;
    }
    T* out = y + row * length;
    for (std::int64_t i = 0; i < length; ++i) out[i] = padded || inner[i] == kPadded ? value : x[base + inner[i]];
  }
}

}  // namespace

PadKernel pad_kernel(std::size_t bytes) noexcept {
  return pick_size<PadKernel>(bytes, [](auto tag) -> PadKernel { return pad<typename decltype(tag)::type>; });
}

}  // namespace dnntune::kernels::reference
