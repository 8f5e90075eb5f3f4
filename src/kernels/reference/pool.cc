// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/pool.h"

#include <cmath>
#include <limits>

namespace dnntune::kernels::reference {
namespace {

struct Pixel {
  std::int64_t image;
  std::int64_t index;  ///< Within the image.
  Size3 out;
};

Pixel locate(const PoolArgs& pool, std::int64_t pixel) noexcept {
  const std::int64_t per_image = volume(pool.out_size);
  return {pixel / per_image, pixel % per_image, unflatten(pixel % per_image, pool.out_size)};
}

double input_value(const PoolArgs& pool, DataType type, std::int64_t image, const Size3& at, std::int64_t channel) noexcept {
  return read_one<double>(type, pool.input, (image * volume(pool.in_size) + flatten(at, pool.in_size)) * pool.channels + channel);
}

/// Calls visit(position, inside the input) for every tap of the window.
template <typename Visit>
void for_each_tap(const PoolArgs& pool, const Size3& out, Visit visit) noexcept {
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

void max_pool(const MaxPoolArgs& args, ElementTypes types, base::Range pixels) noexcept {
  const PoolArgs& pool = args.pool;
  const Size3& size = pool.in_size;
  for (std::int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
    const Pixel where = locate(pool, pixel);
    for (std::int64_t c = 0; c < pool.channels; ++c) {
      double best = -std::numeric_limits<double>::infinity();  // an integer type's lowest value when it is stored
      std::int64_t best_at = -1;
      for_each_tap(pool, where.out, [&](const Size3& at, bool is_inside) {
        if (!is_inside) return;
        const double value = input_value(pool, types.type, where.image, at, c);
        if (best_at >= 0 && !(value > best)) return;
        best = value;
        best_at = args.column_major ? at[0] + size[0] * (at[1] + size[1] * at[2]) : flatten(at, size);
      });
      write_one(types.type, best, pool.output, pixel * pool.channels + c);
      if (args.indices == nullptr) continue;
      const std::int64_t plane = where.image * pool.channels + c;
      args.indices[plane * volume(pool.out_size) + where.index] = best_at < 0 ? -1 : plane * volume(size) + best_at;
    }
  }
}

void average_pool(const AveragePoolArgs& args, ElementTypes types, base::Range pixels) noexcept {
  const PoolArgs& pool = args.pool;
  for (std::int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
    const Pixel where = locate(pool, pixel);
    for (std::int64_t c = 0; c < pool.channels; ++c) {
      double sum = 0.0;
      std::int64_t count = 0;
      for_each_tap(pool, where.out, [&](const Size3& at, bool is_inside) {
        if (is_inside) sum += input_value(pool, types.type, where.image, at, c);
        count += args.count_include_pad ? inside_padding(at, pool.window, pool.in_size) : is_inside;
      });
      write_one(types.type, count == 0 ? 0.0 : sum / static_cast<double>(count), pool.output, pixel * pool.channels + c);
    }
  }
}

void lp_pool(const LpPoolArgs& args, ElementTypes types, base::Range pixels) noexcept {
  const PoolArgs& pool = args.pool;
  for (std::int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
    const Pixel where = locate(pool, pixel);
    for (std::int64_t c = 0; c < pool.channels; ++c) {
      double sum = 0.0;
      for_each_tap(pool, where.out, [&](const Size3& at, bool is_inside) {
        if (is_inside) sum += std::pow(std::fabs(input_value(pool, types.type, where.image, at, c)), args.p);
      });
      write_one(types.type, std::pow(sum, 1.0 / args.p), pool.output, pixel * pool.channels + c);
    }
  }
}

}  // namespace

MaxPoolKernel max_pool_kernel(DataType type) noexcept {
  return is_real(type) || type == DataType::int8 || type == DataType::uint8 ? MaxPoolKernel(max_pool, {type}) : nullptr;
}

AveragePoolKernel average_pool_kernel(DataType type) noexcept { return is_real(type) ? AveragePoolKernel(average_pool, {type}) : nullptr; }

LpPoolKernel lp_pool_kernel(DataType type) noexcept { return is_real(type) ? LpPoolKernel(lp_pool, {type}) : nullptr; }

}  // namespace dnntune::kernels::reference
