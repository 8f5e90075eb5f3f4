// SPDX-License-Identifier: Apache-2.0
// CostModel: predicts a profile without running the network.
#pragma once

#include <vector>

#include "dnntune/device.h"
#include "dnntune/export.h"
#include "dnntune/graph.h"
#include "dnntune/profile.h"

namespace dnntune {

/// The figures of a processor that bound a layer's speed (roofline: Williams et al., CACM 2009).
struct Roofline {
  double peak_flops = 0.0;              ///< FP32 operations a second, all threads.
  double memory_bytes_per_s = 0.0;      ///< Streaming read bandwidth.
  double launch_ns = 500.0;             ///< Fixed cost of a layer.
};

/// Predicts the latency of a layer from its arithmetic and the bytes it moves (inputs, outputs, weights):
///   convolution, matrix product, recurrent:  max(flops / (e x peak), bytes / bandwidth) + launch
///   everything else:                         bytes / (e x bandwidth) + launch
/// The efficiency e of either class is fitted by least squares of the relative error to profiles of the
/// same processor; the root mean square of the class's relative errors, at least 5 %, becomes the spread.
/// Without profiles, or with fewer than two layers to learn from, both are 0.5. A plain value.
class DNNTUNE_API CostModel {
 public:
  /// Throws invalid_argument when a figure is not finite, a rate is not positive or launch_ns is negative.
  explicit CostModel(Roofline roofline);
  /// Learns from a measured profile of the processor the roofline describes, beside those given before.
  /// Throws invalid_argument when `measured` has no layers of known latency.
  void fit(const Profile& measured);
  /// A predicted profile for `graph`; never skips a layer. Energy is known when the processor's power is.
  Profile predict(const Graph& graph, const Processor& processor) const;

 private:
  /// A measured layer, without the launch cost.
  struct Sample {
    double flops = 0.0;
    double bytes = 0.0;
    double ns = 0.0;
  };
  struct ClassFit {
    double efficiency = 0.5;
    double relative_spread = 0.5;
    std::vector<Sample> samples;
  };
  double layer_ns(bool dense, double efficiency, double flops, double bytes) const noexcept;
  void refit(ClassFit& fit, bool dense) const;

  Roofline roofline_;
  ClassFit dense_;      ///< Convolution, matrix product, recurrent: compute-bound.
  ClassFit streaming_;  ///< Everything else: moves bytes.
};

}  // namespace dnntune
