// SPDX-License-Identifier: Apache-2.0
// One layer of every family of neural-network operators with operands that make it worth running.
#pragma once

#include <vector>

#include "backends/layer_case.h"

namespace dnntune::test {

std::vector<LayerCase> network_layers();

}  // namespace dnntune::test
