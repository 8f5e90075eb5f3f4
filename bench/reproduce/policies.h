// SPDX-License-Identifier: Apache-2.0
// How others decide where to cut, as functions from what they see to who runs what. Re-made from the papers; each gets
// the same graph, profiles and link as our planner.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <dnntune/plan.h>

#include "reproduce/report.h"

namespace dnntune::reproduce {

/// Cuts that a chain's view of the graph offers: the first k layers on the device where one value crosses, and none and
/// all of them.
std::vector<int> chain_cuts(const Graph& graph);

/// Regressions by layer type, as Neurosurgeon's: milliseconds = a * operations + b * bytes + c, least squares of the
/// relative error over measured layers.
class LayerRegression {
 public:
  explicit LayerRegression(const std::vector<Profile>& profiles);
  /// Nanoseconds; 0 at least. A type that was never seen costs 0.
  double predict(const LayerProfile& layer) const;

 private:
  struct Fit {
    double per_flop = 0.0, per_byte = 0.0, fixed = 0.0;
  };
  std::map<std::string, Fit> fits_;
};

/// Neurosurgeon (Kang et al., ASPLOS 2017): a chain, one configuration, predicted layer times; latency, or energy as
/// predicted time at `device_w`. The request's first device profile tells the layers' sizes, not their times.
std::vector<Tier> neurosurgeon(const PlanRequest& request, const LayerRegression& device, const LayerRegression& cloud,
                               double device_w);
/// DADS (Hu et al., INFOCOM 2019), light load: the minimum cut of the DAG for latency; one configuration.
std::vector<Tier> dads(const PlanRequest& request);
/// DNNTune (Xia et al., TACO 2019): every cut of the chain by measured layers; one configuration, the one that is best for
/// the whole network on the device. Returns its place in `request.device` too.
struct Scan {
  std::vector<Tier> tiers;
  std::size_t configuration = 0;
};
Scan dnntune_scan(const PlanRequest& request);

/// The table: network x link x policy, each decision priced by the same evaluate().
Report policies();

}  // namespace dnntune::reproduce
