// SPDX-License-Identifier: Apache-2.0
// Networks whose batch, sizes or sequence length a run decides, with the shapes to run them with.
#pragma once

#include <string>
#include <vector>

#include "dnntune/graph.h"
#include "dnntune/tensor.h"

namespace changing {

struct Network {
  std::string name;
  dnntune::Graph graph;
  std::vector<dnntune::Tensors> inputs;  ///< At least six shapes, each once.
};

/// Every way to convolve, dense layers, two convolutions with one weight and two normalisations.
Network convolutions();
/// LSTM both ways, GRU, RNN, and a dense layer of one row a step.
Network recurrences();
/// Two blocks with heads, as exporters write them.
Network transformer();
/// Layers of bytes: convolutions, a depthwise one, matrix products.
Network quantized();
/// Layers of 16-bit floats.
Network halves();
/// What a run finds decides the size of a dense layer's input: the network runs in stages.
Network staged();

}  // namespace changing
