// SPDX-License-Identifier: Apache-2.0
#include "cost/prior.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dnntune::cost {
namespace {

constexpr std::array<std::string_view, 8> kDenseKinds = {"conv", "product", "depthwise", "lstm", "gru", "rnn", "einsum", "matmul"};
/// Arithmetic other than multiply-adds reaches about this share of their rate.
constexpr double kOtherArithmetic = 0.25;
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

/// Bandwidth of a working set: that of the cache that holds it, gliding from one to the next between half and twice
/// its size, so that the prior has no steps.
double bytes_per_s(const Roofline& roofline, double working_set) {
  double slower = roofline.memory_bytes_per_s;
  for (auto cache = roofline.caches.rbegin(); cache != roofline.caches.rend(); ++cache) {
    const double size = static_cast<double>(cache->size_bytes);
    const double outside = std::clamp(0.5 + 0.5 * std::log2(std::max(working_set, 1.0) / size), 0.0, 1.0);
    slower = std::exp(outside * std::log(slower) + (1.0 - outside) * std::log(cache->bytes_per_s));
  }
  return slower;
}

double dispatch_ns(const Roofline& roofline, int threads) { return roofline.launch_ns + (threads > 1 ? roofline.wake_ns : 0.0); }

double together_ns(const Parts& parts) { return parts.dispatch_ns + std::hypot(parts.compute_ns, parts.memory_ns); }

}  // namespace

bool is_dense(std::string_view kind) noexcept {
  return std::any_of(kDenseKinds.begin(), kDenseKinds.end(), [kind](std::string_view dense) { return kind.starts_with(dense); });
}

std::int64_t weight_bytes_of(const NetworkShape& network) {
  std::int64_t bytes = 0;
  for (const LayerShape& layer : network.layers) bytes += layer.weight_bytes;
  return bytes;
}

Parts prior_parts(const Roofline& roofline, const LayerShape& layer, int threads, std::int64_t all_weights) {
  const double rate = roofline.peak_flops * (is_dense(layer.kind) ? 1.0 : kOtherArithmetic) * threads;
  const double weights = static_cast<double>(layer.weight_bytes);
  const double values = static_cast<double>(layer.input_bytes) + static_cast<double>(layer.output_bytes);
  const auto read_ns = [&](double bytes, double working_set) { return bytes / (bytes_per_s(roofline, working_set / threads) * threads) * 1e9; };
  const double compute_ns = static_cast<double>(layer.flops) / rate * 1e9;
  // Values were just written; weights were last read a run ago, and by a recurrence once more at every step.
  const double memory_ns = read_ns(values, values + weights) + read_ns(weights, std::max(static_cast<double>(all_weights), values + weights)) +
                           read_ns(weights * static_cast<double>(std::max<std::int64_t>(layer.steps, 1) - 1), values + weights);
  return {dispatch_ns(roofline, threads), compute_ns, memory_ns};
}

Parts conversion_parts(const Roofline& roofline, std::int64_t bytes, int threads) {
  const double moved = 2.0 * static_cast<double>(bytes);
  return {dispatch_ns(roofline, threads), 0.0, moved / (bytes_per_s(roofline, moved / threads) * threads) * 1e9};
}

double prior_ns(const Roofline& roofline, const LayerShape& layer, int threads, std::int64_t all_weights) {
  return together_ns(prior_parts(roofline, layer, threads, all_weights));
}

double conversion_prior_ns(const Roofline& roofline, std::int64_t bytes, int threads) { return together_ns(conversion_parts(roofline, bytes, threads)); }

std::vector<double> features_of(const LayerShape& s, int threads, double prior, std::int64_t all_weights) {
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
          log_of(all_weights),
          4.0 * padding_of(s.in_channels, kLanes),
          4.0 * padding_of(s.out_channels, kLanes),
          4.0 * (padding_of(s.width, kTile) + padding_of(s.rows / std::max<std::int64_t>(s.width, 1), kTile)),
          s.activation ? 1.0 : 0.0,
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
