// SPDX-License-Identifier: Apache-2.0
// Factors of the terms that a kind's time is made of, from measured layers.
#pragma once

#include <vector>

#include "cost/terms.h"

namespace dnntune::cost {

/// One measured layer.
struct Timed {
  Terms terms{};
  double ns = 0.0;
};

/// Positive, one a term: those that minimise the squares of relative errors, errors beyond a tenth counting less and less, and
/// a pull of all towards one common factor, so that terms that tell nothing apart, or that are in no layer, have that.
/// `common`: that factor; its logarithm is the median of the layers' over their prior.
Terms factors_of(const std::vector<Timed>& layers, double common);

}  // namespace dnntune::cost
