// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/reference/recurrent_activations.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "backends/layer_helpers.h"

namespace dnntune::backends::cpu {
namespace {

using kernels::reference::RecurrentActivation;
using kernels::reference::RecurrentFunction;

/// Defaults are those of the operators of the same name. ONNX lists scaling values only for the
/// functions that take them.
struct ActivationRow {
  std::string_view name;
  RecurrentFunction function;
  bool takes_alpha, takes_beta;
  double alpha, beta;
};
constexpr ActivationRow kFunctions[] = {
    {"Affine", RecurrentFunction::affine, true, true, 1.0, 0.0},
    {"Elu", RecurrentFunction::elu, true, false, 1.0, 0.0},
    {"HardSigmoid", RecurrentFunction::hard_sigmoid, true, true, 0.2, 0.5},
    {"LeakyRelu", RecurrentFunction::leaky_relu, true, false, 0.01, 0.0},
    {"Relu", RecurrentFunction::relu, false, false, 0.0, 0.0},
    {"ScaledTanh", RecurrentFunction::scaled_tanh, true, true, 1.0, 1.0},
    {"Sigmoid", RecurrentFunction::sigmoid, false, false, 0.0, 0.0},
    {"Softplus", RecurrentFunction::softplus, false, false, 0.0, 0.0},
    {"Softsign", RecurrentFunction::softsign, false, false, 0.0, 0.0},
    {"Tanh", RecurrentFunction::tanh, false, false, 0.0, 0.0},
    {"ThresholdedRelu", RecurrentFunction::thresholded_relu, true, false, 1.0, 0.0},
};

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

const ActivationRow& find_function(const LayerSpec& layer, std::string_view name) {
  for (const ActivationRow& row : kFunctions)
    if (equal_ignoring_case(row.name, name)) return row;
  throw_invalid(layer, fmt::format("attribute 'activations' names '{}', which is no activation", name));
}

}  // namespace

std::array<std::array<RecurrentActivation, 3>, 2> recurrent_activations(const LayerSpec& layer, std::int64_t directions,
                                                                        std::span<const RecurrentFunction> defaults) {
  std::array<std::array<RecurrentActivation, 3>, 2> result{};
  const std::vector<std::string> names = layer.node.attributes.texts("activations");
  if (names.empty()) {
    for (auto& direction : result)
      for (std::size_t i = 0; i < defaults.size(); ++i) direction[i].function = defaults[i];
    return result;
  }
  const std::size_t wanted = defaults.size() * static_cast<std::size_t>(directions);
  require(names.size() == wanted, layer, fmt::format("attribute 'activations' has {} names, not {}", names.size(), wanted));
  const std::vector<float> alphas = layer.node.attributes.numbers("activation_alpha");
  const std::vector<float> betas = layer.node.attributes.numbers("activation_beta");
  std::size_t next_alpha = 0;
  std::size_t next_beta = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const ActivationRow& row = find_function(layer, names[i]);
    RecurrentActivation& activation = result[i / defaults.size()][i % defaults.size()];
    activation = {row.function, row.alpha, row.beta};
    if (row.takes_alpha && next_alpha < alphas.size()) activation.alpha = alphas[next_alpha++];
    if (row.takes_beta && next_beta < betas.size()) activation.beta = betas[next_beta++];
  }
  return result;
}

}  // namespace dnntune::backends::cpu
