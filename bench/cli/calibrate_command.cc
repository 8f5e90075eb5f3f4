// SPDX-License-Identifier: Apache-2.0
// dnntune calibrate: measures a processor once, into a device file with which any network's profile can be predicted anywhere.
#include <filesystem>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "cli/energy.h"
#include "cli/modelled.h"
#include "cli/output.h"

namespace dnntune::cli {
namespace {

struct CalibrateArguments {
  ProcessorOptions processor;
  CalibrateOptions calibrate;
  std::string from;
  std::string out;
};

void print_power(const Calibration& found, const Processor& processor) {
  for (const int threads : std::set{1, processor.threads})
    if (const StatePower power = found.model.power(threads); power.layers + power.runs > 0)
      emit(fmt::format("power on {} thread{}: {:.3g} +- {:.2g} W computing, {:.3g} +- {:.2g} W moving data", threads, threads == 1 ? "" : "s", power.computing_w.value,
                       power.computing_w.spread, power.moving_w.value, power.moving_w.spread), "");
  if (found.energy_networks > 0) emit(fmt::format("  above idle, by {} from {} networks", found.meter, found.energy_networks), "");
}

void print(const Calibration& found, const Processor& processor) {
  const Roofline& roofline = found.model.roofline();
  emit(fmt::format("{}, one thread: {:.1f} GFLOP/s, {:.1f} GB/s from memory", processor.name, roofline.peak_flops * 1e-9, roofline.memory_bytes_per_s * 1e-9), "");
  for (const CacheSpeed& cache : roofline.caches) emit(fmt::format("  from {} KiB: {:.1f} GB/s", cache.size_bytes >> 10, cache.bytes_per_s * 1e-9), "");
  if (roofline.others_bytes_per_s > 0.0) emit(fmt::format("  others fill the largest cache at {:.1f} GB/s", roofline.others_bytes_per_s * 1e-9), "");
  if (roofline.wake_ns > 0.0) emit(fmt::format("  work for all threads: {:.1f} us", roofline.wake_ns * 1e-3), "");
  emit(fmt::format("{} layers of {} networks in {:.0f} s, drift {:.1f} %", found.model.samples(), found.networks, found.seconds, 100.0 * found.drift), "");
  print_power(found, processor);
  emit(fmt::format("half of the networks are predicted from the others within {:.1f} %", 100.0 * found.model.median_error()), "");
  for (const std::string& warning : found.warnings) emit(wrapped("warning: " + warning, 2), "");
}

/// This machine, with the models of its other processors that the file has already.
Device device_for(const std::string& path) {
  Device device = Device::local();
  if (!std::filesystem::is_regular_file(path) || !is_device_file(read_file(path))) return device;
  Device before = parse_file(path, Device::from_json);
  if (before.name == device.name) device.cost_models = std::move(before.cost_models);
  return device;
}

}  // namespace

void add_calibrate(CLI::App& app, int& result) {
  auto options = std::make_shared<CalibrateArguments>();
  CLI::App* command = app.add_subcommand("calibrate", "Measure a processor once, to predict any network on it");
  options->processor.add_to(*command);
  command->add_option("--budget", options->calibrate.budget_s, "Seconds that it may take")->check(above_zero())->capture_default_str();
  command->add_option("--networks", options->calibrate.most_networks, "Stop after so many networks; 0: no limit")->check(CLI::NonNegativeNumber)->capture_default_str();
  command->add_option("--energy", options->calibrate.meter, "Measure energies by: auto, model (by none), or a meter that dnntune env lists; a third of the budget at most")->type_name("METER")->capture_default_str();
  command->add_option("--from", options->from, "The file of a device of the same family: 20 networks then suffice");
  command->add_option("--out", options->out, "Write this device with the model (JSON) to this file; models that the file has of its other processors stay")->required();
  command->callback([options, &result] {
    const Processor processor = options->processor.pick();
    EnergyOptions energy = {.meter = options->calibrate.meter};
    settle_energy(energy, options->processor);
    options->calibrate.meter = energy.meter;
    std::unique_ptr<CostModel> source;
    if (!options->from.empty()) source = std::make_unique<CostModel>(read_modelled(options->from, options->processor).model);
    options->calibrate.source = source.get();
    Progress progress("calibrating");
    options->calibrate.progress = [&](double share, const std::string& what) { progress.update(share, what); };
    Device device = device_for(options->out);
    const Calibration found = calibrate(device, processor, options->calibrate);
    if (found.networks == 0)
      throw Error(ErrorCode::limit_exceeded, fmt::format("--budget {:g}: {:.1f} s went by before a network was measured; nothing is written, give it more time", options->calibrate.budget_s, found.seconds));
    store_cost_model(device, processor, found.model);
    emit(device.to_json(), options->out);
    print(found, processor);
    result = kOk;
  });
}

}  // namespace dnntune::cli
