// SPDX-License-Identifier: Apache-2.0
// From measured networks to samples, and from samples to what is known of kinds and of whole networks.
#include <algorithm>
#include <cmath>

#include "cost/cost_model_impl.h"
#include "cost/features.h"
#include "cost/kernel_choice.h"

namespace dnntune {
namespace {

constexpr std::size_t kMostLearnt = 512;
/// No time is known better than this, whatever its samples say: clocks change, memory lies elsewhere.
constexpr double kLeastSpread = 0.004;
/// Less than this is no layer but a look at the clock.
constexpr double kNothingNs = 1.0;
/// Standard error of a median from the median absolute deviation of a normal distribution.
constexpr double kMedianError = 1.4826 * 1.2533;

double square(double x) { return x * x; }

/// Relative variance of a measured figure.
double variance_of(const LayerProfile& layer) {
  const double spread = kMedianError * layer.latency_ns.spread / std::sqrt(std::max(layer.samples, 1)) / std::max(layer.latency_ns.value, 1.0);
  return square(std::min(std::max(spread, kLeastSpread), 0.5));
}

/// Layers of the profile that several layers of the plan belong to: nobody knows which took how long.
std::vector<bool> shared_layers(const MeasuredNetwork& network) {
  std::vector<int> uses(network.profile.layers.size(), 0);
  for (const LayerShape& shape : network.shape.layers) ++uses[static_cast<std::size_t>(shape.layer)];
  std::vector<bool> shared;
  for (const int count : uses) shared.push_back(count > 1);
  return shared;
}

}  // namespace

void CostModel::Impl::add(const MeasuredNetwork& network) {
  add_energies(network);
  cost::HeldNetwork held;
  held.id = next_id++;
  held.threads = cost::threads_used(network.shape, network.profile.threads);
  bool whole_is_known = network.profile.run_ns.provenance != Provenance::unknown;
  std::vector<cost::LayerGuess> priors;
  if (base) priors = base->guess(network.shape, network.profile.threads);
  const std::vector<bool> shared = shared_layers(network);
  const cost::Footprint footprint = cost::footprint_of(network.shape);
  const auto keep = [&](const std::string& kind, const LayerShape& shape, double ns, const cost::Terms& terms, double variance) {
    if (ns < kNothingNs) return kinds[kind].add_nothing();
    const double prior = cost::sum_of(terms);
    const std::size_t at = kinds[kind].add({cost::features_of(shape, held.threads, prior), terms, std::log(ns / prior), variance, held.id});
    held.parts.emplace_back(kind, at);
  };
  for (std::size_t i = 0; i < network.shape.layers.size(); ++i) {
    const LayerShape& shape = network.shape.layers[i];
    const auto index = static_cast<std::size_t>(shape.layer);
    const LayerProfile& layer = network.profile.layers[index];
    if (layer.latency_ns.provenance == Provenance::unknown || shared[index]) {
      whole_is_known = false;
      continue;
    }
    const double kernel_ns = std::max(0.0, layer.latency_ns.value - layer.conversion_ns.value);
    const bool carries = base && priors[i].kernel.ns > 0.0;
    const cost::Terms terms = carries ? cost::whole_term(priors[i].kernel.ns) : cost::terms_of(roofline, shape, layer.kernel, held.threads, footprint);
    if (kernel_ns >= kNothingNs) ++held.layers;
    keep(cost::kind_of_kernel(shape, layer.kernel), shape, kernel_ns, terms, variance_of(layer));
    if (shape.conversion_bytes > 0)
      keep("conversion:" + shape.kind, shape, layer.conversion_ns.value, cost::conversion_terms(roofline, shape.conversion_bytes, held.threads), variance_of(layer));
  }
  if (!whole_is_known || held.parts.empty()) return;
  held.run_ns = network.profile.run_ns.value;
  if (networks.size() == kMostLearnt) networks.erase(networks.begin());
  networks.push_back(std::move(held));
}

void CostModel::Impl::fit() {
  for (auto& [kind, model] : kinds)
    if (model.dirty()) model.fit(base != nullptr);
  fit_networks();
}

void CostModel::Impl::fit_networks(bool search) {
  std::map<std::string, std::vector<cost::Estimate>> others;
  for (const auto& [kind, model] : kinds)
    if (model.known()) others[kind] = model.left_out();

  struct Pairs {
    double product = 0.0;
    int count = 0;
  };
  std::map<std::string, Pairs> pairs;
  struct Total {
    double ns = 0.0;
    std::map<std::string, std::pair<double, double>> spreads;  ///< Sum of squares, sum; in ns.
  };
  std::vector<std::pair<const cost::HeldNetwork*, Total>> totals;
  for (const cost::HeldNetwork& network : networks) {
    Total total;
    std::map<std::string, std::vector<double>> z;
    bool whole_network = true;
    for (const auto& [kind, at] : network.parts) {
      const cost::Sample& sample = kinds.at(kind).samples()[at];
      if (sample.network != network.id) whole_network = false;  // newer samples have taken the place
      if (!whole_network) break;
      const cost::Estimate& estimate = others.at(kind)[at];
      const double ns = std::exp(sample.features[0] + estimate.log_ratio), spread = ns * std::sqrt(estimate.variance);
      total.ns += ns;
      total.spreads[kind].first += square(spread);
      total.spreads[kind].second += spread;
      z[kind].push_back(std::clamp((sample.log_ratio - estimate.log_ratio) / std::sqrt(estimate.variance), -3.0, 3.0));
    }
    if (!whole_network) continue;
    for (const auto& [kind, values] : z)
      for (std::size_t i = 0; i < values.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
          pairs[kind].product += values[i] * values[j];
          ++pairs[kind].count;
        }
    totals.emplace_back(&network, std::move(total));
  }
  // Few pairs: as if some that go together had been seen.
  constexpr double kDoubtPairs = 10.0, kDoubt = 0.3;
  correlation.clear();
  for (const auto& [kind, seen] : pairs) correlation[kind] = std::clamp((seen.product + kDoubt * kDoubtPairs) / (seen.count + kDoubtPairs), 0.0, 0.9);

  whole.clear_samples();
  for (const auto& [network, total] : totals) {
    double variance = 0.0;
    for (const auto& [kind, spread] : total.spreads) {
      const auto found = correlation.find(kind);
      const double together = found == correlation.end() ? 1.0 : found->second;
      variance += (1.0 - together) * spread.first + together * square(spread.second);
    }
    const double expected = base ? base->whole_factor(total.ns, network->layers, network->threads).log_ratio : 0.0;
    whole.add({{std::log(total.ns), std::log1p(network->layers), 2.0 * std::log(network->threads)},
               cost::whole_term(1.0), std::log(network->run_ns / total.ns) - expected, variance / square(total.ns), network->id});
  }
  if (search)
    whole.fit(base != nullptr);
  else
    whole.fit(whole.hyperparameters(), whole.searched_at());
}

}  // namespace dnntune
