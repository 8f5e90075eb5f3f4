// SPDX-License-Identifier: Apache-2.0
#include "dnntune/cost_model.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/clock.h"
#include "cost/cost_model_impl.h"
#include "dnntune/error.h"
#include "dnntune/version.h"

namespace dnntune {
namespace {

Cost predicted(double value, double spread) { return {value, spread, Provenance::predicted}; }

void check(const char* field, double value, bool may_be_zero) {
  if (std::isfinite(value) && (value > 0.0 || (may_be_zero && value == 0.0))) return;
  throw Error(ErrorCode::invalid_argument, fmt::format("roofline: {} is {}, it must be finite and {}", field, value,
                                                       may_be_zero ? "not negative" : "positive"));
}

void check(const Roofline& roofline) {
  check("peak_flops", roofline.peak_flops, false);
  check("memory_bytes_per_s", roofline.memory_bytes_per_s, false);
  check("launch_ns", roofline.launch_ns, true);
  check("wake_ns", roofline.wake_ns, true);
  check("others_bytes_per_s", roofline.others_bytes_per_s, true);
  for (const CacheSpeed& cache : roofline.caches) {
    check("caches: size_bytes", static_cast<double>(cache.size_bytes), false);
    check("caches: bytes_per_s", cache.bytes_per_s, false);
  }
}

void check(const MeasuredNetwork& network) {
  cost::check_energies(network);
  bool any = false;
  for (const LayerShape& shape : network.shape.layers)
    if (shape.layer < 0 || static_cast<std::size_t>(shape.layer) >= network.profile.layers.size())
      throw Error(ErrorCode::invalid_argument, fmt::format("layer '{}' is not in the profile of '{}', which has {} layers", shape.name,
                                                           network.profile.model, network.profile.layers.size()));
  for (const LayerProfile& layer : network.profile.layers) {
    if (layer.latency_ns.provenance == Provenance::unknown) continue;
    for (const double ns : {layer.latency_ns.value, layer.latency_ns.spread, layer.conversion_ns.value})
      if (!std::isfinite(ns) || ns < 0.0)
        throw Error(ErrorCode::invalid_argument, fmt::format("layer '{}': latency_ns is {}, it must be finite and not negative", layer.name, ns));
    any = true;
  }
  if (!any) throw Error(ErrorCode::invalid_argument, fmt::format("the profile of '{}' has no layers of known latency", network.profile.model));
  const Cost& run = network.profile.run_ns;
  if (run.provenance != Provenance::unknown && !(std::isfinite(run.value) && run.value > 0.0))
    throw Error(ErrorCode::invalid_argument, fmt::format("the profile of '{}': run_ns is {}, it must be finite and positive", network.profile.model, run.value));
}

/// Kinds that were never measured, with their share of the time.
void warn_of_unknown(Profile& profile, const NetworkShape& network, const std::vector<cost::LayerGuess>& guesses) {
  std::map<std::string, std::pair<int, double>> unknown;
  double sum = 0.0;
  for (std::size_t i = 0; i < guesses.size(); ++i) {
    sum += guesses[i].kernel.ns;
    if (guesses[i].kernel.known) continue;
    auto& [layers, ns] = unknown[network.layers[i].kind];
    ++layers;
    ns += guesses[i].kernel.ns;
  }
  for (const auto& [kind, found] : unknown)
    profile.notes.push_back(fmt::format("warning: {} layers of kind '{}', {:.1f} % of the time, are by the roofline alone: none was ever measured",
                                        found.first, kind, 100.0 * found.second / std::max(sum, 1.0)));
}

}  // namespace

CostModel::CostModel(Roofline roofline) {
  check(roofline);
  impl_ = std::make_unique<Impl>(std::move(roofline));
}

CostModel::CostModel(const CostModel& source, Roofline roofline) : CostModel(std::move(roofline)) {
  auto base = std::make_shared<Impl>(*source.impl_);
  base->loads.clear();
  impl_->base = std::move(base);
}

CostModel::CostModel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CostModel::CostModel(const CostModel& other) : impl_(std::make_unique<Impl>(*other.impl_)) {}
CostModel& CostModel::operator=(const CostModel& other) {
  impl_ = std::make_unique<Impl>(*other.impl_);
  return *this;
}
CostModel::CostModel(CostModel&&) noexcept = default;
CostModel& CostModel::operator=(CostModel&&) noexcept = default;
CostModel::~CostModel() = default;

void CostModel::learn(const std::vector<MeasuredNetwork>& networks) {
  for (const MeasuredNetwork& network : networks) check(network);
  for (const MeasuredNetwork& network : networks) impl_->add(network);
  impl_->fit();
}

void CostModel::learn_energy(const std::vector<MeasuredNetwork>& networks) {
  for (const MeasuredNetwork& network : networks) check(network);
  for (const MeasuredNetwork& network : networks) impl_->add_energies(network);
}

const Roofline& CostModel::roofline() const noexcept { return impl_->roofline; }

std::size_t CostModel::samples() const noexcept {
  std::size_t count = 0;
  for (const auto& [kind, model] : impl_->kinds) count += model.samples().size();
  return count;
}

double CostModel::median_error() const noexcept {
  if (!impl_->whole.known()) return 0.0;
  std::vector<double> errors;
  const std::vector<cost::Estimate> others = impl_->whole.left_out();
  for (std::size_t i = 0; i < others.size(); ++i)
    errors.push_back(std::abs(std::exp(others[i].log_ratio - impl_->whole.samples()[i].log_ratio) - 1.0));
  const auto middle = errors.begin() + static_cast<std::ptrdiff_t>(errors.size() / 2);
  std::nth_element(errors.begin(), middle, errors.end());
  return *middle;
}

Profile CostModel::predict(const NetworkShape& network, const Processor& processor) const {
  const std::vector<cost::LayerGuess> guesses = impl_->guess(network, processor.threads);
  Profile profile;
  profile.model = network.name;
  profile.processor = processor.name;
  profile.threads = processor.threads;
  profile.library_version = version();
  profile.date = base::utc_date();
  profile.notes.push_back(fmt::format("predicted from {} measured layers of {} kinds in {} networks", samples(), impl_->kinds.size(), impl_->networks.size()));
  profile.memory_source = MemorySource::lower_bound;
  warn_of_unknown(profile, network, guesses);
  int layers = 0;
  for (const LayerShape& shape : network.layers) layers = std::max(layers, shape.layer + 1);
  profile.layers.resize(static_cast<std::size_t>(layers));
  for (LayerProfile& layer : profile.layers) layer.latency_ns = layer.conversion_ns = predicted(0.0, 0.0);
  for (std::size_t i = 0; i < guesses.size(); ++i) {
    const LayerShape& shape = network.layers[i];
    LayerProfile& layer = profile.layers[static_cast<std::size_t>(shape.layer)];
    const cost::Guess &kernel = guesses[i].kernel, &conversion = guesses[i].conversion;
    layer.name = shape.name;
    layer.op = shape.op;
    layer.kernel = shape.kernel;
    layer.latency_ns = layer.latency_ns + predicted(kernel.ns + conversion.ns, std::hypot(kernel.spread_ns, conversion.spread_ns));
    layer.conversion_ns = layer.conversion_ns + predicted(conversion.ns, conversion.spread_ns);
    layer.flops += shape.flops;
    layer.input_bytes += shape.input_bytes;
    layer.output_bytes += shape.output_bytes;
    layer.weight_bytes += shape.weight_bytes;
    layer.memory_bytes = std::max(layer.memory_bytes, shape.input_bytes + shape.output_bytes);
    profile.arena_bytes = std::max(profile.arena_bytes, layer.memory_bytes);
    profile.weight_bytes += shape.weight_bytes;
  }
  profile.run_ns = impl_->run(network, guesses, processor.threads);
  impl_->add_energies_to(profile, network, processor);
  return profile;
}

Profile CostModel::predict(const Graph& graph, const Processor& processor, const std::map<std::string, Shape>& input_shapes) const {
  return predict(graph, network_shape(graph, input_shapes), processor);
}

Profile CostModel::predict(const Graph& graph, const NetworkShape& network, const Processor& processor) const {
  for (const LayerShape& shape : network.layers)
    if (shape.layer < 0 || static_cast<std::size_t>(shape.layer) >= graph.layers().size())
      throw Error(ErrorCode::invalid_argument, fmt::format("predict: layer '{}' of shape '{}' is number {} of graph '{}', which has {}", shape.name, network.name, shape.layer,
                                                           graph.name(), graph.layers().size()));
  Profile profile = predict(network, processor);
  profile.model_hash = graph.hash();
  const std::vector<LayerInfo>& infos = graph.layers();
  profile.layers.resize(infos.size());
  for (std::size_t i = 0; i < infos.size(); ++i) {
    LayerProfile& layer = profile.layers[i];
    if (layer.latency_ns.provenance == Provenance::unknown) {  // no plan has it: it takes nothing
      layer.latency_ns = layer.conversion_ns = predicted(0.0, 0.0);
      if (profile.run_energy_uj.provenance != Provenance::unknown) layer.energy_uj = predicted(0.0, 0.0);
    }
    layer.name = infos[i].name;
    layer.op = infos[i].op;
    layer.inputs = infos[i].inputs;
    layer.outputs = infos[i].outputs;
  }
  return profile;
}

double CostModel::ignorance(const NetworkShape& network, int threads) const {
  double sum = 0.0, ignorance = 0.0;
  const std::vector<cost::LayerGuess> guesses = impl_->guess(network, threads);
  for (const cost::LayerGuess& guess : guesses) sum += guess.kernel.ns + guess.conversion.ns;
  for (const cost::LayerGuess& guess : guesses)
    for (const cost::Guess& part : {guess.kernel, guess.conversion})
      if (part.ns > 0.0) ignorance += std::pow(part.spread_ns / part.ns, 2) * part.ns / std::max(sum, 1.0);
  return ignorance;
}

void CostModel::update(const NetworkShape& network, int threads, double run_ns) {
  if (!std::isfinite(run_ns) || run_ns <= 0.0)
    throw Error(ErrorCode::invalid_argument, fmt::format("update: run_ns is {}, it must be positive and finite", run_ns));
  // A Kalman filter of one state: what a run tells of the load is as sure as the prediction, and the load drifts.
  constexpr double kDrift = 0.05 * 0.05, kLeastVariance = 0.05 * 0.05, kMostStep = 0.405;  // log of 1.5
  cost::Load& load = impl_->loads[cost::threads_used(network, threads)];
  const Cost now = impl_->run(network, impl_->guess(network, threads), threads);
  const double difference = std::log(run_ns / now.value);
  const double doubt = std::max(kLeastVariance, std::pow(now.spread / now.value, 2));
  load.variance += kDrift;
  const double gain = std::max(load.variance / (load.variance + doubt), 0.1);
  load.log += std::clamp(gain * difference, -kMostStep, kMostStep);
  load.variance *= 1.0 - gain;
}

double CostModel::load(int threads) const {
  const auto found = impl_->loads.find(threads);
  return found == impl_->loads.end() ? 1.0 : std::exp(found->second.log);
}

}  // namespace dnntune
