// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/grid_sample.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dnntune::kernels::reference {
namespace {

/// Far outside any image, and still exact as an integer.
constexpr double kFarAway = 1e15;

/// The taps along one dimension: indices, -1 for what reads as zero, and weights.
struct Taps {
  int count = 0;
  std::array<std::int64_t, 4> index{};
  std::array<double, 4> weight{};
};

/// `at` mirrored into [low, high].
double reflect(double at, double low, double high) noexcept {
  const double span = high - low;
  if (!(span > 0.0)) return low;
  const double turns = std::fmod(std::abs(at - low), 2.0 * span);
  return low + (turns > span ? 2.0 * span - turns : turns);
}

struct Axis {
  std::int64_t size;
  GridPadding padding;
  bool align_corners;

  double pixel_of(double coordinate) const noexcept {
    const auto length = static_cast<double>(size);
    const double at = align_corners ? (coordinate + 1.0) * 0.5 * (length - 1.0) : ((coordinate + 1.0) * length - 1.0) * 0.5;
    return std::isnan(at) ? -kFarAway : std::clamp(at, -kFarAway, kFarAway);
  }

  double inside(double at) const noexcept {
    const auto last = static_cast<double>(size - 1);
    if (padding == GridPadding::zeros) return at;
    if (padding == GridPadding::reflection) at = align_corners ? reflect(at, 0.0, last) : reflect(at, -0.5, last + 0.5);
    return std::clamp(at, 0.0, last);
  }

  std::int64_t index_of(double at) const noexcept {
    at = inside(at);
    return at < 0.0 || at > static_cast<double>(size - 1) ? -1 : static_cast<std::int64_t>(at);
  }

  Taps taps(double coordinate, GridMode mode) const noexcept {
    // Cubic weights belong to the place itself; only the pixels that they weigh are mirrored or clamped.
    const double at = mode == GridMode::cubic ? pixel_of(coordinate) : inside(pixel_of(coordinate));
    const double low = std::floor(at), t = at - low;
    switch (mode) {
      case GridMode::nearest: return {1, {index_of(std::nearbyint(at))}, {1.0}};
      case GridMode::linear: return {2, {index_of(low), index_of(low + 1.0)}, {1.0 - t, t}};
      default: break;
    }
    // Keys' kernel with a = -0.75.
    constexpr double a = -0.75;
    const auto near = [](double x) { return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0; };
    const auto far = [](double x) { return ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a; };
    return {4,
            {index_of(low - 1.0), index_of(low), index_of(low + 1.0), index_of(low + 2.0)},
            {far(t + 1.0), near(t), near(1.0 - t), far(2.0 - t)}};
  }
};

void grid_sample(const GridSampleArgs& args, ElementTypes types, base::Range pixels) noexcept {
  const Reals input{types.type, args.input}, grid{types.type, args.grid};
  const auto axis = [&](std::int64_t size) { return Axis{size, args.padding, args.align_corners}; };
  const Axis x_axis = axis(args.in_width), y_axis = axis(args.in_height), z_axis = axis(args.in_depth);
  for (std::int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
    const std::int64_t at = args.dimensions * pixel;
    const Taps across = x_axis.taps(grid[at], args.mode), down = y_axis.taps(grid[at + 1], args.mode);
    const Taps deep = args.dimensions == 3 ? z_axis.taps(grid[at + 2], args.mode) : Taps{1, {0}, {1.0}};
    const std::int64_t image = pixel / args.out_pixels * args.in_depth * args.in_height * args.in_width * args.channels;
    for (std::int64_t channel = 0; channel < args.channels; ++channel) {
      double sum = 0.0;
      for (std::size_t k = 0; k < static_cast<std::size_t>(deep.count); ++k)
        for (std::size_t i = 0; i < static_cast<std::size_t>(down.count); ++i)
          for (std::size_t j = 0; j < static_cast<std::size_t>(across.count); ++j) {
            if (deep.index[k] < 0 || down.index[i] < 0 || across.index[j] < 0) continue;
            const std::int64_t place = (deep.index[k] * args.in_height + down.index[i]) * args.in_width + across.index[j];
            sum += deep.weight[k] * down.weight[i] * across.weight[j] * input[image + place * args.channels + channel];
          }
      write_one(types.type, sum, args.output, pixel * args.channels + channel);
    }
  }
}

}  // namespace

GridSampleKernel grid_sample_kernel(DataType type) noexcept { return is_real(type) ? GridSampleKernel(grid_sample, {type}) : nullptr; }

}  // namespace dnntune::kernels::reference
