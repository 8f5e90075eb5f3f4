// SPDX-License-Identifier: Apache-2.0
// What layers cost and which values they exchange, read off profiles and a graph; checked, not yet priced for a link.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "dnntune/plan.h"

namespace dnntune::plan {

/// Nothing added yet: the neutral element of Cost's sum.
inline constexpr Cost kNothing{0.0, 0.0, Provenance::measured};

/// A value between layers, or a graph input or output.
struct ValueCosts {
  std::string name;
  int producer = -1;           ///< Layer; -1 for a graph input, which starts out on the device.
  std::vector<int> consumers;  ///< Layers that read it, each once.
  bool is_output = false;
  /// False when a dimension is not known: then the value may not cross to the cloud, and its download
  /// counts nothing and makes the sum unknown.
  bool sized = true;
  Crossing crossing;           ///< As it goes up.
  Cost upload_ns, upload_uj;
  std::int64_t bytes_down = 0;
  Cost download_ns, download_uj;
};

/// One profile's layers.
struct ProcessorCosts {
  std::string name;
  std::vector<Cost> layer_ns;
  std::vector<Cost> layer_uj;           ///< Zero in the cloud: its energy is not the device's.
  std::vector<std::string> infeasible;  ///< Why the layer cannot run here; "" when it can.
};

/// Whether this library can run a layer is asked of the device only: the cloud may be another engine. `who` names the profile in
/// messages. Throws invalid_argument for a profile of another graph or shape, and for figures that are missing or no costs.
ProcessorCosts read_profile(const Graph& graph, const Profile& profile, bool on_device, bool wants_energy, const std::string& who);

/// Graph inputs, then outputs of layers in layer order, with their producers and consumers, not yet priced.
std::vector<ValueCosts> read_values(const Graph& graph);

/// Radio energy in microjoule; unknown without a radio.
Cost radio_uj(const Link& link, double power_w, double seconds);

/// Names of the values whose size is known. TensorInfo does not tell: a value of unknown rank looks like
/// a scalar there. The strings are the graph's.
std::unordered_set<std::string_view> sized_values(const Graph& graph);

/// Adds the bytes of values that shapes do not tell, as profiles have them: of the only output of a layer that was measured. The
/// strings are the profiles'.
void add_profiled_bytes(const std::vector<Profile>& profiles, std::unordered_map<std::string_view, std::int64_t>& bytes);

}  // namespace dnntune::plan
