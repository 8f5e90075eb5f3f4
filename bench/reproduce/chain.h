// SPDX-License-Identifier: Apache-2.0
// Published chains in the planner's own types: graphs of the drawn sizes, profiles of published figures.
#pragma once

#include <string>
#include <vector>

#include <dnntune/plan.h>

#include "reproduce/data.h"

namespace dnntune::reproduce {

/// A graph with a layer a block, whose values take `bits` an element on the wire; the input, a picture, always 8.
Graph chain_graph(const Chain& chain, int bits);

/// The whole network on the phone in `ms` with `joule`, shared among the layers as on Mobile A's big core. With
/// `prefix_layers`, the first so many take `prefix_ms` together and the rest what is left.
struct Whole {
  std::string name;
  double ms = 0.0;
  double joule = 0.0;
  int prefix_layers = 0;
  double prefix_ms = 0.0;
};
Profile device_profile(const Graph& graph, const Chain& chain, const Whole& whole);
/// Mobile A's big core as drawn.
Profile device_profile(const Graph& graph, const Chain& chain);
Profile cloud_profile(const Graph& graph, const Chain& chain);

/// A profile with one figure a layer, provenance published. `uj` may be empty.
Profile published_profile(const Graph& graph, const std::string& processor, const std::vector<double>& ms,
                          const std::vector<double>& joule);

/// The paper's link: the answer's way back costs nothing.
Link paper_link(const std::string& name);

/// Layers that a cut's name leaves on the phone: "input" (in any case) 0, "output" all.
int layers_before(const Chain& chain, const std::string& cut);
std::string cut_name(const Chain& chain, int layers_on_device);
int layers_on_device(const Deployment& deployment);
/// The first `layers` on the phone, the rest in the cloud.
Deployment cut_after(const PlanRequest& request, int layers);

double latency_ms(const Deployment& deployment);
/// As the paper counts: the radio's power also during the round trip.
double energy_j(const Deployment& deployment, const Link& link);
double objective_value(const Deployment& deployment, const Link& link, const Objective& objective);

/// The best of mobile-only, cloud-only and the planner's best split, by the paper's count.
Deployment best(const PlanRequest& request);

}  // namespace dnntune::reproduce
