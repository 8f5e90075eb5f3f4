// SPDX-License-Identifier: Apache-2.0
#include "reproduce/chain.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include <dnntune/builder.h>
#include <dnntune/error.h>

namespace dnntune::reproduce {
namespace {

Tensor indices(const std::vector<std::int64_t>& values) {
  return Tensor::from<std::int64_t>({static_cast<std::int64_t>(values.size())}, values);
}

}  // namespace

Graph chain_graph(const Chain& chain, int bits) {
  GraphBuilder net(chain.name);
  std::int64_t size = chain.input_elements;
  std::string x = net.input("input", DataType::uint8, {size});
  const std::string zero = net.constant("zero", indices({0})), axis = net.constant("axis", indices({0})),
                    last = net.constant("last", indices({-1}));
  for (const ChainLayer& layer : chain.layers) {
    const std::int64_t next = (layer.elements * bits + 7) / 8;
    // Bytes in, bytes out: only their number matters. Slices narrow, pads widen; a reversal keeps the size.
    if (next < size) {
      x = net.node("Slice", {x, zero, net.constant(layer.name + "_end", indices({next})), axis}, {}, layer.name);
    } else if (next > size) {
      x = net.node("Pad", {x, net.constant(layer.name + "_pads", indices({0, next - size}))}, {}, layer.name);
    } else {
      const std::string end = net.constant(layer.name + "_end", indices({std::numeric_limits<std::int64_t>::min() + 1}));
      x = net.node("Slice", {x, last, end, axis, last}, {}, layer.name);
    }
    size = next;
  }
  net.output(x);
  Graph graph = net.build();
  if (graph.layers().size() != chain.layers.size())
    throw Error(ErrorCode::internal, "chain '" + chain.name + "': the optimiser changed the number of layers");
  return graph;
}

Profile published_profile(const Graph& graph, const std::string& processor, const std::vector<double>& ms,
                          const std::vector<double>& joule) {
  Profile profile;
  profile.model = graph.name();
  profile.model_hash = graph.hash();
  profile.processor = processor;
  for (std::size_t i = 0; i < graph.layers().size(); ++i) {
    const LayerInfo& info = graph.layers()[i];
    LayerProfile layer;
    layer.name = info.name;
    layer.op = info.op;
    layer.inputs = info.inputs;
    layer.outputs = info.outputs;
    layer.latency_ns = {ms.at(i) * 1e6, 0.0, Provenance::published};
    if (!joule.empty()) layer.energy_uj = {joule.at(i) * 1e6, 0.0, Provenance::published};
    layer.input_bytes = info.input_bytes;
    layer.output_bytes = info.output_bytes;
    profile.layers.push_back(std::move(layer));
  }
  return profile;
}

Profile device_profile(const Graph& graph, const Chain& chain, const Whole& whole) {
  const auto prefix = static_cast<std::size_t>(whole.prefix_layers);
  double before_ms = 0.0;
  for (std::size_t i = 0; i < prefix; ++i) before_ms += chain.layers[i].device_ms;
  const double after_ms = chain.device_ms() - before_ms;
  std::vector<double> ms, joule;
  for (std::size_t i = 0; i < chain.layers.size(); ++i) {
    const double share = i < prefix ? whole.prefix_ms / before_ms : (whole.ms - whole.prefix_ms) / after_ms;
    ms.push_back(chain.layers[i].device_ms * share);
    joule.push_back(ms.back() * whole.joule / whole.ms);
  }
  return published_profile(graph, whole.name, ms, joule);
}

Profile device_profile(const Graph& graph, const Chain& chain) {
  const double ms = chain.device_ms();
  return device_profile(graph, chain, {.name = "Mobile A, one big core", .ms = ms, .joule = ms * 1e-3 * chain.device_w});
}

Profile cloud_profile(const Graph& graph, const Chain& chain) {
  std::vector<double> ms;
  for (const ChainLayer& layer : chain.layers) ms.push_back(layer.cloud_ms);
  return published_profile(graph, "Xeon E5-2620 v4", ms, {});
}

Link paper_link(const std::string& name) {
  Link link = Link::named(name);
  link.bandwidth_down_bps = 1e15;
  return link;
}

int layers_before(const Chain& chain, const std::string& cut) {
  if (cut == "input" || cut == "Input") return 0;
  const int all = static_cast<int>(chain.layers.size());
  if (cut == "output") return all;
  for (int i = 0; i < all; ++i)
    if (chain.layers[static_cast<std::size_t>(i)].name == cut) return i + 1;
  throw Error(ErrorCode::not_found, "chain '" + chain.name + "' has no cut '" + cut + "'");
}

std::string cut_name(const Chain& chain, int layers_on_device) {
  if (layers_on_device == 0) return "input";
  if (layers_on_device == static_cast<int>(chain.layers.size())) return "output";
  return chain.layers[static_cast<std::size_t>(layers_on_device) - 1].name;
}

int layers_on_device(const Deployment& deployment) {
  return static_cast<int>(std::count(deployment.tiers.begin(), deployment.tiers.end(), Tier::device));
}

Deployment cut_after(const PlanRequest& request, int layers) {
  std::vector<Tier> tiers(request.graph.layers().size(), Tier::cloud);
  std::fill_n(tiers.begin(), layers, Tier::device);
  return evaluate(request, tiers);
}

double latency_ms(const Deployment& deployment) { return deployment.cost.latency_ns().value * 1e-6; }

double energy_j(const Deployment& deployment, const Link& link) {
  const bool sends = deployment.cost.bytes_up > 0;
  return deployment.cost.energy_uj().value * 1e-6 +
         (sends ? link.round_trip_s * link.radio.up_power_w(link.bandwidth_up_bps) : 0.0);
}

double objective_value(const Deployment& deployment, const Link& link, const Objective& objective) {
  return objective.kind() == Objective::Kind::energy ? energy_j(deployment, link) : latency_ms(deployment);
}

Deployment best(const PlanRequest& request) {
  const Plan plan = make_plan(request);
  Deployment found = plan.mobile_only;
  for (const Deployment* other : {&plan.best_split, &plan.cloud_only})
    if (other->feasible &&
        objective_value(*other, request.link, request.minimize) < objective_value(found, request.link, request.minimize))
      found = *other;
  return found;
}

}  // namespace dnntune::reproduce
