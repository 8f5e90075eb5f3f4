// SPDX-License-Identifier: Apache-2.0
// Predictions of layers and of their sum.
#include <algorithm>
#include <cmath>

#include "cost/cost_model_impl.h"
#include "cost/features.h"
#include "cost/kernel_choice.h"

namespace dnntune {
namespace {

using cost::Estimate;
using cost::Guess;
using cost::LayerGuess;

/// Times of one kind are wide of the roofline by this much before any is known, as a standard deviation of the logarithm.
constexpr double kUnknownSpread = 0.5;
/// Between two machines of one family.
constexpr double kTransferSpread = 0.2;

/// Median and standard deviation of a log-normal time. Its mean is larger, by the more the less is known: a sum of means of layers would be
/// too long for all networks with layers that are not well known.
Guess log_normal(double prior, const Estimate& estimate, bool known) {
  const double variance = std::min(estimate.variance, 1.0);
  const double median = prior * std::exp(estimate.log_ratio);
  return {median, median * std::sqrt(std::expm1(variance)), known};
}

/// Something to predict: a layer's kernel or its conversion.
struct Query {
  Guess* result;
  double prior;
  double prior_variance;
  std::size_t row;
};

/// Queries of one kind; equal layers share a row.
struct Batch {
  std::vector<Query> queries;
  std::map<std::vector<double>, std::size_t> rows;
  std::vector<cost::Terms> terms;  ///< One a row.

  void add(Guess* result, const cost::Terms& made_of, double variance, std::vector<double> features) {
    const auto [at, added] = rows.emplace(std::move(features), rows.size());
    if (added) terms.push_back(made_of);
    queries.push_back({result, cost::sum_of(made_of), variance, at->second});
  }
};

Eigen::MatrixXd matrix_of(const Batch& batch) {
  Eigen::MatrixXd x(static_cast<Eigen::Index>(batch.rows.size()), static_cast<Eigen::Index>(batch.rows.begin()->first.size()));
  for (const auto& [features, row] : batch.rows)
    for (std::size_t d = 0; d < features.size(); ++d) x(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(d)) = features[d];
  return x;
}

double squared(double x) { return x * x; }
double relative_variance(const Guess& guess) { return guess.ns > 0.0 ? std::log1p(squared(guess.spread_ns / guess.ns)) : 0.0; }

}  // namespace

Estimate CostModel::Impl::unknown(bool dense) const {
  std::vector<double> alike, all;
  for (const auto& [kind, model] : kinds) {
    if (!model.known() || kind.starts_with("conversion")) continue;
    all.push_back(model.median());
    if (cost::is_dense(kind) == dense) alike.push_back(model.median());
  }
  std::vector<double>& medians = alike.empty() ? all : alike;
  if (medians.empty()) return {base ? 0.0 : std::log(2.0), squared(kUnknownSpread)};  // half the roofline
  std::nth_element(medians.begin(), medians.begin() + static_cast<std::ptrdiff_t>(medians.size() / 2), medians.end());
  return {medians[medians.size() / 2], squared(base ? kTransferSpread : kUnknownSpread)};
}

std::vector<LayerGuess> CostModel::Impl::guess(const NetworkShape& network, int given_threads) const {
  const int threads = cost::threads_used(network, given_threads);
  std::vector<LayerGuess> guesses(network.layers.size());
  std::vector<LayerGuess> priors;
  if (base) priors = base->guess(network, given_threads);
  const cost::Footprint footprint = cost::footprint_of(network);
  std::map<std::string, Batch> batches;
  for (std::size_t i = 0; i < guesses.size(); ++i) {
    const LayerShape& layer = network.layers[i];
    const bool carries = base && priors[i].kernel.ns > 0.0;
    cost::Terms terms = carries ? cost::whole_term(priors[i].kernel.ns) : cost::terms_of(roofline, layer, layer.kernel, threads, footprint);
    std::vector<double> features = cost::features_of(layer, threads, cost::sum_of(terms));
    guesses[i].kind = cost::likely_kind(kinds, layer, features);
    if (!carries && layer.kernel.empty()) {
      terms = cost::terms_of(roofline, layer, cost::kernel_of_kind(guesses[i].kind), threads, footprint);
      features = cost::features_of(layer, threads, cost::sum_of(terms));
    }
    if (cost::is_nothing(layer))
      guesses[i].kernel = {0.0, 0.0, true};
    else
      batches[guesses[i].kind].add(&guesses[i].kernel, terms, carries ? relative_variance(priors[i].kernel) : 0.0, std::move(features));
    if (layer.conversion_bytes == 0) continue;
    const cost::Terms conversion = cost::conversion_terms(roofline, layer.conversion_bytes, threads);
    batches["conversion:" + layer.kind].add(&guesses[i].conversion, conversion, 0.0, cost::features_of(layer, threads, cost::sum_of(conversion)));
  }
  const auto load = loads.find(threads);
  const double factor = load == loads.end() ? 1.0 : std::exp(load->second.log);
  for (const auto& [kind, batch] : batches) {
    const bool conversion = kind.starts_with("conversion");
    const auto found = kinds.find(kind);
    const bool measured = found != kinds.end() && (found->second.known() || found->second.mostly_nothing());
    if (measured && found->second.mostly_nothing()) {
      // It may still be that this one takes time.
      const double share = found->second.working_share();
      for (const Query& query : batch.queries) *query.result = {0.0, factor * query.prior * std::sqrt(share * (1.0 - share)), true};
      continue;
    }
    std::vector<Estimate> estimates;
    if (measured) estimates = found->second.predict(matrix_of(batch), batch.terms);
    const Estimate other = conversion ? Estimate{std::log(2.0), squared(kUnknownSpread)} : unknown(cost::is_dense(kind));
    for (const Query& query : batch.queries) {
      Estimate estimate = measured ? estimates[query.row] : other;
      if (!measured) estimate.variance += query.prior_variance;
      *query.result = log_normal(factor * query.prior, estimate, measured || query.prior_variance > 0.0);
    }
  }
  // A layer that another machine's model knows to be a view.
  for (std::size_t i = 0; base && i < guesses.size(); ++i)
    if (priors[i].kernel.known && priors[i].kernel.ns == 0.0 && !kinds.contains(guesses[i].kind)) guesses[i].kernel = priors[i].kernel;
  return guesses;
}

double CostModel::Impl::sum_variance(const std::vector<LayerGuess>& guesses) const {
  struct Sums {
    double apart = 0.0, together = 0.0;
  };
  std::map<std::string, Sums> by_kind;
  double sum = 0.0;
  for (std::size_t i = 0; i < guesses.size(); ++i) {
    for (const Guess& part : {guesses[i].kernel, guesses[i].conversion}) {
      Sums& sums = by_kind[guesses[i].kind];
      sums.apart += squared(part.spread_ns);
      sums.together += part.spread_ns;
      sum += part.ns;
    }
  }
  double variance = 0.0;
  for (const auto& [kind, sums] : by_kind) {
    const auto found = correlation.find(kind);
    // Errors of a kind that was never seen in two layers of a network may all be the same.
    const double shared = found == correlation.end() ? 1.0 : found->second;
    variance += (1.0 - shared) * sums.apart + shared * squared(sums.together);
  }
  return sum > 0.0 ? variance / squared(sum) : 0.0;
}

Estimate CostModel::Impl::whole_factor(double sum_ns, int working_layers, int threads) const {
  Estimate factor;
  if (base) factor = base->whole_factor(sum_ns, working_layers, threads);
  if (!whole.known()) return factor;
  Eigen::MatrixXd features(1, 3);
  features << std::log(sum_ns), std::log1p(working_layers), 2.0 * std::log(threads);
  const Estimate own = whole.predict(features, {cost::whole_term(1.0)}).front();
  return {factor.log_ratio + own.log_ratio, own.variance};
}

Cost CostModel::Impl::run(const NetworkShape& network, const std::vector<LayerGuess>& guesses, int given_threads) const {
  const int threads = cost::threads_used(network, given_threads);
  double sum = 0.0;
  int working = 0;
  for (const LayerGuess& guess : guesses) {
    sum += guess.kernel.ns + guess.conversion.ns;
    working += guess.kernel.ns > 0.0 ? 1 : 0;
  }
  double log = 0.0, variance = sum_variance(guesses);
  if (sum > 0.0) {
    const Estimate factor = whole_factor(sum, working, threads);
    log = factor.log_ratio;
    variance += factor.variance;
  }
  if (const auto load = loads.find(threads); load != loads.end()) variance += load->second.variance;
  const double mean = sum * std::exp(log);
  return {mean, mean * std::sqrt(std::expm1(std::min(variance, 1.0))), Provenance::predicted};
}

}  // namespace dnntune
