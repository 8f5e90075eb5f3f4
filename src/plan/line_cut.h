// SPDX-License-Identifier: Apache-2.0
// The cheapest way to place the layers of a graph at the stops of a line, as one minimum cut, in whole numbers. Knows
// nothing of profiles and links.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace dnntune::plan {

/// A value between layers, or a graph input (made at home by no layer) or output (wanted at home).
struct LineValue {
  int producer = -1;           ///< Layer; -1 for a graph input.
  std::vector<int> consumers;  ///< Layers that read it, each once, in order.
  bool output = false;
};

/// Stops 0, 1, ... lie on a line; hop k joins stop k and k + 1. All costs are >= 0 and together below 2^58.
struct LineProblem {
  /// A cost that makes a place or a crossing impossible.
  static constexpr std::int64_t kImpossible = -1;

  int stops = 2;
  int home = 0;                         ///< Where inputs start and outputs end.
  std::span<const LineValue> values;
  std::vector<std::int64_t> layers;     ///< [layer * stops + stop]
  /// [value * hops + hop]: paid once when the value is made before the hop and somebody wants it beyond.
  std::vector<std::int64_t> outward;
  std::vector<std::int64_t> homeward;   ///< The same, made beyond and wanted before.
  std::vector<bool> may_return;         ///< [hop]: a layer beyond may feed a layer before. Outputs always may.
  std::vector<std::int64_t> once;       ///< [hop]: paid once when a layer lies beyond; not for hops before home.

  int hops() const noexcept { return stops - 1; }
};

struct LinePlacement {
  std::vector<int> stops;  ///< By layer.
  std::int64_t cost = 0;
};

/// The cheapest placement; no value when there is none. Among equals each layer is as near to stop 0 as possible.
std::optional<LinePlacement> cheapest(const LineProblem& problem);

}  // namespace dnntune::plan
