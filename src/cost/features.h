// SPDX-License-Identifier: Apache-2.0
// The features by which layers of one kind differ from what their terms say.
#pragma once

#include <vector>

#include "dnntune/layer_shape.h"

namespace dnntune::cost {

/// Logarithms of sizes, in the units of which lengths of a Gaussian process are given. Sizes of the network are not among them:
/// networks of calibration are shorter than those to predict, and a process would take one for the other. They are in the terms.
std::vector<double> features_of(const LayerShape& layer, int threads, double prior_ns);

/// How unlike two layers are, by such features, in what kernels are chosen by: channels, pixels, window.
double kernel_distance(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace dnntune::cost
