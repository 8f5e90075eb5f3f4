// SPDX-License-Identifier: Apache-2.0
// Assignment: which processor and which kernel runs each layer of a network.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dnntune/device.h"
#include "dnntune/export.h"

namespace dnntune {

/// How one layer is run.
struct LayerChoice {
  std::string processor;  ///< A Processor::name of Assignment::processors; "": the session's own.
  /// One of the kernels that the backend has for this layer; "" leaves it the choice, as does a kernel that the layer does
  /// not have at the shapes of a run.
  std::string kernel;
  /// Whether it may run in turns with the layer before it, some rows each, where both can: what lies between them then
  /// stays in the cache.
  bool in_turns = true;

  friend bool operator==(const LayerChoice&, const LayerChoice&) = default;
};

/// A plain value; written by hand or found by `tune`. Kernels of one layer differ in speed and in how they round.
struct DNNTUNE_API Assignment {
  std::vector<Processor> processors;
  /// By LayerInfo::name; all others run as the session's own processor does, which a profile's notes say. A session refuses names
  /// that its graph does not have.
  std::map<std::string, LayerChoice> layers;

  bool empty() const noexcept { return layers.empty(); }
  /// JSON of schema "dnntune.assignment/1". `from_json` throws invalid_argument naming the field or the unknown schema.
  std::string to_json() const;
  static Assignment from_json(const std::string& json);
};

}  // namespace dnntune
