// SPDX-License-Identifier: Apache-2.0
#include "runtime/energy.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <span>

#include <fmt/format.h>

#include "device/meters/adaptive.h"
#include "device/meters/conditions.h"
#include "device/meters/power_model.h"
#include "dnntune/error.h"
#include "runtime/statistics.h"

namespace dnntune::runtime {
namespace {

using device::Window;

/// An idle window is at least this long, as other processes do not wake evenly.
constexpr std::int64_t kLeastIdleNs = 300'000'000;
/// Shares of the time allowed: each idle window, the run, the layers.
constexpr double kIdleShare = 0.1, kRunShare = 0.25, kLayerShare = 0.5;
/// An idle power that moved by more than this part of the power above it makes the figures doubtful.
constexpr double kMuchDrift = 0.2;

void check_options(const EnergyOptions& options) {
  const auto require = [](bool holds, const char* rule) {
    if (!holds) throw Error(ErrorCode::invalid_argument, fmt::format("EnergyOptions: {}", rule));
  };
  require(!options.meter.empty(), "meter must be \"auto\", \"model\" or a meter's name");
  require(options.precision >= 0.001 && options.precision <= 0.5, "precision must be in 0.001..0.5");
  require(options.max_total_s > 0.0 && options.max_total_s <= 86400.0, "max_total_s must be above 0 and at most 86400");
}

/// Windows of the steps, in the order of a run.
class StepWindows {
 public:
  StepWindows(device::Gauge& gauge, const MeterInfo& info, const SteppedWork& work) : gauge_(gauge), info_(info), subject_(work.subject), shift_(work.subject.network.crew(), work.subject.network.alone()) {
    for (const std::vector<double>& samples : work.samples.steps) step_ns_.push_back(median(samples));
    // The time of a chain is shared among its steps; all of it passes in the call of the first.
    call_ns_ = step_ns_;
    for (std::size_t s = 0; s < step_ns_.size(); ++s)
      if (const std::size_t first = subject_.network.called_with(s); first != s) call_ns_[first] += step_ns_[s];
  }
  ~StepWindows() { subject_.network.release(); }
  StepWindows(const StepWindows&) = delete;
  StepWindows& operator=(const StepWindows&) = delete;

  /// What one call of each step that runs takes.
  std::vector<double> runs_ns() const {
    std::vector<double> runs;
    for (std::size_t s = 0; s < call_ns_.size(); ++s)
      if (subject_.network.runs(s)) runs.push_back(call_ns_[s]);
    return runs;
  }

  /// Fills windows(); `progress` goes from 0 to 1.
  void take(const device::WindowPlan& plan, const std::function<void(double)>& progress) {
    Prepared& network = subject_.network;
    windows_.assign(network.step_count(), {});
    network.begin(subject_.inputs);
    for (std::size_t s = 0; s < network.step_count(); ++s) {
      if (network.runs(s)) take_step(s, plan);
      progress(static_cast<double>(s + 1) / static_cast<double>(network.step_count()));
    }
    network.finish();
  }

  /// The energy of one run of each step.
  std::vector<Cost> energies(const device::IdlePower& idle) const {
    std::vector<Cost> energies(step_ns_.size(), Cost{0.0, 0.0, Provenance::measured});
    for (std::size_t s = 0; s < energies.size(); ++s) {
      const std::size_t first = subject_.network.called_with(s);
      if (!subject_.network.runs(first)) continue;
      const Cost whole = device::energy_per_run(windows_[first], idle, info_);
      const double share = call_ns_[first] > 0.0 ? step_ns_[s] / call_ns_[first] : first == s ? 1.0 : 0.0;
      energies[s] = {whole.value * share, whole.spread * share, whole.provenance};
    }
    return energies;
  }

 private:
  /// A step that works in place would be fed its own results: its input is put back, and it runs once more.
  void take_step(std::size_t s, const device::WindowPlan& plan) {
    const std::span<std::byte> overwritten = subject_.network.overwritten(s);
    const std::vector<std::byte> saved(overwritten.begin(), overwritten.end());
    const auto call = [&] { subject_.network.run_step(s, shift_); };
    windows_[s] = device::measure_work(gauge_, info_, plan, call_ns_[s], call);
    std::copy(saved.begin(), saved.end(), overwritten.begin());
    call();
  }

  device::Gauge& gauge_;
  const MeterInfo& info_;
  const Subject& subject_;
  Shift shift_;
  std::vector<double> step_ns_, call_ns_;
  std::vector<std::vector<Window>> windows_;
};

/// Layers by the power of the run, for want of time to measure each.
void share_run(Profile& profile) {
  const Cost& run = profile.run_energy_uj;
  for (LayerProfile& layer : profile.layers) {
    const double share = profile.run_ns.value > 0.0 ? layer.latency_ns.value / profile.run_ns.value : 0.0;
    const double spread = profile.run_ns.value > 0.0 ? layer.latency_ns.spread / profile.run_ns.value : 0.0;
    layer.energy_uj = {run.value * share, run.spread * share + run.value * spread, Provenance::predicted};
  }
}

void add_warnings(Profile& profile, const device::IdlePower& idle, bool layers_measured) {
  const double active_uw = profile.run_ns.value > 0.0 ? profile.run_energy_uj.value / (profile.run_ns.value * 1e-9) : 0.0;
  if (std::abs(idle.drift_microwatt()) > kMuchDrift * active_uw)
    profile.notes.push_back(fmt::format("warning: the idle power moved by {:.3g} W while the run draws {:.3g} W above it: energy figures are doubtful",
                                        idle.drift_microwatt() * 1e-6, active_uw * 1e-6));
  if (profile.run_energy_uj.value <= profile.run_energy_uj.spread)
    profile.notes.push_back("warning: the run's energy is not larger than the meter's error");
  if (!layers_measured) return;
  const auto ran = [](const LayerProfile& layer) { return layer.latency_ns.value > 0.0; };
  const auto lost = [&](const LayerProfile& layer) { return ran(layer) && layer.energy_uj.value <= layer.energy_uj.spread; };
  const auto lost_count = std::count_if(profile.layers.begin(), profile.layers.end(), lost);
  if (lost_count > 0)
    profile.notes.push_back(fmt::format("warning: the energy of {} of {} layers is not larger than the meter's error", lost_count,
                                        std::count_if(profile.layers.begin(), profile.layers.end(), ran)));
}

/// Whose power the energy comes from; nothing where none is known. `known`: that of all.
void note_models(Profile& profile, const std::map<std::string, device::PowerModel>& models, bool known) {
  if (std::none_of(models.begin(), models.end(), [](const auto& entry) { return entry.second.known(); })) return;
  for (const auto& [name, model] : models) {
    const std::string on = models.size() > 1 ? fmt::format(" of layers on {}", name) : "";
    if (model.known()) {
      if (!model.source().empty())
        profile.energy_source += fmt::format("{}{}{}", profile.energy_source.empty() ? "" : "; ", models.size() > 1 ? name + ": " : "", model.source());
      profile.notes.push_back(fmt::format("energy{} is {:.4g} W above idle times the time; the power is {}", on, model.watt(),
                                          model.source().empty() ? "of unknown source" : model.source()));
    } else {
      profile.notes.push_back(fmt::format("energy{} is not known, nor that of the run: no power is given for it", on));
    }
  }
  if (known && models.size() > 1) profile.notes.push_back("energy of the run: its time at the mean power of its layers");
}

}  // namespace

EnergyMeter::EnergyMeter(const EnergyOptions& options, const Processor& processor, std::int64_t awake_ns)
    : options_(options), processor_(processor), awake_ns_(awake_ns) {
  check_options(options);
  if (options.meter == "model") return;
  device::FoundMeter found = device::pick_meter(device::Tree(options.root), options.meter);
  info_ = found.info;
  if (found.meter != nullptr) gauge_ = std::make_unique<device::MeterGauge>(std::move(found));
}

EnergyMeter::EnergyMeter(const EnergyOptions& options, const Processor& processor, MeterInfo info, std::unique_ptr<device::Gauge> gauge)
    : options_(options), processor_(processor), info_(std::move(info)), gauge_(std::move(gauge)) {
  check_options(options);
}

void EnergyMeter::fill(Profile& profile, const std::vector<Processor>& processors, const std::function<void()>& plain_run, const SteppedWork* stepped,
                       const std::function<void(double)>& progress) {
  if (gauge_ == nullptr) return use_model(profile, processors, info_.why_not);
  try {
    measure(profile, processors, plain_run, stepped, progress);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::io) throw;  // not the meter's
    profile.notes.push_back(fmt::format("warning: meter '{}' failed: {}", info_.name, error.what()));
    use_model(profile, processors, "");
  }
}

device::PowerModel EnergyMeter::model_of(const Processor& processor, const Profile& profile) const {
  if (processor.power_points.empty() || processor.cores == processor_.cores) return device::PowerModel(processor, profile.after.frequency_mhz);
  return device::PowerModel(processor, device::read_conditions(device::Tree(options_.root), processor.cores).frequency_mhz);
}

void EnergyMeter::use_model(Profile& profile, const std::vector<Processor>& processors, const std::string& why) const {
  if (!why.empty()) profile.notes.push_back("energy not measured: " + why);
  std::map<std::string, device::PowerModel> models;  // of those that took time, by name
  Cost layers = {0.0, 0.0, Provenance::measured};
  double layers_ns = 0.0;
  for (std::size_t i = 0; i < profile.layers.size(); ++i) {
    LayerProfile& layer = profile.layers[i];
    const Processor& processor = processors[i];
    if (layer.latency_ns.value > 0.0 && !models.contains(processor.name)) models.emplace(processor.name, model_of(processor, profile));
    const auto found = models.find(processor.name);
    layer.energy_uj = (found != models.end() ? found->second : model_of(processor, profile)).energy(layer.latency_ns);
    if (layer.latency_ns.value <= 0.0) continue;
    layers = layers + layer.energy_uj;
    layers_ns += layer.latency_ns.value;
  }
  if (models.empty()) models.emplace(processor_.name, model_of(processor_, profile));
  const bool known = std::all_of(models.begin(), models.end(), [](const auto& entry) { return entry.second.known(); });
  if (known && layers_ns > 0.0) {
    // What lies between layers belongs to none of the processors: the run draws the layers' mean power.
    const double uj_per_ns = layers.value / layers_ns;
    profile.run_energy_uj = {uj_per_ns * profile.run_ns.value, uj_per_ns * profile.run_ns.spread, std::max(layers.provenance, profile.run_ns.provenance)};
  } else if (known) {
    profile.run_energy_uj = models.begin()->second.energy(profile.run_ns);
  }
  note_models(profile, models, known);
}

void EnergyMeter::measure(Profile& profile, const std::vector<Processor>& processors, const std::function<void()>& plain_run, const SteppedWork* stepped,
                          const std::function<void(double)>& progress) {
  const double budget_ns = options_.max_total_s * 1e9;
  const device::WindowPlan run_plan = device::plan_windows(info_, options_.precision, {profile.run_ns.value}, kRunShare * budget_ns);
  if (run_plan.count == 0)
    return use_model(profile, processors, fmt::format("meter '{}' has a new figure every {:g} ms and the run takes {:.3g} ms: too long for {:g} s in all", info_.name,
                                          info_.interval_ms, profile.run_ns.value * 1e-6, options_.max_total_s));
  std::unique_ptr<StepWindows> steps;
  device::WindowPlan step_plan;
  if (stepped != nullptr) {
    steps = std::make_unique<StepWindows>(*gauge_, info_, *stepped);
    step_plan = device::plan_windows(info_, options_.precision, steps->runs_ns(), kLayerShare * budget_ns);
  }
  const auto idle_ns = std::min(std::max(device::window_ns(info_, options_.precision), kLeastIdleNs), static_cast<std::int64_t>(kIdleShare * budget_ns));

  device::IdlePower idle;
  gauge_->idle(awake_ns_);
  idle.before = device::measure_idle(*gauge_, info_, idle_ns);
  const std::vector<Window> runs = device::measure_work(*gauge_, info_, run_plan, profile.run_ns.value, plain_run);
  progress(kRunShare);
  if (step_plan.count > 0) steps->take(step_plan, [&](double share) { progress(kRunShare + (1.0 - kRunShare) * share); });
  gauge_->idle(awake_ns_);
  idle.after = device::measure_idle(*gauge_, info_, idle_ns);

  profile.run_energy_uj = device::energy_per_run(runs, idle, info_);
  profile.energy_source = info_.name;
  if (step_plan.count > 0) {
    const std::vector<Cost> energies = steps->energies(idle);
    for (LayerProfile& layer : profile.layers) layer.energy_uj = {0.0, 0.0, Provenance::measured};
    for (std::size_t s = 0; s < energies.size(); ++s)
      if (const int layer = stepped->layer_of_step[s]; layer >= 0) {
        Cost& energy = profile.layers[static_cast<std::size_t>(layer)].energy_uj;
        energy = energy + energies[s];
      }
  } else {
    share_run(profile);
  }
  profile.notes.push_back(fmt::format("energy by meter '{}' ({}; a new figure every {:g} ms): idle power {:.4g} W before and {:.4g} W after taken off; the run "
                                      "repeated for {:.4g} ms, {} times", info_.name, info_.covers, info_.interval_ms, idle.before.microwatt() * 1e-6,
                                      idle.after.microwatt() * 1e-6, static_cast<double>(run_plan.ns) * 1e-6, run_plan.count));
  profile.notes.push_back(step_plan.count > 0
                              ? fmt::format("energy of each layer: repeated alone for {:.4g} ms, {} times", static_cast<double>(step_plan.ns) * 1e-6, step_plan.count)
                              : fmt::format("energy of each layer: predicted from its time at the run's power, as {}",
                                            stepped == nullptr ? "its layers do not run alone" : fmt::format("measuring each would take longer than {:g} s allow", options_.max_total_s)));
  add_warnings(profile, idle, step_plan.count > 0);
}

}  // namespace dnntune::runtime
