// SPDX-License-Identifier: Apache-2.0
// Policies side by side: zoo networks whose totals on phone and cloud are published, over published links.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <dnntune/cost_model.h>

#include "reproduce/chain.h"
#include "reproduce/policies.h"
#include "zoo/zoo.h"

namespace dnntune::reproduce {
namespace {

constexpr std::array<const char*, 5> kLinks = {"dnntune-wifi", "dnntune-4g", "dnntune-3g", "lte2021", "5g-mmwave2021"};
constexpr std::array<const char*, 5> kPolicies = {"mobile", "cloud", "Neurosurgeon", "DADS", "DNNTune"};
constexpr std::size_t kDefault = 2;  ///< "4 big": what a runtime takes by itself.

/// Proportions of a network's layers by a roofline, scaled to a published total.
Profile shared_out(const Graph& graph, const Roofline& roofline, const std::string& processor, double total_ms, double watt) {
  Processor whole;
  whole.name = processor;
  whole.backend = "cpu";
  whole.active_power_w = watt;
  Profile profile = CostModel(roofline).predict(graph, whole);
  const double scale = total_ms * 1e6 / profile.layers_ns().value;
  for (LayerProfile& layer : profile.layers) {
    layer.latency_ns = {layer.latency_ns.value * scale, 0.0, Provenance::published};
    layer.energy_uj = {layer.latency_ns.value * 1e-3 * watt, 0.0, Provenance::published};
  }
  return profile;
}

// Kryo 280 at 2.45 GHz: one NEON multiply-add of 4 lanes a cycle, and a phone's memory; Xeon E5-2620 v4: 8 cores at 2.1 GHz
// with two AVX2 ones. Only proportions between layers come from these.
const Roofline kPhone{.peak_flops = 19.6e9, .memory_bytes_per_s = 8e9, .launch_ns = 5000};
const Roofline kCloud{.peak_flops = 268.8e9, .memory_bytes_per_s = 40e9, .launch_ns = 2000};

struct Network {
  const PolicyNetwork* published;
  Graph graph;
  std::vector<Profile> device;  ///< A configuration each.
  Profile cloud;
};

std::vector<Network> networks(const Taco19& data) {
  std::vector<Network> all;
  for (const PolicyNetwork& row : data.policy_networks) {
    Graph graph = zoo::build(row.zoo);
    std::vector<Profile> device;
    for (std::size_t i = 0; i < row.device_ms.size(); ++i)
      device.push_back(shared_out(graph, kPhone, data.policy_configurations[i], row.device_ms[i], data.policy_watt[i]));
    Profile cloud = shared_out(graph, kCloud, "Xeon E5-2620 v4", row.cloud_ms, 0.0);
    all.push_back({&row, std::move(graph), std::move(device), std::move(cloud)});
  }
  return all;
}

double value_of(const Deployment& deployment, const Objective& objective) {
  return objective.kind() == Objective::Kind::energy ? deployment.cost.energy_uj().value * 1e-6
                                                     : deployment.cost.latency_ns().value * 1e-6;
}

/// Ours: all configurations, the whole DAG, floats as they are or as half floats.
Deployment ours(PlanRequest request) {
  Deployment found = make_plan(request).chosen;
  request.encoding = WireEncoding::fp16;
  Deployment half = make_plan(request).chosen;
  return value_of(half, request.minimize) < value_of(found, request.minimize) ? half : found;
}

struct Regressions {
  LayerRegression device, cloud;
};

Regressions regressions(const std::vector<Network>& all) {
  std::vector<Profile> device, cloud;
  for (const Network& network : all) {
    device.push_back(network.device[kDefault]);
    cloud.push_back(network.cloud);
  }
  return {LayerRegression(device), LayerRegression(cloud)};
}

/// What each policy's decision costs, in kPolicies' order.
std::vector<double> priced(const PlanRequest& request, const Regressions& models, double watt) {
  PlanRequest fixed = request;
  fixed.device = {request.device[kDefault]};
  const std::size_t n = request.graph.layers().size();
  const auto price = [&](const PlanRequest& of, const std::vector<Tier>& tiers) {
    return value_of(evaluate(of, tiers), of.minimize);
  };
  const Scan scan = dnntune_scan(request);
  PlanRequest tuned = request;
  tuned.device = {request.device[scan.configuration]};
  return {price(fixed, std::vector<Tier>(n, Tier::device)), price(fixed, std::vector<Tier>(n, Tier::cloud)),
          price(fixed, neurosurgeon(fixed, models.device, models.cloud, watt)), price(fixed, dads(fixed)),
          price(tuned, scan.tiers)};
}

Section table(const Taco19& data, const std::vector<Network>& all, const Regressions& models, bool energy) {
  Section section{.id = energy ? "energy" : "latency",
                  .title = energy ? "Energy: ours in J, the others as multiples of it"
                                  : "Latency: ours in ms, the others as multiples of it"};
  section.head = {"link", ">ours"};
  for (const char* policy : kPolicies) section.head.push_back(fmt::format(">{}", policy));
  section.head.emplace_back("our plan");
  std::vector<double> most(kPolicies.size(), 0.0), sum(kPolicies.size(), 0.0);
  std::vector<int> worse(kPolicies.size(), 0), equal(kPolicies.size(), 0);
  int pairs = 0;
  for (const Network& network : all) {
    section.rows.push_back({network.published->title});
    for (const char* name : kLinks) {
      const PlanRequest request{.graph = network.graph,
                                .device = network.device,
                                .cloud = {network.cloud},
                                .link = Link::named(name),
                                .minimize = energy ? Objective::energy() : Objective::latency()};
      const Deployment plan = ours(request);
      const double own = value_of(plan, request.minimize);
      const bool half = std::any_of(plan.crossings.begin(), plan.crossings.end(),
                                    [](const Crossing& c) { return c.encoding == WireEncoding::fp16; });
      std::vector<std::string> row = {fmt::format("  {}", std::string(name).substr(name[0] == 'd' ? 8 : 0)),
                                      fmt::format("{:.{}f}", own, energy ? 3 : 1)};
      const std::vector<double> prices = priced(request, models, data.policy_watt[kDefault]);
      for (std::size_t i = 0; i < prices.size(); ++i) {
        const double ratio = prices[i] / own;
        row.push_back(fmt::format("{:.2f}", ratio));
        most[i] = std::max(most[i], ratio);
        sum[i] += ratio;
        worse[i] += ratio < 1.0 - 1e-9;
        equal[i] += ratio < 1.0 + 1e-9 && ratio >= 1.0 - 1e-9;
      }
      ++pairs;
      row.push_back(plan.name == "split"
                        ? fmt::format("{}@{}{}", plan.device_processor, layers_on_device(plan), half ? ", fp16" : "")
                    : plan.name == "mobile-only" ? plan.device_processor
                                                 : fmt::format("cloud{}", half ? ", fp16" : ""));
      section.rows.push_back(std::move(row));
    }
  }
  for (std::size_t i = 0; i < kPolicies.size(); ++i)
    section.findings.push_back(
        fmt::format("{}: ours is worse in {} of {} pairs of network and link, equal in {}; {:.2f} times better on average, "
                    "{:.2f} at most.",
                    kPolicies[i], worse[i], pairs, equal[i], sum[i] / pairs, most[i]));
  return section;
}

}  // namespace

Report policies() {
  const Taco19 data = read_taco19();
  const std::vector<Network> all = networks(data);
  const Regressions models = regressions(all);
  Report report{
      .title =
          "Neurosurgeon, DADS and DNNTune as policies beside libdnntune's planner: the same graphs, profiles and links."};
  report.sections.push_back(table(data, all, models, false));
  report.sections.push_back(table(data, all, models, true));
  report.sections.front().remarks = {
      "Networks of the zoo; their totals on Mobile A (TensorFlow, five core sets) and on the cloud's Xeon are published "
      "(DNNTune Fig. 14 and sec. 5.1, IISWC 2018 "
      "Fig. 1) and shared out among the layers by a roofline. Every decision is priced by the same evaluate(), float32 on "
      "the wire, the input too.",
      "mobile, cloud, Neurosurgeon (chain, regressions by layer type), DADS (minimum cut of the DAG, latency only): four big "
      "cores. DNNTune: the core set that is best "
      "for the whole network, then every cut of the chain. Ours: core set, cut of the DAG and float32 or float16 together; "
      "'A@k': core set A runs k layers."};
  return report;
}

}  // namespace dnntune::reproduce
