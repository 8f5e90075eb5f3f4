// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/pool.h"

#include <cmath>
#include <limits>

#include "kernels/element.h"

namespace dnntune::kernels::reference {
namespace {

struct Pixel {
  std::int64_t image;
  std::int64_t index;  ///< Within the image.
  Size3 out;
};

template <typename T>
Pixel locate(const PoolArgs<T>& pool, std::int64_t pixel) noexcept {
  const std::int64_t per_image = volume(pool.out_size);
  return {pixel / per_image, pixel % per_image, unflatten(pixel % per_image, pool.out_size)};
}

template <typename T>
const T* input_pixel(const PoolArgs<T>& pool, std::int64_t image, const Size3& at) noexcept {
  return pool.input + (image * volume(pool.in_size) + flatten(at, pool.in_size)) * pool.channels;
}

/// Calls visit(position, inside the input) for every tap of the window.
template <typename T, typename Visit>
void for_each_tap(const PoolArgs<T>& pool, const Size3& out, Visit visit) noexcept {
  for (std::int64_t tap = 0; tap < volume(pool.window.kernel); ++tap) {
    const Size3 at = tap_position(pool.window, out, unflatten(tap, pool.window.kernel));
    visit(at, inside(at, pool.in_size));
  }
}

bool inside_padding(const Size3& at, const Window& window, const Size3& in_size) noexcept {
  for (int d = 0; d < 3; ++d)
    if (at[d] < -window.pad_begin[d] || at[d] >= in_size[d] + window.pad_end[d]) return false;
  return true;
}

/// Comparable value of T: signed for integers.
template <typename T>
auto ordered(T value) noexcept {
  if constexpr (is_float<T>)
    return load(value);
  else
    return value;
}

template <typename T>
T lowest() noexcept {
  if constexpr (is_float<T>)
    return store<T>(-std::numeric_limits<double>::infinity());
  else
    return std::numeric_limits<T>::lowest();
}

}  // namespace

template <typename T>
void max_pool(const MaxPoolArgs<T>& args, base::Range pixels) noexcept {
  const PoolArgs<T>& pool = args.pool;
  const Size3& size = pool.in_size;
  for (std::int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
    const Pixel where = locate(pool, pixel);
    for (std::int64_t c = 0; c < pool.channels; ++c) {
      T best = lowest<T>();
      std::int64_t best_at = -1;
      for_each_tap(pool, where.out, [&](const Size3& at, bool is_inside) {
        if (!is_inside) return;
        const T value = input_pixel(pool, where.image, at)[c];
        if (best_at >= 0 && !(ordered(value) > ordered(best))) return;
        best = value;
        best_at = args.column_major ? at[0] + size[0] * (at[1] + size[1] * at[2]) : flatten(at, size);
      });
      pool.output[pixel * pool.channels + c] = best;
      if (args.indices == nullptr) continue;
      const std::int64_t plane = where.image * pool.channels + c;
      args.indices[plane * volume(pool.out_size) + where.index] = best_at < 0 ? -1 : plane * volume(size) + best_at;
    }
  }
}

template <typename T>
void average_pool(const AveragePoolArgs<T>& args, base::Range pixels) noexcept {
  const PoolArgs<T>& pool = args.pool;
  for (std::int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
    const Pixel where = locate(pool, pixel);
    for (std::int64_t c = 0; c < pool.channels; ++c) {
      double sum = 0.0;
      std::int64_t count = 0;
      for_each_tap(pool, where.out, [&](const Size3& at, bool is_inside) {
        if (is_inside) sum += load(input_pixel(pool, where.image, at)[c]);
        count += args.count_include_pad ? inside_padding(at, pool.window, pool.in_size) : is_inside;
      });
      pool.output[pixel * pool.channels + c] = store<T>(count == 0 ? 0.0 : sum / static_cast<double>(count));
    }
  }
}

template <typename T>
void lp_pool(const LpPoolArgs<T>& args, base::Range pixels) noexcept {
  const PoolArgs<T>& pool = args.pool;
  for (std::int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
    const Pixel where = locate(pool, pixel);
    for (std::int64_t c = 0; c < pool.channels; ++c) {
      double sum = 0.0;
      for_each_tap(pool, where.out, [&](const Size3& at, bool is_inside) {
        if (is_inside) sum += std::pow(std::fabs(load(input_pixel(pool, where.image, at)[c])), args.p);
      });
      pool.output[pixel * pool.channels + c] = store<T>(std::pow(sum, 1.0 / args.p));
    }
  }
}

template void max_pool(const MaxPoolArgs<float>&, base::Range) noexcept;
template void max_pool(const MaxPoolArgs<double>&, base::Range) noexcept;
template void max_pool(const MaxPoolArgs<Float16>&, base::Range) noexcept;
template void max_pool(const MaxPoolArgs<BFloat16>&, base::Range) noexcept;
template void max_pool(const MaxPoolArgs<std::int8_t>&, base::Range) noexcept;
template void max_pool(const MaxPoolArgs<std::uint8_t>&, base::Range) noexcept;
template void average_pool(const AveragePoolArgs<float>&, base::Range) noexcept;
template void average_pool(const AveragePoolArgs<double>&, base::Range) noexcept;
template void average_pool(const AveragePoolArgs<Float16>&, base::Range) noexcept;
template void average_pool(const AveragePoolArgs<BFloat16>&, base::Range) noexcept;
template void lp_pool(const LpPoolArgs<float>&, base::Range) noexcept;
template void lp_pool(const LpPoolArgs<double>&, base::Range) noexcept;
template void lp_pool(const LpPoolArgs<Float16>&, base::Range) noexcept;
template void lp_pool(const LpPoolArgs<BFloat16>&, base::Range) noexcept;

}  // namespace dnntune::kernels::reference
