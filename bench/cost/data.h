// SPDX-License-Identifier: Apache-2.0
// Measured networks in a file, so that models can be compared without measuring again.
#pragma once

#include <string>
#include <vector>

#include <dnntune/cost_model.h>

namespace dnntune::bench {

struct Record {
  std::string family;
  MeasuredNetwork network;  ///< Its profile has times, kernels and samples of layers, and nothing else.
};

struct Data {
  std::string device;
  Roofline roofline;
  std::vector<Record> records;
};

/// JSON of schema "dnntune.cost_data/1". Throw what files and JSON throw.
void save(const Data& data, const std::string& path);
Data load(const std::string& path);

/// What was measured with so many threads; 0: all.
Data with_threads(Data data, int threads);

}  // namespace dnntune::bench
