// SPDX-License-Identifier: Apache-2.0
// What physics says of a layer, and the features by which the learned part differs from it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "dnntune/cost_model.h"
#include "dnntune/layer_shape.h"

namespace dnntune::cost {

/// Convolutions, matrix products and recurrences: what multiplies.
bool is_dense(std::string_view kind) noexcept;

/// Bytes of all weights of a network: between two runs, a cache that holds fewer has lost each layer's.
std::int64_t weight_bytes_of(const NetworkShape& network);

/// What a layer takes by the roofline. Arithmetic and memory overlap: prior_ns has less than their sum.
struct Parts {
  double dispatch_ns = 0.0;  ///< Launching it, and waking threads.
  double compute_ns = 0.0;
  double memory_ns = 0.0;
};
/// `all_weights`: of the layer's network, see weight_bytes_of.
Parts prior_parts(const Roofline& roofline, const LayerShape& layer, int threads, std::int64_t all_weights);
/// Of bringing a layer's inputs into another order.
Parts conversion_parts(const Roofline& roofline, std::int64_t bytes, int threads);

/// Nanoseconds by the roofline, before anything is learned.
double prior_ns(const Roofline& roofline, const LayerShape& layer, int threads, std::int64_t all_weights);
double conversion_prior_ns(const Roofline& roofline, std::int64_t bytes, int threads);

/// Logarithms of sizes, in the units of which lengths of a Gaussian process are given.
std::vector<double> features_of(const LayerShape& layer, int threads, double prior_ns, std::int64_t all_weights);

/// How unlike two layers are, by such features, in what kernels are chosen by: channels, pixels, window.
double kernel_distance(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace dnntune::cost
