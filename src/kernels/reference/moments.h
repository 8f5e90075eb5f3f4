// SPDX-License-Identifier: Apache-2.0
// Mean and variance for the normalisations, in two passes: the one-pass form cancels.
#pragma once

#include <cstdint>

namespace dnntune::kernels::reference {

struct Moments {
  double mean;
  double variance;  ///< Of the population: divided by `count`.
};

/// `value(i)` gives element i as double.
template <typename Value>
Moments moments(std::int64_t count, Value value) noexcept {
  double sum = 0.0;
  for (std::int64_t i = 0; i < count; ++i) sum += value(i);
  const double mean = sum / static_cast<double>(count);
  double squares = 0.0;
  for (std::int64_t i = 0; i < count; ++i) squares += (value(i) - mean) * (value(i) - mean);
  return {mean, squares / static_cast<double>(count)};
}

}  // namespace dnntune::kernels::reference
