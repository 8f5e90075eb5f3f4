// SPDX-License-Identifier: Apache-2.0
// What is compared: ways to predict networks from measured ones.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data.h"

namespace dnntune::bench {

/// Times of one network. Standard deviations are 0 where the method has none.
struct Predicted {
  double run_ns = 0.0, run_spread_ns = 0.0;
  std::vector<double> layer_ns, layer_spread_ns;  ///< By layer of the shape.
};

class Predictor {
 public:
  virtual ~Predictor() = default;
  virtual std::string name() const = 0;
  virtual void learn(const Data& data) = 0;
  virtual Predicted predict(const NetworkShape& network, int threads) const = 0;
};

std::unique_ptr<Predictor> make_ours();
/// Kang et al., ASPLOS 2017: for each type of layer a regression on its configuration, linear or logarithmic, whichever
/// fits better; the network is the sum of layers.
std::unique_ptr<Predictor> make_neurosurgeon();
/// Zhang et al., MobiSys 2021: for each kind of fused kernel a random forest on its configuration, FLOPs and parameters;
/// the network is the sum of kernels.
std::unique_ptr<Predictor> make_forests();

/// Times of a measured layer without conversions that belong to others: what per-layer methods learn from.
/// Shorter layers are not counted.
inline constexpr double kShortestLayerNs = 20e3;

double measured_layer_ns(const MeasuredNetwork& network, std::size_t layer);

}  // namespace dnntune::bench
