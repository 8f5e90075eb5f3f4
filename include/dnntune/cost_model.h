// SPDX-License-Identifier: Apache-2.0
// CostModel: predicts a profile without running the network.
#pragma once

#include <string>

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

/// Latency of a layer = max(flops / (efficiency x peak), bytes / bandwidth) + launch. The efficiency of
/// each kernel class is fitted by least squares to profiles of the same processor, and the spread of
/// the residuals becomes the interval. Without profiles efficiency is 0.5 with a wide interval.
class DNNTUNE_API CostModel {
 public:
  explicit CostModel(Roofline roofline);
  /// Learns from a measured profile of the processor the roofline describes. Throws invalid_argument
  /// when `measured` has no layers.
  void fit(const Profile& measured);
  /// A predicted profile for `graph`; never skips a layer.
  Profile predict(const Graph& graph, const Processor& processor) const;

 private:
  struct ClassFit {
    double efficiency = 0.5;
    double relative_spread = 0.5;
    int samples = 0;
  };
  Roofline roofline_;
  ClassFit dense_;      ///< Convolution, matrix product, recurrent: compute-bound.
  ClassFit streaming_;  ///< Everything else: moves bytes.
};

}  // namespace dnntune
