// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/roi_align.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dnntune::kernels::reference {
namespace {

/// Samples along each side of a pixel of a damaged or hostile region are no more than this.
constexpr double kMostSamples = 1024.0;

/// The two pixels beside a place along one dimension, and their weights; all 0 outside the image.
struct BinTaps {
  std::array<std::int64_t, 2> index{};
  std::array<double, 2> weight{};
};

BinTaps taps_at(double at, std::int64_t size) noexcept {
  if (!(at >= -1.0) || at > static_cast<double>(size)) return {};
  at = std::max(at, 0.0);
  const auto low = std::min(static_cast<std::int64_t>(at), size - 1);
  const std::int64_t high = std::min(low + 1, size - 1);
  const double t = low == size - 1 ? 0.0 : at - static_cast<double>(low);
  return {{low, high}, {1.0 - t, t}};
}

/// One side of a region: where it starts, how much of it an output pixel covers, samples in that.
struct Side {
  double start, step;
  std::int64_t samples;
  double at(std::int64_t pixel, std::int64_t sample) const noexcept {
    return start + step * (static_cast<double>(pixel) + (static_cast<double>(sample) + 0.5) / static_cast<double>(samples));
  }
};

Side side_of(const RoiAlignArgs& args, double from, double to, std::int64_t pixels) noexcept {
  const double offset = args.half_pixel ? 0.5 : 0.0, start = from * args.scale - offset;
  double length = to * args.scale - offset - start;
  if (!args.half_pixel) length = std::max(length, 1.0);
  const double step = length / static_cast<double>(pixels);
  // A region of no size, as detectors fill up their lists with, has no samples.
  const double covered = std::isnan(step) ? 0.0 : std::clamp(std::ceil(step), 0.0, kMostSamples);
  return {start, step, args.samples > 0 ? args.samples : static_cast<std::int64_t>(covered)};
}

void roi_align(const RoiAlignArgs& args, ElementTypes types, base::Range pixels) noexcept {
  const Reals input{types.type, args.input}, box{types.type, args.regions};
  for (std::int64_t pixel = pixels.begin; pixel < pixels.end; ++pixel) {
    const std::int64_t column = pixel % args.out_width, row = pixel / args.out_width % args.out_height;
    const std::int64_t region = pixel / (args.out_width * args.out_height);
    const Side across = side_of(args, box[4 * region], box[4 * region + 2], args.out_width);
    const Side down = side_of(args, box[4 * region + 1], box[4 * region + 3], args.out_height);
    const std::int64_t image = args.batch_index[region] * args.in_height * args.in_width * args.channels;
    for (std::int64_t channel = 0; channel < args.channels; ++channel) {
      double sum = 0.0, largest = 0.0;
      for (std::int64_t y = 0; y < down.samples; ++y)
        for (std::int64_t x = 0; x < across.samples; ++x) {
          const BinTaps rows = taps_at(down.at(row, y), args.in_height), columns = taps_at(across.at(column, x), args.in_width);
          double value = 0.0, best = -INFINITY;
          for (std::size_t i = 0; i < 2; ++i)
            for (std::size_t j = 0; j < 2; ++j) {
              const double part = rows.weight[i] * columns.weight[j] *
                                  input[image + (rows.index[i] * args.in_width + columns.index[j]) * args.channels + channel];
              value += part;
              best = std::max(best, part);
            }
          sum += value;
          largest = x + y == 0 ? best : std::max(largest, best);
        }
      const double mean = sum / static_cast<double>(std::max<std::int64_t>(1, down.samples * across.samples));
      write_one(types.type, args.maximum ? largest : mean, args.output, pixel * args.channels + channel);
    }
  }
}

}  // namespace

RoiAlignKernel roi_align_kernel(DataType type) noexcept { return is_real(type) ? RoiAlignKernel(roi_align, {type}) : nullptr; }

}  // namespace dnntune::kernels::reference
