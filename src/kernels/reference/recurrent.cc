// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/recurrent.h"

#include <cmath>

#include "kernels/activation.h"

namespace dnntune::kernels::reference {

double apply(const RecurrentActivation& activation, double x) noexcept {
  const double alpha = activation.alpha;
  const double beta = activation.beta;
  switch (activation.function) {
    case RecurrentFunction::affine: return alpha * x + beta;
    case RecurrentFunction::elu: return x < 0.0 ? alpha * std::expm1(x) : x;
    case RecurrentFunction::hard_sigmoid:
      return apply(Activation{Activation::Kind::hard_sigmoid, static_cast<float>(alpha), static_cast<float>(beta)}, x);
    case RecurrentFunction::leaky_relu: return x < 0.0 ? alpha * x : x;
    case RecurrentFunction::relu: return x < 0.0 ? 0.0 : x;
    case RecurrentFunction::scaled_tanh: return alpha * std::tanh(beta * x);
    case RecurrentFunction::sigmoid: return 1.0 / (1.0 + std::exp(-x));
    case RecurrentFunction::softplus: return x > 0.0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
    case RecurrentFunction::softsign: return x / (1.0 + std::fabs(x));
    case RecurrentFunction::tanh: return std::tanh(x);
    case RecurrentFunction::thresholded_relu: return x < alpha ? 0.0 : x;
  }
  return x;
}

}  // namespace dnntune::kernels::reference
