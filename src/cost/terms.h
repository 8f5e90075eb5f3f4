// SPDX-License-Identifier: Apache-2.0
// What a layer's time is made of: amounts of work over the rates of the roofline. Their sum is what is expected before anything is
// learned; then each kind learns a factor for each of them (factors.h).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "dnntune/cost_model.h"
#include "dnntune/layer_shape.h"

namespace dnntune::cost {

/// Places in Terms.
enum Term : std::size_t {
  kDispatch,       ///< Launching the layer, and waking threads.
  kNearValues,     ///< Inputs and outputs, as far as a core's own caches hold them.
  kFarValues,      ///< The rest, at the bandwidth of the working set.
  kNearWeights,
  kFarWeights,     ///< A cache that holds less than the footprint has lost them since the last run.
  kFarOutputs,     ///< The output's memory, which had something else before.
  kWeightsAgain,   ///< A recurrence reads them at every step.
  kActivation,     ///< A fused one that takes time.
  kArithmetic,     ///< Multiply-adds or operations, with what vectors and tiles compute in vain.
  kInputWork,      ///< In proportion to inputs: Winograd's transform, gathering windows.
  kOutputWork,     ///< In proportion to outputs: transform back, storing sums; of a recurrence, products with the state.
  kEdgeWork,       ///< In proportion to rows: edges of images and tiles, sums over lines; of a recurrence, its gates.
  kTermCount
};
/// Nanoseconds.
using Terms = std::array<double, kTermCount>;

/// Multiply-adds, not plain arithmetic: convolutions, matrix products and recurrences.
bool is_dense(std::string_view kind) noexcept;

/// What a run of the network touches: all weights, and the memory of activations; and how long it takes, by order of magnitude.
struct Footprint {
  double weight_bytes = 0.0, activation_bytes = 0.0, run_ns = 0.0;
  double bytes() const noexcept { return weight_bytes + activation_bytes; }
};
Footprint footprint_of(const NetworkShape& network);

/// Of reading a working set of so many bytes again and again, by one thread.
double bytes_per_s(const Roofline& roofline, double working_set);

/// `kernel`: as LayerProfile::kernel names it, "" where it is not known. `footprint`: of the layer's network.
Terms terms_of(const Roofline& roofline, const LayerShape& layer, std::string_view kernel, int threads, const Footprint& footprint);
/// Of bringing a layer's inputs into another order.
Terms conversion_terms(const Roofline& roofline, std::int64_t bytes, int threads);

double sum_of(const Terms& terms) noexcept;

}  // namespace dnntune::cost
