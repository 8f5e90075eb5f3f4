// SPDX-License-Identifier: Apache-2.0
// Robust summaries of timed samples.
#pragma once

#include <vector>

#include "dnntune/profile.h"

namespace dnntune::runtime {

/// 0 for no values.
double median(std::vector<double> values);
/// Median of the distances from `centre`.
double median_absolute_deviation(const std::vector<double>& values, double centre);
/// Both, as a measured cost.
Cost measured_cost(const std::vector<double>& samples);
/// Standard error of the median relative to the median, were the samples normal around it. Noise of a
/// shared machine has heavier tails, so this only guides how long to sample.
double relative_error_of_median(const std::vector<double>& samples);

}  // namespace dnntune::runtime
