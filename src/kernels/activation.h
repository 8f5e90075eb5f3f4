// SPDX-License-Identifier: Apache-2.0
// The activation that convolutions and matrix products apply to a result before they store it.
#pragma once

namespace dnntune::kernels {

struct Activation {
  enum class Kind { none, relu, clip, leaky_relu, sigmoid, tanh, hard_sigmoid, hard_swish };
  Kind kind = Kind::none;
  float alpha = 0.0f;  ///< clip: lower bound; leaky_relu: slope; hard_sigmoid: alpha
  float beta = 0.0f;   ///< clip: upper bound; hard_sigmoid: beta
};

namespace reference {
double apply(const Activation& activation, double x) noexcept;
}  // namespace reference

}  // namespace dnntune::kernels
