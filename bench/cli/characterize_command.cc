// SPDX-License-Identifier: Apache-2.0
// dnntune characterize: all networks on all processors of this device, as a table, JSON and a page of charts.
#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "cli/characterization.h"
#include "cli/command.h"
#include "cli/energy.h"
#include "cli/output.h"
#include "zoo/zoo.h"

namespace dnntune::cli {
namespace {

// Few, so that the zoo takes minutes: the plain run is sampled on until it is known well, or the time is up.
constexpr int kWarmupRuns = 1, kLeastSamples = 3;

struct CharacterizeArguments {
  std::vector<std::string> networks, processors;
  std::string device, json, html;
  double seconds = 2.0;
  EnergyOptions energy;
};

/// What can be tried here; or on the device of a file, which may know each processor's power.
Device device_of(const CharacterizeArguments& options) {
  if (!options.device.empty()) return parse_file(options.device, Device::from_json);
  Device device = Device::local();
  device.add_accelerators();
  return device;
}

std::vector<Processor> processors_of(const CharacterizeArguments& options, const Device& device) {
  if (options.processors.empty()) return tuning_candidates(device);
  std::vector<Processor> processors;
  std::set<std::string> seen;
  for (const std::string& name : options.processors) {
    try {
      Processor processor = device.processor(name);
      if (seen.insert(processor.name).second) processors.push_back(std::move(processor));
    } catch (const Error& error) {  // no file is missing: the option is wrong
      throw Error(ErrorCode::invalid_argument, fmt::format("--processors: {}", error.what()));
    }
  }
  return processors;
}

std::vector<std::string> networks_of(const CharacterizeArguments& options) {
  std::vector<std::string> networks;
  std::set<std::string> seen;
  for (const std::string& name : options.networks)
    if (seen.insert(name).second) networks.push_back(name);
  if (options.networks.empty())
    for (const zoo::Model& model : zoo::models()) networks.emplace_back(model.name);
  return networks;
}

/// A zoo network's name, with or without "zoo:", or else an ONNX file.
Graph load(const std::string& network) {
  const auto models = zoo::models();
  const bool in_zoo = std::any_of(models.begin(), models.end(), [&](const zoo::Model& model) { return model.name == network; });
  return load_model(in_zoo ? "zoo:" + network : network);
}

/// What tables and charts call it: a file's name without its folder, where that is enough.
std::string shown_name(const std::string& network, const std::vector<std::string>& taken) {
  std::string name = std::filesystem::path(network).filename().string();
  return name.empty() || std::find(taken.begin(), taken.end(), name) != taken.end() ? network : name;
}

/// What `work` throws, as a text; "" when it does not. One network or driver that fails must not end the rest.
template <typename Work>
std::string error_of(Work work) {
  try {
    work();
  } catch (const std::bad_alloc&) {
    return "out of memory";
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

void measure(Pair& pair, const Graph& graph, const ProfileOptions& options) {
  pair.error = error_of([&] {
    const auto start = std::chrono::steady_clock::now();
    Session session(graph, pair.processor);
    pair.prepare_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    pair.profile = session.profile(options);
  });
}

Characterization characterize(const CharacterizeArguments& options) {
  Characterization all;
  all.device = device_of(options);
  all.date = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  all.seconds_a_pair = options.seconds;
  const std::vector<std::string> networks = networks_of(options);
  const std::vector<Processor> processors = processors_of(options, all.device);
  for (const Processor& processor : processors) all.processors.push_back(processor.name);

  ProfileOptions profile;
  profile.warmup_runs = kWarmupRuns;
  profile.min_samples = kLeastSamples;
  profile.max_total_s = options.seconds;
  profile.energy = options.energy;
  profile.energy.max_total_s = options.seconds;
  Progress progress("measuring");
  const double count = static_cast<double>(networks.size() * processors.size());
  for (const std::string& source : networks) {
    std::optional<Graph> graph;
    const std::string cannot_load = error_of([&] { graph.emplace(load(source)); });
    const std::string network = shown_name(source, all.networks);
    all.networks.push_back(network);
    for (const Processor& processor : processors) {
      Pair pair{.network = network, .processor = processor, .error = cannot_load, .profile = {}};
      const double done = static_cast<double>(all.pairs.size());
      const std::string name = network + " on " + processor.name;
      progress.update(done / count, name);
      profile.progress = [&](double share) { progress.update((done + share) / count, name); };
      if (graph) measure(pair, *graph, profile);
      all.pairs.push_back(std::move(pair));
    }
  }
  return all;
}

}  // namespace

void add_characterize(CLI::App& app, int& result) {
  auto options = std::make_shared<CharacterizeArguments>();
  CLI::App* command = app.add_subcommand("characterize", "Measure all networks on all processors: latency, memory, energy, where the time goes");
  command->add_option("--networks", options->networks, "Zoo networks or ONNX files; default: the whole zoo")->delimiter(',')->type_name("NAME,...");
  command->add_option("--processors", options->processors, "As dnntune env names them, and xnnpack:all; default: all that are worth trying")
      ->delimiter(',')->type_name("NAME,...");
  command->add_option("--device", options->device, "Take processors, and their power, from this device file (dnntune env --json)");
  command->add_option("--seconds", options->seconds, "Measure a network on a processor for about this long")->check(above_zero())->capture_default_str();
  command->add_option("--energy", options->energy.meter, "auto, model (needs power in --device), or a meter that dnntune env lists")->type_name("METER")->capture_default_str();
  command->add_option("--json", options->json, "Also write all results to this file");
  command->add_option("--html", options->html, "Also write a page of charts to this file");
  command->callback([options, &result] {
    settle_energy(options->energy, ProcessorOptions());
    const Characterization all = characterize(*options);
    emit(all.table(), "");
    if (!options->json.empty()) emit(all.to_json(), options->json);
    if (!options->html.empty()) emit(all.page().html(), options->html);
    const bool some = std::any_of(all.pairs.begin(), all.pairs.end(), [](const Pair& pair) { return !pair.error.empty(); });
    result = some ? kCheckFailed : kOk;
  });
}

}  // namespace dnntune::cli
