// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/signal.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dnntune::kernels::reference {

void dft_twiddles(std::int64_t length, double* twiddles) noexcept {
  for (std::int64_t i = 0; i < length; ++i) {
    const double angle = 2.0 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(length);
    twiddles[2 * i] = std::cos(angle);
    twiddles[2 * i + 1] = std::sin(angle);
  }
}

template <typename T>
void dft(const DftArgs<T>& args, base::Range bins) noexcept {
  const double sign = args.inverse ? 1.0 : -1.0, scale = args.inverse ? 1.0 / static_cast<double>(args.length) : 1.0;
  for (std::int64_t bin = bins.begin; bin < bins.end; ++bin) {
    double real = 0.0, imaginary = 0.0;
    for (std::int64_t i = 0, turn = 0; i < args.samples; ++i, turn = (turn + bin) % args.length) {
      const T* const sample = args.input + i * args.in_stride;
      const double weight = args.window == nullptr ? 1.0 : static_cast<double>(args.window[i]);
      const double re = weight * static_cast<double>(sample[0]), im = args.components == 2 ? weight * static_cast<double>(sample[1]) : 0.0;
      const double cosine = args.twiddles[2 * turn], sine = sign * args.twiddles[2 * turn + 1];
      real += re * cosine - im * sine;
      imaginary += re * sine + im * cosine;
    }
    args.output[bin * args.out_stride] = static_cast<T>(scale * real);
    args.output[bin * args.out_stride + 1] = static_cast<T>(scale * imaginary);
  }
}

double window_value(const WindowShape& shape, std::int64_t i, std::int64_t size, bool periodic) noexcept {
  const double steps = static_cast<double>(periodic ? size : std::max<std::int64_t>(size - 1, 1));
  const double angle = 2.0 * std::numbers::pi * static_cast<double>(i) / steps;
  return shape.c0 - shape.c1 * std::cos(angle) + shape.c2 * std::cos(2.0 * angle);
}

template <typename T>
void mel_weights(std::int64_t mel_bins, std::int64_t length, std::int64_t sample_rate, double lower_hertz, double upper_hertz, T* weights) noexcept {
  const std::int64_t bins = length / 2 + 1;
  const auto mel = [](double hertz) { return 2595.0 * std::log10(1.0 + hertz / 700.0); };
  const double low = mel(lower_hertz), step = (mel(upper_hertz) - low) / static_cast<double>(mel_bins + 2);
  // Edge k of the filters, as a bin of the transform; rounded down, as ONNX's definition has it.
  const auto edge = [&](std::int64_t k) {
    const double hertz = 700.0 * (std::pow(10.0, (low + static_cast<double>(k) * step) / 2595.0) - 1.0);
    const double bin = std::floor(static_cast<double>(length + 1) * hertz / static_cast<double>(sample_rate));
    return std::isnan(bin) ? std::int64_t{0} : static_cast<std::int64_t>(std::clamp(bin, 0.0, static_cast<double>(bins)));
  };
  std::fill_n(weights, bins * mel_bins, T{0});
  for (std::int64_t filter = 0; filter < mel_bins; ++filter) {
    const std::int64_t left = edge(filter), centre = edge(filter + 1), right = edge(filter + 2);
    if (centre == left && centre < bins) weights[centre * mel_bins + filter] = T{1};
    for (std::int64_t bin = left; bin < std::min(centre + 1, bins) && centre > left; ++bin)
      weights[bin * mel_bins + filter] = static_cast<T>(static_cast<double>(bin - left) / static_cast<double>(centre - left));
    for (std::int64_t bin = centre; bin < std::min(right, bins) && right > centre; ++bin)
      weights[bin * mel_bins + filter] = static_cast<T>(static_cast<double>(right - bin) / static_cast<double>(right - centre));
  }
}

template void dft(const DftArgs<float>&, base::Range) noexcept;
template void dft(const DftArgs<double>&, base::Range) noexcept;
template void mel_weights(std::int64_t, std::int64_t, std::int64_t, double, double, float*) noexcept;
template void mel_weights(std::int64_t, std::int64_t, std::int64_t, double, double, double*) noexcept;

}  // namespace dnntune::kernels::reference
