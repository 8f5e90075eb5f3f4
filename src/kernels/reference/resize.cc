// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/resize.h"

#include <array>
#include <limits>
#include <type_traits>

#include "kernels/element.h"

namespace dnntune::kernels::reference {
namespace {

using Position = std::array<std::int64_t, kMaxResizeRank>;

template <typename T>
double as_double(T value) noexcept {
  if constexpr (is_float<T>)
    return load(value);
  else
    return static_cast<double>(value);
}

/// Integers truncate, as ONNX's own implementation does, and saturate: cubic overshoots.
template <typename T>
T from_double(double value) noexcept {
  if constexpr (is_float<T>) {
    return store<T>(value);
  } else {
    if (!(value > static_cast<double>(std::numeric_limits<T>::lowest()))) return std::numeric_limits<T>::lowest();
    if (value >= static_cast<double>(std::numeric_limits<T>::max())) return std::numeric_limits<T>::max();
    return static_cast<T>(value);
  }
}

/// The weighted sum over the taps of dimension `d` and all inner ones.
template <typename T>
double sample(const ResizeArgs<T>& args, const Position& at, std::size_t d, std::int64_t offset) noexcept {
  if (d == args.dims.size()) return as_double(args.input[offset]);
  const ResizeDim& dim = args.dims[d];
  double sum = 0.0;
  for (std::int64_t tap = at[d] * dim.taps; tap < (at[d] + 1) * dim.taps; ++tap) {
    if (dim.weight[tap] == 0.0) continue;  // an unused infinity must not become NaN
    sum += dim.weight[tap] * sample(args, at, d + 1, offset + dim.index[tap] * dim.in_stride);
  }
  return sum;
}

/// Nearest copies: exact also for 64-bit integers and infinities.
template <typename T>
bool is_copy(const ResizeArgs<T>& args) noexcept {
  for (const ResizeDim& dim : args.dims)
    if (dim.taps != 1) return false;
  return true;
}

}  // namespace

template <typename T>
void resize(const ResizeArgs<T>& args, base::Range elements) noexcept {
  const bool copy = is_copy(args);
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
      args.output[element] = from_double<T>(args.extrapolation);
    } else if (copy) {
      std::int64_t offset = 0;
      for (std::size_t d = 0; d < args.dims.size(); ++d) offset += args.dims[d].index[at[d]] * args.dims[d].in_stride;
      args.output[element] = args.input[offset];
    } else {
      args.output[element] = from_double<T>(sample(args, at, 0, 0));
    }
  }
}

template void resize(const ResizeArgs<float>&, base::Range) noexcept;
template void resize(const ResizeArgs<double>&, base::Range) noexcept;
template void resize(const ResizeArgs<Float16>&, base::Range) noexcept;
template void resize(const ResizeArgs<BFloat16>&, base::Range) noexcept;
template void resize(const ResizeArgs<std::int8_t>&, base::Range) noexcept;
template void resize(const ResizeArgs<std::uint8_t>&, base::Range) noexcept;
template void resize(const ResizeArgs<std::int32_t>&, base::Range) noexcept;
template void resize(const ResizeArgs<std::int64_t>&, base::Range) noexcept;

}  // namespace dnntune::kernels::reference
