// SPDX-License-Identifier: Apache-2.0
#include "live/judge.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dnntune::live {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2.0;
}

double spread(const std::vector<double>& values) {
  const double middle = median(values);
  std::vector<double> distances;
  for (const double value : values) distances.push_back(std::abs(value - middle));
  return median(std::move(distances));
}

double quantile(std::vector<double> values, double p) {
  std::sort(values.begin(), values.end());
  const double rank = std::ceil(p * static_cast<double>(values.size()));
  return values[static_cast<std::size_t>(std::clamp(rank, 1.0, static_cast<double>(values.size()))) - 1];
}

std::vector<std::size_t> contenders(const std::vector<double>& times, std::size_t chosen, double margin, std::size_t most) {
  std::vector<std::size_t> order(times.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return times[a] < times[b]; });
  const double limit = times[order.front()] * (1.0 + margin);
  std::vector<std::size_t> picked = {chosen};
  for (std::size_t i = 0; i < std::min(most, order.size()) && times[order[i]] <= limit; ++i)
    if (order[i] != chosen) picked.push_back(order[i]);
  return picked;
}

std::vector<double> relative_errors(const std::vector<double>& predicted, const std::vector<double>& measured) {
  std::vector<double> errors;
  for (std::size_t i = 0; i < measured.size(); ++i) errors.push_back(std::abs(predicted[i] - measured[i]) / measured[i]);
  return errors;
}

}  // namespace dnntune::live
