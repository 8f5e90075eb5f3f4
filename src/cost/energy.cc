// SPDX-License-Identifier: Apache-2.0
// From measured energies to powers, and from powers and predicted times to energies.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cost/cost_model_impl.h"
#include "dnntune/error.h"

namespace dnntune {
namespace {

using cost::FittedPower;
using cost::StateTimes;

/// A layer that draws so many times what its network does was not measured alone.
constexpr double kMostOverNetwork = 10.0;
/// Powers beyond these are none of a processor that runs networks.
constexpr double kLeastNetworkW = 1e-6, kMostNetworkW = 1e6;
/// Of another machine's powers, as a standard deviation relative to them.
constexpr double kOtherMachineError = 0.2;

bool is_measured(const Cost& cost) noexcept { return cost.provenance == Provenance::measured; }

/// Of measured energies over their times; 0 where none is known, or the run's is not larger than the meter's error.
double network_watt(const Profile& profile) {
  const Cost& run_uj = profile.run_energy_uj;
  if (is_measured(run_uj) && is_measured(profile.run_ns)) return run_uj.value > run_uj.spread ? run_uj.value / profile.run_ns.value * 1e3 : 0.0;
  double uj = 0.0, ns = 0.0;
  for (const LayerProfile& layer : profile.layers)
    if (is_measured(layer.energy_uj) && is_measured(layer.latency_ns)) {
      uj += layer.energy_uj.value;
      ns += layer.latency_ns.value;
    }
  return ns > 0.0 ? uj / ns * 1e3 : 0.0;
}

/// Empty where the meter's error is as large as what there is to measure.
std::optional<cost::PowerSample> sample_of(const Cost& energy_uj, const StateTimes& times, double scale_w) {
  const double ns = times.sum_ns();
  if (ns <= 0.0) return std::nullopt;
  const cost::PowerSample sample = {energy_uj.value / ns * 1e3, times.computing_ns / ns, scale_w, energy_uj.spread / ns * 1e3 / scale_w};
  if (sample.error >= 1.0 || sample.watt > kMostOverNetwork * scale_w) return std::nullopt;
  return sample;
}

void widen(FittedPower& power, double error) {
  power.layer_error = std::hypot(power.layer_error, error);
  power.run_error = std::hypot(power.run_error, error);
  for (std::size_t i = 0; i < 3; ++i) power.covariance[i] += error * error * power.watt[i / 2] * power.watt[(i + 1) / 2];
}

/// Times the power that the caller knows.
void use_known_power(Profile& profile, const Processor& processor) {
  const double uj_per_ns = processor.active_power_w * 1e-3;
  const auto energy = [&](const Cost& ns) { return Cost{ns.value * uj_per_ns, ns.spread * uj_per_ns, Provenance::predicted}; };
  for (LayerProfile& layer : profile.layers) layer.energy_uj = energy(layer.latency_ns);
  profile.run_energy_uj = energy(profile.run_ns);
  profile.energy_source = processor.power_source;
}

}  // namespace

void cost::check_energies(const MeasuredNetwork& network) {
  const auto check = [&](const Cost& energy_uj, const std::string& whose) {
    if (!is_measured(energy_uj)) return;
    for (const double uj : {energy_uj.value, energy_uj.spread})
      if (!std::isfinite(uj) || uj < 0.0)
        throw Error(ErrorCode::invalid_argument, fmt::format("the profile of '{}': {} is {}, it must be finite and not negative", network.profile.model, whose, uj));
  };
  check(network.profile.run_energy_uj, "run_energy_uj");
  for (const LayerProfile& layer : network.profile.layers) check(layer.energy_uj, fmt::format("energy_uj of layer '{}'", layer.name));
}

void CostModel::Impl::add_energies(const MeasuredNetwork& network) {
  const Profile& profile = network.profile;
  const double watt = network_watt(profile);
  if (!(watt >= kLeastNetworkW && watt <= kMostNetworkW)) return;
  const int threads = cost::threads_used(network.shape, profile.threads);
  const std::vector<cost::LayerParts> parts = cost::parts_by_layer(roofline, network.shape, threads);
  StateTimes run;
  bool all_known = true;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const LayerProfile& layer = profile.layers[i];
    if (!is_measured(layer.latency_ns) || !layer.processor.empty()) {
      all_known = false;
      continue;
    }
    const StateTimes times = cost::state_times(parts[i], layer);
    run += times;
    if (!is_measured(layer.energy_uj)) continue;
    if (const auto sample = sample_of(layer.energy_uj, times, watt)) powers.add_layer(threads, *sample);
  }
  if (!all_known || !is_measured(profile.run_energy_uj) || !is_measured(profile.run_ns)) return;
  if (const auto sample = sample_of(profile.run_energy_uj, run.scaled_to(profile.run_ns.value), watt)) powers.add_run(threads, *sample);
}

StatePower CostModel::power(int threads) const {
  StatePower result;
  result.threads = std::max(threads, 1);
  const std::optional<FittedPower> known = impl_->power(result.threads);
  if (!known) return result;
  result.computing_w = {known->watt[0], std::sqrt(std::max(known->covariance[0], 0.0)), Provenance::predicted};
  result.moving_w = {known->watt[1], std::sqrt(std::max(known->covariance[2], 0.0)), Provenance::predicted};
  if (const auto found = impl_->powers.samples().find(result.threads); found != impl_->powers.samples().end()) {
    result.layers = static_cast<int>(found->second.layers.count);
    result.runs = static_cast<int>(found->second.runs.count);
  }
  return result;
}

std::optional<FittedPower> CostModel::Impl::power(int threads, bool own) const {
  if (powers.known()) return powers.at(threads);
  if (own || !base) return std::nullopt;
  std::optional<FittedPower> other = base->power(threads);
  if (other) widen(*other, kOtherMachineError);
  return other;
}

void CostModel::Impl::add_energies_to(Profile& profile, const NetworkShape& network, const Processor& processor) const {
  const int threads = cost::threads_used(network, processor.threads);
  const bool given = processor.active_power_w >= 0.0;
  const std::optional<FittedPower> known = power(threads, given);
  if (!known) {
    if (given) use_known_power(profile, processor);
    return;
  }
  const std::vector<cost::LayerParts> parts = cost::parts_by_layer(roofline, network, threads);
  StateTimes run;
  for (std::size_t i = 0; i < profile.layers.size(); ++i) {
    LayerProfile& layer = profile.layers[i];
    const StateTimes times = cost::state_times(parts[i], layer);
    run += times;
    layer.energy_uj = cost::layer_energy_uj(*known, times, layer.latency_ns.spread);
  }
  profile.run_energy_uj = cost::run_energy_uj(*known, run.scaled_to(profile.run_ns.value), profile.run_ns.spread);
  profile.energy_source = powers.known() ? "power by state, from measured energies" : "power by state, from another machine's measured energies";
  profile.notes.push_back(fmt::format("energy: {:.3g} W computing and {:.3g} W moving data above idle, on {} thread{}; {}", known->watt[0], known->watt[1], threads,
                                      threads == 1 ? "" : "s", profile.energy_source));
  if (given) profile.notes.push_back(fmt::format("the processor's power, {:g} W, is not used: energies were measured", processor.active_power_w));
  if (powers.known() && !powers.measured(threads))
    profile.notes.push_back(fmt::format("warning: no energy was measured on {} thread{}; the power is drawn from what is known of other numbers of threads", threads, threads == 1 ? "" : "s"));
}

}  // namespace dnntune
