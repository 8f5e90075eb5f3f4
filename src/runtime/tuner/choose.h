// SPDX-License-Identifier: Apache-2.0
// The best processor for every layer of a network together, given what each costs alone and what changing costs.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

namespace dnntune::runtime {

/// Costs are in any one unit, not negative; kCannot: this engine cannot run this layer.
struct ChoiceProblem {
  static constexpr double kCannot = std::numeric_limits<double>::infinity();

  /// Layers that may run in turns, [first, last], by one engine, at a cost of their own.
  struct Run {
    std::size_t first = 0, last = 0;
    int engine = 0;
    double cost = 0.0;
  };
  /// A value that may have to be copied between memories; each memory gets it at most once.
  struct Value {
    int writer = -1;                  ///< A layer; -1: a graph input, which is in the host's memory.
    std::vector<std::size_t> readers; ///< Layers, in order.
    bool output = false;              ///< Must end in the host's memory.
    std::vector<double> upload;       ///< By memory, from the host's; entry 0 is not used.
    std::vector<double> download;     ///< By memory, to the host's.
  };

  std::vector<std::vector<double>> layer_costs;  ///< [layer][engine]
  std::vector<Run> runs;
  std::vector<std::vector<double>> switches;     ///< [from][to]: for a layer whose predecessor in running order ran elsewhere.
  std::vector<int> memory_of;                    ///< By engine: 0 the host's.
  std::vector<Value> values;
};

struct Choice {
  std::vector<int> engines;   ///< By layer.
  std::vector<int> runs;      ///< By layer: the run of the problem that it is part of, or -1.
  double cost = 0.0;
  double lower_bound = 0.0;   ///< No assignment costs less. Equal to `cost` when that is proven the least.
};

/// Goes through the layers in order and keeps, for each engine of the last layer and each way in which the values still
/// needed can lie in memories, the cheapest way there: exact for any graph. Where there are more than `most_states` such
/// states (wide graphs over several memories), the dearest are given up, and `lower_bound` says how much that can have
/// cost. Throws unsupported when some layer can run nowhere.
Choice choose(const ChoiceProblem& problem, std::size_t most_states = 20'000);

/// The cost of one assignment by the same rules; infinite when a layer cannot run where it says. `engines` and `runs` are as
/// in a Choice.
double cost_of(const ChoiceProblem& problem, const std::vector<int>& engines, const std::vector<int>& runs);

}  // namespace dnntune::runtime
