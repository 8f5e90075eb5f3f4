// SPDX-License-Identifier: Apache-2.0
#include "reproduce/policies.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace dnntune::reproduce {
namespace {

/// Layer types share a regression by their first operator: "Conv+Relu" is a "Conv".
std::string type_of(const LayerProfile& layer) { return layer.op.substr(0, layer.op.find('+')); }

std::array<double, 3> features(const LayerProfile& layer) {
  return {static_cast<double>(layer.flops) * 1e-6, static_cast<double>(layer.input_bytes + layer.output_bytes) * 1e-6, 1.0};
}

/// Solves a symmetric 3 x 3 system by elimination; the small addition on the diagonal decides where types have one size only.
std::array<double, 3> solve(std::array<std::array<double, 4>, 3> rows) {
  for (std::size_t i = 0; i < 3; ++i) rows[i][i] += 1e-9 * (rows[i][i] + 1e-30);
  for (std::size_t i = 0; i < 3; ++i) {
    const double pivot = rows[i][i];
    if (std::abs(pivot) < 1e-60) continue;
    for (std::size_t j = 0; j < 3; ++j) {
      if (j == i) continue;
      const double factor = rows[j][i] / pivot;
      for (std::size_t k = 0; k < 4; ++k) rows[j][k] -= factor * rows[i][k];
    }
  }
  std::array<double, 3> x{};
  for (std::size_t i = 0; i < 3; ++i) x[i] = std::abs(rows[i][i]) < 1e-60 ? 0.0 : rows[i][3] / rows[i][i];
  return x;
}

std::vector<Tier> tiers_of(std::size_t layers, int on_device) {
  std::vector<Tier> tiers(layers, Tier::cloud);
  std::fill_n(tiers.begin(), on_device, Tier::device);
  return tiers;
}

double objective_of(const Deployment& deployment, const Objective& objective) {
  return objective.kind() == Objective::Kind::energy ? deployment.cost.energy_uj().value : deployment.cost.latency_ns().value;
}

/// The cheapest cut of the chain as `request` prices it.
std::vector<Tier> cheapest_cut(const PlanRequest& request) {
  std::vector<Tier> found;
  double least = 0.0;
  for (const int k : chain_cuts(request.graph)) {
    std::vector<Tier> tiers = tiers_of(request.graph.layers().size(), k);
    const double value = objective_of(evaluate(request, tiers), request.minimize);
    if (!found.empty() && value >= least) continue;
    least = value;
    found = std::move(tiers);
  }
  return found;
}

}  // namespace

std::vector<int> chain_cuts(const Graph& graph) {
  const auto& layers = graph.layers();
  std::map<std::string, int> last_use;
  for (std::size_t i = 0; i < layers.size(); ++i)
    for (const std::string& value : layers[i].inputs) last_use[value] = static_cast<int>(i);
  std::vector<int> cuts = {0};
  std::set<std::string> alive;
  for (const TensorInfo& input : graph.inputs()) alive.insert(input.name);
  const int all = static_cast<int>(layers.size());
  for (int k = 1; k < all; ++k) {
    for (const std::string& value : layers[static_cast<std::size_t>(k) - 1].outputs) alive.insert(value);
    std::erase_if(alive, [&](const std::string& value) { return !last_use.contains(value) || last_use[value] < k; });
    if (alive.size() == 1) cuts.push_back(k);
  }
  cuts.push_back(all);
  return cuts;
}

LayerRegression::LayerRegression(const std::vector<Profile>& profiles) {
  std::map<std::string, std::array<std::array<double, 4>, 3>> sums;
  for (const Profile& profile : profiles)
    for (const LayerProfile& layer : profile.layers) {
      const double ns = layer.latency_ns.value;
      if (!(ns > 0.0)) continue;
      const std::array<double, 3> x = features(layer);
      auto& sum = sums[type_of(layer)];
      for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 3; ++j) sum[i][j] += x[i] * x[j] / (ns * ns);
        sum[i][3] += x[i] / ns;
      }
    }
  for (const auto& [type, sum] : sums) {
    const std::array<double, 3> x = solve(sum);
    fits_[type] = {x[0], x[1], x[2]};
  }
}

double LayerRegression::predict(const LayerProfile& layer) const {
  const auto found = fits_.find(type_of(layer));
  if (found == fits_.end()) return 0.0;
  const std::array<double, 3> x = features(layer);
  return std::max(0.0, found->second.per_flop * x[0] + found->second.per_byte * x[1] + found->second.fixed * x[2]);
}

std::vector<Tier> neurosurgeon(const PlanRequest& request, const LayerRegression& device, const LayerRegression& cloud,
                               double device_w) {
  PlanRequest believed = request;
  believed.device.resize(1);
  believed.cloud.resize(1);
  for (LayerProfile& layer : believed.device.front().layers) {
    layer.latency_ns = {device.predict(layer), 0.0, Provenance::predicted};
    layer.energy_uj = {layer.latency_ns.value * 1e-3 * device_w, 0.0, Provenance::predicted};
  }
  for (LayerProfile& layer : believed.cloud.front().layers)
    layer.latency_ns = {cloud.predict(layer), 0.0, Provenance::predicted};
  return cheapest_cut(believed);
}

std::vector<Tier> dads(const PlanRequest& request) {
  PlanRequest own = request;
  own.minimize = Objective::latency();
  return make_plan(own).chosen.tiers;
}

Scan dnntune_scan(const PlanRequest& request) {
  Scan scan;
  PlanRequest own = request;
  double least = 0.0;
  for (std::size_t i = 0; i < request.device.size(); ++i) {
    own.device = {request.device[i]};
    const double value = objective_of(
        evaluate(own, tiers_of(request.graph.layers().size(), static_cast<int>(request.graph.layers().size()))),
        request.minimize);
    if (i > 0 && value >= least) continue;
    least = value;
    scan.configuration = i;
  }
  own.device = {request.device[scan.configuration]};
  scan.tiers = cheapest_cut(own);
  return scan;
}

}  // namespace dnntune::reproduce
