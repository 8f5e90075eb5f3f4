// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/signal.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

namespace dnntune::kernels::reference {

void dft_twiddles(std::int64_t length, double* twiddles) noexcept {
  for (std::int64_t i = 0; i < length; ++i) {
    const double angle = 2.0 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(length);
    twiddles[2 * i] = std::cos(angle);
    twiddles[2 * i + 1] = std::sin(angle);
  }
}

namespace {

void dft(const DftArgs& args, ElementTypes types, base::Range bins) noexcept {
  const double sign = args.inverse ? 1.0 : -1.0, scale = args.inverse ? 1.0 / static_cast<double>(args.length) : 1.0;
  for (std::int64_t bin = bins.begin; bin < bins.end; ++bin) {
    double real = 0.0, imaginary = 0.0;
    std::int64_t turn = 0;
    for_blocks(args.samples, [&](std::int64_t first, std::int64_t count) {
      double res[kBlock], ims[kBlock], weights[kBlock];
      read(types.type, args.input, first * args.in_stride, args.in_stride, count, res);
      if (args.components == 2) read(types.type, args.input, first * args.in_stride + 1, args.in_stride, count, ims);
      if (args.window != nullptr) read(types.type, args.window, first, 1, count, weights);
      for (std::int64_t i = 0; i < count; ++i, turn = (turn + bin) % args.length) {
        const double weight = args.window == nullptr ? 1.0 : weights[i];
        const double re = weight * res[i], im = args.components == 2 ? weight * ims[i] : 0.0;
        const double cosine = args.twiddles[2 * turn], sine = sign * args.twiddles[2 * turn + 1];
        real += re * cosine - im * sine;
        imaginary += re * sine + im * cosine;
      }
    });
    write_one(types.type, scale * real, args.output, bin * args.out_stride);
    write_one(types.type, scale * imaginary, args.output, bin * args.out_stride + 1);
  }
}

}  // namespace

DftKernel dft_kernel(DataType type) noexcept {
  return type == DataType::float32 || type == DataType::float64 ? DftKernel(dft, {type}) : nullptr;
}

double window_value(const WindowShape& shape, std::int64_t i, std::int64_t size, bool periodic) noexcept {
  const double steps = static_cast<double>(periodic ? size : std::max<std::int64_t>(size - 1, 1));
  const double angle = 2.0 * std::numbers::pi * static_cast<double>(i) / steps;
  return shape.c0 - shape.c1 * std::cos(angle) + shape.c2 * std::cos(2.0 * angle);
}

void mel_weights(std::int64_t mel_bins, std::int64_t length, std::int64_t sample_rate, double lower_hertz, double upper_hertz, DataType type, void* weights) noexcept {
  const std::int64_t bins = length / 2 + 1;
  const auto mel = [](double hertz) { return 2595.0 * std::log10(1.0 + hertz / 700.0); };
  const double low = mel(lower_hertz), step = (mel(upper_hertz) - low) / static_cast<double>(mel_bins + 2);
  // Edge k of the filters, as a bin of the transform; rounded down, as ONNX's definition has it.
  const auto edge = [&](std::int64_t k) {
    const double hertz = 700.0 * (std::pow(10.0, (low + static_cast<double>(k) * step) / 2595.0) - 1.0);
    const double bin = std::floor(static_cast<double>(length + 1) * hertz / static_cast<double>(sample_rate));
    return std::isnan(bin) ? std::int64_t{0} : static_cast<std::int64_t>(std::clamp(bin, 0.0, static_cast<double>(bins)));
  };
  std::memset(weights, 0, static_cast<std::size_t>(bins * mel_bins) * size_of(type));
  for (std::int64_t filter = 0; filter < mel_bins; ++filter) {
    const std::int64_t left = edge(filter), centre = edge(filter + 1), right = edge(filter + 2);
    if (centre == left && centre < bins) write_one(type, 1.0, weights, centre * mel_bins + filter);
    for (std::int64_t bin = left; bin < std::min(centre + 1, bins) && centre > left; ++bin)
      write_one(type, static_cast<double>(bin - left) / static_cast<double>(centre - left), weights, bin * mel_bins + filter);
    for (std::int64_t bin = centre; bin < std::min(right, bins) && right > centre; ++bin)
      write_one(type, static_cast<double>(right - bin) / static_cast<double>(right - centre), weights, bin * mel_bins + filter);
  }
}

}  // namespace dnntune::kernels::reference
