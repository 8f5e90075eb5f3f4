// SPDX-License-Identifier: Apache-2.0
#include "cost/features.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dnntune::cost {
namespace {

/// Kernels compute channels in groups of as many as a vector has lanes: 16 covers AVX-512, and wider tiles of others.
constexpr double kLanes = 16.0;
/// Log of threads counts this much, so that one and two threads may differ in more than a factor.
constexpr double kThreadWeight = 2.0;

double log_of(std::int64_t value) { return std::log(std::max(1.0, static_cast<double>(value))); }

/// Side of the output tiles that Winograd's method computes at most.
constexpr double kTile = 4.0;

/// Log of how much larger a whole number of groups is.
double padding_of(std::int64_t size, double group) {
  const double s = std::max(1.0, static_cast<double>(size));
  return std::log(std::ceil(s / group) * group / s);
}

}  // namespace

std::vector<double> features_of(const LayerShape& s, int threads, double prior) {
  const std::int64_t moved = s.input_bytes + s.output_bytes + s.weight_bytes;
  return {std::log(prior),
          log_of(s.macs),
          log_of(s.rows),
          log_of(s.width),
          log_of(s.in_channels),
          log_of(s.out_channels),
          log_of(s.groups),
          log_of(s.taps),
          log_of(s.stride),
          log_of(s.steps),
          log_of(moved),
          log_of(s.weight_bytes),
          log_of(s.input_bytes) - log_of(s.output_bytes),
          4.0 * padding_of(s.in_channels, kLanes),
          4.0 * padding_of(s.out_channels, kLanes),
          4.0 * (padding_of(s.width, kTile) + padding_of(s.rows / std::max<std::int64_t>(s.width, 1), kTile)),
          std::log1p(s.activation_ops),
          s.in_place ? 1.0 : 0.0,
          log_of(s.line),
          s.chained_input ? 1.0 : 0.0,
          s.chained_output ? 1.0 : 0.0,
          kThreadWeight * std::log(static_cast<double>(threads))};
}

double kernel_distance(const std::vector<double>& a, const std::vector<double>& b) {
  // Places in features_of. A window or a stride of another size is another question.
  struct Weighted {
    std::size_t at;
    double weight;
  };
  constexpr std::array<Weighted, 7> kDecisive = {{{2, 1.0}, {3, 1.0}, {4, 1.0}, {5, 1.0}, {6, 2.0}, {7, 4.0}, {8, 4.0}}};  // rows to stride
  double sum = 0.0;
  for (const auto& [at, weight] : kDecisive) sum += std::pow(weight * (a[at] - b[at]), 2);
  return sum;
}

}  // namespace dnntune::cost
