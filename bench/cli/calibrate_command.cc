// SPDX-License-Identifier: Apache-2.0
// dnntune calibrate: measures a processor once, into a file with which any network's profile can be predicted.
#include <memory>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/output.h"

namespace dnntune::cli {
namespace {

struct Options {
  ProcessorOptions processor;
  CalibrateOptions calibrate;
  std::string from;
  std::string out;
};

void print(const Calibration& found, const std::string& processor) {
  const Roofline& roofline = found.model.roofline();
  emit(fmt::format("{}, one thread: {:.1f} GFLOP/s, {:.1f} GB/s from memory", processor, roofline.peak_flops * 1e-9, roofline.memory_bytes_per_s * 1e-9), "");
  for (const CacheSpeed& cache : roofline.caches) emit(fmt::format("  cache of {} KiB: {:.1f} GB/s", cache.size_bytes >> 10, cache.bytes_per_s * 1e-9), "");
  if (roofline.wake_ns > 0.0) emit(fmt::format("  work for all threads: {:.1f} us", roofline.wake_ns * 1e-3), "");
  emit(fmt::format("{} layers of {} networks in {:.0f} s, drift {:.1f} %", found.model.samples(), found.networks, found.seconds, 100.0 * found.drift), "");
  emit(fmt::format("half of the networks are predicted from the others within {:.1f} %", 100.0 * found.model.median_error()), "");
  for (const std::string& warning : found.warnings) emit(wrapped("warning: " + warning, 2), "");
}

}  // namespace

void add_calibrate(CLI::App& app, int& result) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("calibrate", "Measure a processor once, to predict any network on it");
  options->processor.add_to(*command);
  command->add_option("--budget", options->calibrate.budget_s, "Seconds that it may take")->check(above_zero())->capture_default_str();
  command->add_option("--networks", options->calibrate.most_networks, "Stop after so many networks; 0: no limit")->check(CLI::NonNegativeNumber)->capture_default_str();
  command->add_option("--from", options->from, "The model of a device of the same family: 20 networks then suffice");
  command->add_option("--out", options->out, "Write the model (JSON) to this file")->required();
  command->callback([options, &result] {
    const Processor processor = options->processor.pick();
    std::unique_ptr<CostModel> source;
    if (!options->from.empty()) source = std::make_unique<CostModel>(parse_file(options->from, CostModel::from_json));
    options->calibrate.source = source.get();
    Progress progress("calibrating");
    options->calibrate.progress = [&](double share, const std::string& what) { progress.update(share, what); };
    const Calibration found = calibrate(Device::local(), processor, options->calibrate);
    emit(found.model.to_json(), options->out);
    print(found, processor.name);
    result = kOk;
  });
}

}  // namespace dnntune::cli
