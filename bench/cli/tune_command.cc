// SPDX-License-Identifier: Apache-2.0
// dnntune tune: the best kernel and processor for every layer, all together.
#include <algorithm>
#include <memory>

#include "cli/command.h"
#include "cli/output.h"
#include "cli/pages.h"

namespace dnntune::cli {
namespace {

struct TuneArguments {
  ModelOptions model;
  ProcessorOptions processor;
  std::vector<std::string> others;
  bool accelerators = false;
  TuneOptions tune;
  std::string minimize = "latency";
  bool json = false;
  std::string out, html;
};

/// The session's processor first; then those named, or all that are worth trying.
std::vector<Processor> processors_of(const TuneArguments& options) {
  std::vector<Processor> processors = {options.processor.pick()};
  if (options.others.empty()) {
    Device device = Device::local();
    if (options.accelerators) device.add_accelerators();
    for (const Processor& candidate : tuning_candidates(device)) processors.push_back(options.processor.pick(candidate.name, "--with"));
  } else {
    for (const std::string& name : options.others) processors.push_back(options.processor.pick(name, "--with"));
  }
  std::vector<Processor> distinct;
  for (Processor& processor : processors) {
    const auto same = [&](const Processor& other) { return other.name == processor.name; };
    if (std::none_of(distinct.begin(), distinct.end(), same)) distinct.push_back(std::move(processor));
  }
  return distinct;
}

}  // namespace

void add_tune(CLI::App& app, int& result) {
  auto options = std::make_shared<TuneArguments>();
  CLI::App* command = app.add_subcommand("tune", "Time every layer on every processor and by every kernel; find the best of all together");
  options->model.add_to(*command);
  options->processor.add_to(*command);
  command->add_option("--with", options->others, "Other processors to try; default: all of dnntune env that are worth it")->delimiter(',');
  command->add_flag("--accelerators", options->accelerators, "Try OpenCL devices too; their drivers are loaded");
  command->add_option("--minimize", options->minimize, "latency, energy (needs --power) or both alike")->check(CLI::IsMember({"latency", "energy", "both"}))->capture_default_str();
  command->add_option("--budget", options->tune.budget_s, "Seconds after which no more layers are timed")->check(at_least(0.0))->capture_default_str();
  command->add_option("--start", options->tune.start_ms, "Milliseconds that a session may take longer to start than an untuned one; 1e9: no bound")
      ->check(at_least(0.0))
      ->capture_default_str();
  command->add_option("--cache", options->tune.cache_folder, "Folder where timings and the result are kept for the next start; made when missing");
  add_weights_option(*command, options->tune.session.weights);
  add_math_option(*command, options->tune.session.math);
  command->add_flag("--json", options->json, "Print all timings and the assignment as JSON");
  command->add_option("--out", options->out, "Write the assignment (JSON) to this file");
  command->add_option("--html", options->html, "Also write a page with charts to this file");
  command->callback([options, &result] {
    const Graph graph = options->model.load();
    Progress progress("tuning");
    options->tune.progress = [&](double share) { progress.update(share, graph.name()); };
    options->tune.latency_weight = options->minimize == "energy" ? 0.0 : 1.0;
    options->tune.energy_weight = options->minimize == "latency" ? 0.0 : 1.0;
    const Tuning tuning = tune(graph, processors_of(*options), options->tune);
    if (!options->out.empty()) emit(tuning.assignment.to_json(), options->out);
    if (!options->html.empty()) emit(tuning_page(graph.name(), Device::local(), tuning).html(), options->html);
    emit(options->json ? tuning.to_json() : tuning.table(), "");
    result = kOk;
  });
}

}  // namespace dnntune::cli
