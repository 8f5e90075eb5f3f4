// SPDX-License-Identifier: Apache-2.0
// Fourier transforms by their definition, window functions, mel filters.
#pragma once

#include <cstdint>

#include "kernels/reference/elements.h"

namespace dnntune::kernels::reference {

/// Transforms of `length` samples (those past `samples` are 0) into `bins` complex numbers. `axis_stride`s
/// are in elements; the parts of a complex number lie beside each other.
struct DftArgs {
  const void* input = nullptr;
  const void* window = nullptr;        ///< [length], or null
  const double* twiddles = nullptr; ///< [length, 2]: cos and sin of 2 pi i / length
  void* output = nullptr;
  std::int64_t length = 1, samples = 1, bins = 1;
  std::int64_t components = 1;      ///< Of the input: 1 real, 2 complex
  std::int64_t in_stride = 1, out_stride = 2;
  bool inverse = false;             ///< Conjugate, and divided by `length`
};

/// Computes bins [bins.begin, bins.end) of one transform.
using DftKernel = Kernel<DftArgs>;
DftKernel dft_kernel(DataType type) noexcept;

/// Fills DftArgs::twiddles.
void dft_twiddles(std::int64_t length, double* twiddles) noexcept;

/// c0 - c1 cos(2 pi i / N) + c2 cos(4 pi i / N), N being `size` when periodic, else size - 1.
struct WindowShape {
  double c0, c1, c2;
};
inline constexpr WindowShape kHann{0.5, 0.5, 0.0};
/// As ONNX has it: 25/46 and 21/46.
inline constexpr WindowShape kHamming{25.0 / 46.0, 21.0 / 46.0, 0.0};
inline constexpr WindowShape kBlackman{0.42, 0.5, 0.08};
double window_value(const WindowShape& shape, std::int64_t i, std::int64_t size, bool periodic) noexcept;

/// Triangular filters, evenly spaced on the mel scale 2595 log10(1 + hertz / 700): weights
/// [spectrogram_bins, mel_bins] for the bins of a onesided transform of `length` samples.
void mel_weights(std::int64_t mel_bins, std::int64_t length, std::int64_t sample_rate, double lower_hertz, double upper_hertz, DataType type, void* weights) noexcept;

}  // namespace dnntune::kernels::reference
