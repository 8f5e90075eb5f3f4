// SPDX-License-Identifier: Apache-2.0
#include "kernels/activation.h"

#include <cmath>

namespace dnntune::kernels::reference {
namespace {

// Comparisons are written so that a NaN stays a NaN.
double clip(double x, double low, double high) noexcept {
  const double raised = x < low ? low : x;
  return raised > high ? high : raised;
}

}  // namespace

double apply(const Activation& activation, double x) noexcept {
  using Kind = Activation::Kind;
  const double alpha = activation.alpha;
  const double beta = activation.beta;
  switch (activation.kind) {
    case Kind::none: return x;
    case Kind::relu: return x < 0.0 ? 0.0 : x;
    case Kind::clip: return clip(x, alpha, beta);
    case Kind::leaky_relu: return x < 0.0 ? alpha * x : x;
    case Kind::sigmoid: return 1.0 / (1.0 + std::exp(-x));
    case Kind::tanh: return std::tanh(x);
    case Kind::hard_sigmoid: return clip(alpha * x + beta, 0.0, 1.0);
    case Kind::hard_swish: return x * clip(x / 6.0 + 0.5, 0.0, 1.0);
  }
  return x;
}

}  // namespace dnntune::kernels::reference
