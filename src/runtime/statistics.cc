// SPDX-License-Identifier: Apache-2.0
#include "runtime/statistics.h"

#include <algorithm>
#include <cmath>

namespace dnntune::runtime {

double median(std::vector<double> values) {
  if (values.empty()) return 0.0;
  const std::size_t half = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(half), values.end());
  const double upper = values[half];
  if (values.size() % 2 == 1) return upper;
  return (upper + *std::max_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(half))) / 2.0;
}

double median_absolute_deviation(const std::vector<double>& values, double centre) {
  std::vector<double> distances;
  distances.reserve(values.size());
  for (const double value : values) distances.push_back(std::abs(value - centre));
  return median(std::move(distances));
}

Cost measured_cost(const std::vector<double>& samples) {
  const double centre = median(samples);
  return {centre, median_absolute_deviation(samples, centre), Provenance::measured};
}

double relative_error_of_median(const std::vector<double>& samples) {
  const Cost cost = measured_cost(samples);
  if (cost.value <= 0.0) return 0.0;
  // sigma = 1.4826 MAD and the median's standard error is sqrt(pi / 2) sigma / sqrt(n), for a normal distribution.
  return 1.2533 * 1.4826 * cost.spread / (cost.value * std::sqrt(static_cast<double>(samples.size())));
}

}  // namespace dnntune::runtime
