// SPDX-License-Identifier: Apache-2.0
// dnntune characterize: all networks on all processors of this device, as a table, JSON and a page of charts.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <utility>

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
/// The error of a pair until it is known better.
constexpr const char* kNotEnded = "the process ended while this was measured";

struct CharacterizeArguments {
  std::vector<std::string> networks, processors;
  std::string device, json, html;
  double seconds = 2.0;
  bool resume = false;
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

/// Ends the work between two pairs when the user or the system asks for it. Both signals are blocked, so that drivers' threads, which
/// are made later, do not get them; the second one ends the process at once.
class EndRequest {
 public:
  EndRequest() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  bool came() {
    const timespec at_once{};
    if (came_ || sigtimedwait(&signals_, nullptr, &at_once) < 0) return came_;
    pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
    fmt::print(stderr, "\nending after this network and processor\n");
    return came_ = true;
  }

 private:
  sigset_t signals_{};
  bool came_ = false;
};

/// Written anew after each pair, and put in place whole, so that whatever ends the process leaves what was measured before.
void save(const Characterization& all, const std::string& path) {
  if (path.empty() || path == "-") return;
  emit(all.to_json(), path + ".part");
  std::filesystem::rename(path + ".part", path);
}

/// What another run has measured, if there is one.
void take_over(const CharacterizeArguments& options, const std::vector<Processor>& processors, Characterization& all) {
  if (!options.resume || !std::filesystem::exists(options.json)) return;
  const Characterization known = parse_file(options.json, Characterization::from_json);
  if (known.device.name != all.device.name || known.library_version != all.library_version)
    throw Error(ErrorCode::invalid_argument, fmt::format("--resume: '{}' was measured on another device or by another version of the library", options.json));
  for (Pair pair : known.pairs) {
    const auto here = std::find_if(processors.begin(), processors.end(), [&](const Processor& processor) { return processor.name == pair.processor.name; });
    if (here == processors.end() || std::find(all.networks.begin(), all.networks.end(), pair.network) == all.networks.end()) continue;
    pair.processor = *here;
    all.put(std::move(pair));
  }
}

/// The networks and processors to go through, without pairs but for those that are taken over.
Characterization begun(const CharacterizeArguments& options, const std::vector<std::string>& networks, std::vector<Processor>& processors) {
  Characterization all;
  all.device = device_of(options);
  all.date = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  all.seconds_a_pair = options.seconds;
  processors = processors_of(options, all.device);
  for (const Processor& processor : processors) all.processors.push_back(processor.name);
  for (const std::string& network : networks) all.networks.push_back(shown_name(network, all.networks));
  take_over(options, processors, all);
  return all;
}

ProfileOptions profile_options(const CharacterizeArguments& options) {
  ProfileOptions profile;
  profile.warmup_runs = kWarmupRuns;
  profile.min_samples = kLeastSamples;
  profile.max_total_s = options.seconds;
  profile.energy = options.energy;
  profile.energy.max_total_s = options.seconds;
  return profile;
}

Characterization characterize(const CharacterizeArguments& options) {
  EndRequest end;
  const std::vector<std::string> networks = networks_of(options);
  std::vector<Processor> processors;
  Characterization all = begun(options, networks, processors);
  std::set<std::pair<std::string, std::string>> failed;  // in the run that is gone on with
  for (const Pair& pair : all.pairs)
    if (!pair.error.empty()) failed.insert({pair.network, pair.processor.name});
  ProfileOptions profile = profile_options(options);
  Progress progress("measuring");
  const double count = static_cast<double>(networks.size() * processors.size());
  double done = static_cast<double>(all.pairs.size() - failed.size());
  // Those that failed come last: what ended the process once may do so again.
  for (const bool again : {false, true}) {
    for (std::size_t n = 0; n < networks.size(); ++n) {
      const std::string& network = all.networks[n];
      std::optional<Graph> graph;
      std::string cannot_load;
      for (const Processor& processor : processors) {
        if (all.measured(network, processor.name) != nullptr || failed.contains({network, processor.name}) != again) continue;
        if (end.came()) return all;
        Pair pair{.network = network, .processor = processor, .error = kNotEnded, .profile = {}};
        all.put(pair);
        save(all, options.json);
        if (!graph && cannot_load.empty()) cannot_load = error_of([&] { graph.emplace(load(networks[n])); });
        const std::string name = network + " on " + processor.name;
        progress.update(done / count, name);
        profile.progress = [&](double share) {
          end.came();
          progress.update((done + share) / count, name);
        };
        pair.error = cannot_load;
        if (graph) measure(pair, *graph, profile);
        all.put(std::move(pair));
        save(all, options.json);
        ++done;
      }
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
  CLI::Option* const json = command->add_option("--json", options->json, "Also write all results to this file, after each network and processor");
  command->add_flag("--resume", options->resume, "Keep what the --json file has measured, and measure the rest; what failed comes last")->needs(json);
  command->add_option("--html", options->html, "Also write a page of charts to this file");
  command->callback([options, &result] {
    settle_energy(options->energy, ProcessorOptions());
    const Characterization all = characterize(*options);
    emit(all.table(), "");
    if (options->json == "-") emit(all.to_json(), "");
    if (!options->html.empty()) emit(all.page().html(), options->html);
    const bool failed = std::any_of(all.pairs.begin(), all.pairs.end(), [](const Pair& pair) { return !pair.error.empty(); });
    result = failed || all.pairs.size() < all.networks.size() * all.processors.size() ? kCheckFailed : kOk;
  });
}

}  // namespace dnntune::cli
