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

/// What ours may write on the wire, each beside those before it.
constexpr std::array<WireEncoding, 3> kEncodings = {WireEncoding::raw, WireEncoding::fp16, WireEncoding::int8};
constexpr std::array<const char*, 3> kEncodingNames = {"float32", "float16", "int8"};
constexpr std::size_t kHalf = 1;  ///< What the first tables allow.

/// Ours: all configurations, the whole DAG; by encodings allowed.
std::vector<Deployment> ours(PlanRequest request) {
  std::vector<Deployment> found;
  for (const WireEncoding encoding : kEncodings) {
    request.encoding = encoding;
    Deployment best = make_plan(request).chosen;
    if (!found.empty() && value_of(best, request.minimize) >= value_of(found.back(), request.minimize)) best = found.back();
    found.push_back(std::move(best));
  }
  return found;
}

/// "cloud", "A@12, int8": core set A runs 12 layers.
std::string plan_text(const Deployment& plan) {
  const auto coded = std::find_if(plan.crossings.begin(), plan.crossings.end(), [](const Crossing& c) { return c.encoding != WireEncoding::raw; });
  const std::string encoding = coded == plan.crossings.end() ? "" : fmt::format(", {}", to_string(coded->encoding));
  return plan.name == "split"         ? fmt::format("{}@{}{}", plan.device_processor, layers_on_device(plan), encoding)
         : plan.name == "mobile-only" ? plan.device_processor
                                      : "cloud" + encoding;
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

/// A network over a link.
struct Pair {
  std::string network, link;
  std::vector<double> others;      ///< What they cost, in kPolicies' order.
  std::vector<Deployment> plans;   ///< Ours, in kEncodings' order.
  std::vector<double> own;         ///< What those cost.
};

std::vector<Pair> pairs(const Taco19& data, const std::vector<Network>& all, const Regressions& models, const Objective& objective) {
  std::vector<Pair> found;
  for (const Network& network : all)
    for (const char* name : kLinks) {
      const PlanRequest request{.graph = network.graph, .device = network.device, .cloud = {network.cloud}, .link = Link::named(name), .minimize = objective};
      Pair pair{network.published->title, std::string(name).substr(name[0] == 'd' ? 8 : 0), priced(request, models, data.policy_watt[kDefault]), ours(request), {}};
      for (const Deployment& plan : pair.plans) pair.own.push_back(value_of(plan, objective));
      found.push_back(std::move(pair));
    }
  return found;
}

/// How much better one is than another over all pairs.
struct Tally {
  int pairs = 0, worse = 0, equal = 0;
  double sum = 0.0, most = 0.0;

  void add(double ratio) {
    ++pairs;
    worse += ratio < 1.0 - 1e-9;
    equal += ratio < 1.0 + 1e-9 && ratio >= 1.0 - 1e-9;
    sum += ratio;
    most = std::max(most, ratio);
  }
  std::string text() const {
    return fmt::format("ours is worse in {} of {} pairs of network and link, equal in {}; {:.2f} times better on average, {:.2f} at most.", worse, pairs, equal,
                       sum / pairs, most);
  }
};

/// Adds the row, below its network's name.
void add_row(Section& section, const std::vector<Pair>& all, std::size_t i, std::vector<std::string> row) {
  if (i == 0 || all[i].network != all[i - 1].network) section.rows.push_back({all[i].network});
  section.rows.push_back(std::move(row));
}

Section policy_section(const std::vector<Pair>& all, bool energy) {
  Section section{.id = energy ? "energy" : "latency",
                  .title = energy ? "Energy: ours in J, the others as multiples of it"
                                  : "Latency: ours in ms, the others as multiples of it"};
  section.head = {"link", ">ours"};
  for (const char* policy : kPolicies) section.head.push_back(fmt::format(">{}", policy));
  section.head.emplace_back("our plan");
  std::array<Tally, kPolicies.size()> tallies;
  for (std::size_t n = 0; n < all.size(); ++n) {
    const Pair& pair = all[n];
    std::vector<std::string> row = {"  " + pair.link, fmt::format("{:.{}f}", pair.own[kHalf], energy ? 3 : 1)};
    for (std::size_t i = 0; i < kPolicies.size(); ++i) {
      row.push_back(fmt::format("{:.2f}", pair.others[i] / pair.own[kHalf]));
      tallies[i].add(pair.others[i] / pair.own[kHalf]);
    }
    row.push_back(plan_text(pair.plans[kHalf]));
    add_row(section, all, n, std::move(row));
  }
  for (std::size_t i = 0; i < kPolicies.size(); ++i) section.findings.push_back(fmt::format("{}: {}", kPolicies[i], tallies[i].text()));
  return section;
}

/// Against the best that any of the others decides.
Section encoding_section(const std::vector<Pair>& all, bool energy) {
  Section section{.id = energy ? "energy by encoding" : "latency by encoding",
                  .title = fmt::format("{} by encoding: the best other in {}, and how many times better ours is", energy ? "Energy" : "Latency", energy ? "J" : "ms")};
  section.head = {"link", ">others", "by"};
  for (const char* name : kEncodingNames) section.head.push_back(fmt::format(">{}", name));
  section.head.emplace_back("our plan with int8");
  std::array<Tally, kEncodings.size()> tallies;
  std::array<std::array<Tally, kPolicies.size()>, kEncodings.size()> by_policy;
  for (std::size_t n = 0; n < all.size(); ++n) {
    const Pair& pair = all[n];
    const auto best = std::min_element(pair.others.begin(), pair.others.end());
    std::vector<std::string> row = {"  " + pair.link, fmt::format("{:.{}f}", *best, energy ? 3 : 1), kPolicies[static_cast<std::size_t>(best - pair.others.begin())]};
    for (std::size_t e = 0; e < kEncodings.size(); ++e) {
      row.push_back(fmt::format("{:.2f}", *best / pair.own[e]));
      tallies[e].add(*best / pair.own[e]);
      for (std::size_t i = 0; i < kPolicies.size(); ++i) by_policy[e][i].add(pair.others[i] / pair.own[e]);
    }
    row.push_back(plan_text(pair.plans.back()));
    add_row(section, all, n, std::move(row));
  }
  for (std::size_t e = 0; e < kEncodings.size(); ++e) {
    std::string each;
    for (std::size_t i = 0; i < kPolicies.size(); ++i)
      each += fmt::format("{} {} {:.2f} ({:.2f})", i == 0 ? "" : ",", kPolicies[i], by_policy[e][i].sum / by_policy[e][i].pairs, by_policy[e][i].most);
    section.findings.push_back(fmt::format("{}, beside the best of the others: {} Beside each, on average (at most):{}.", kEncodingNames[e], tallies[e].text(), each));
  }
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
  const std::vector<Pair> latency = pairs(data, all, models, Objective::latency()), energy = pairs(data, all, models, Objective::energy());
  report.sections = {policy_section(latency, false), policy_section(energy, true), encoding_section(latency, false), encoding_section(energy, true)};
  report.sections.front().remarks = {
      "Networks of the zoo; their totals on Mobile A (TensorFlow, five core sets) and on the cloud's Xeon are published "
      "(DNNTune Fig. 14 and sec. 5.1, IISWC 2018 "
      "Fig. 1) and shared out among the layers by a roofline. Every decision is priced by the same evaluate(), float32 on "
      "the wire, the input too.",
      "mobile, cloud, Neurosurgeon (chain, regressions by layer type), DADS (minimum cut of the DAG, latency only): four big "
      "cores. DNNTune: the core set that is best "
      "for the whole network, then every cut of the chain. Ours: core set, cut of the DAG and float32 or float16 together; "
      "'A@k': core set A runs k layers."};
  report.sections[2].remarks = {
      "'float32': ours may write no more than the others do, so that what it gains is the core set and the DAG. 'float16' and 'int8' may be used beside "
      "it where they pay; both lose precision, hence must be allowed. Time for encoding is not counted."};
  return report;
}

}  // namespace dnntune::reproduce
