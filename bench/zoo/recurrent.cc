// SPDX-License-Identifier: Apache-2.0
#include "zoo/recurrent.h"

namespace dnntune::zoo {

std::string lstm(Net& net, const std::string& x, const std::string& name, std::int64_t hidden) {
  const std::int64_t features = net.dim(x, 2);
  const std::string input_weight = net.weight(name + ".weight_ih", {1, 4 * hidden, features}, features);
  const std::string state_weight = net.weight(name + ".weight_hh", {1, 4 * hidden, hidden}, hidden);
  const std::string bias = net.weight(name + ".bias", {1, 8 * hidden}, hidden);
  const std::string all_states = net.node("LSTM", {x, input_weight, state_weight, bias}, {{"hidden_size", hidden}}, name);
  return net.node("Squeeze", {all_states, net.integers("direction_axis", {1})}, {}, name + "_states");
}

}  // namespace dnntune::zoo
