// SPDX-License-Identifier: Apache-2.0
// dnntune_live_bench: this machine as a limited device and as a cloud, with links from 3G to 5G between: what plans predict for every
// cut, what every cut takes, and whether the chosen one is the fastest.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <CLI/CLI.hpp>
#include <dnntune/dnntune.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "live/live_page.h"
#include "live/probe.h"
#include "live/race.h"
#include "live/results.h"
#include "live/sides.h"
#include "zoo/zoo.h"

namespace {

using namespace dnntune;
using namespace dnntune::live;

struct Options {
  std::vector<std::string> networks = {"lenet",      "mnist_mlp", "senna_ner",      "asr_kaldi",    "rnn_ptb_small",
                                       "deepspeech", "alexnet",   "squeezenet_1_1", "mobilenet_v1", "mobilenet_v2"};
  std::vector<std::string> links = {"3g", "lte", "lte2021", "wifi", "5g-low2021", "5g-mmwave2021"};
  std::string simd = instruction_sets().front();
  std::string encoding = "int8";
  double budget_s = 900.0;
  std::string json, html;
  RaceOptions race;
};

WireEncoding encoding_named(const std::string& name) {
  for (const WireEncoding encoding : {WireEncoding::raw, WireEncoding::fp16, WireEncoding::int8})
    if (name == to_string(encoding)) return encoding;
  throw Error(ErrorCode::not_found, fmt::format("no encoding '{}' that a session sends", name));
}

std::vector<Link> links_named(const std::vector<std::string>& names) {
  std::vector<Link> links;
  for (const std::string& name : names) {
    links.push_back(Link::named(name));
    links.back().name = name;
  }
  return links;
}

class Experiment {
 public:
  explicit Experiment(const Options& options) : options_(options), cores_(two_cores()), links_(links_named(options.links)) {
    const std::string best = instruction_sets().back();
    limit_instructions(options.simd);
    stay_on(cores_.device);
    const std::string machine = Device::local().name;
    setting_.device = fmt::format("{}, core {}, one thread, instructions: {}", machine, cores_.device, options.simd);
    setting_.cloud = fmt::format("{}, core {}, one thread, instructions: {}", machine, cores_.cloud, best);
    setting_.encoding = options.encoding;
    setting_.rounds = options.race.rounds;
    setting_.race_rounds = options.race.race_rounds;
    setting_.once_above_s = options.race.once_above_s;
    setting_.margin = options.race.margin;
  }

  void run() {
    for (const std::string& name : options_.networks) static_cast<void>(zoo::find(name));  // a misspelt one is refused before all others are raced
    measure_links();
    for (const std::string& name : options_.networks) network(name);
    setting_.seconds = elapsed_s();
    std::fputs(text(setting_, pairs_).c_str(), stdout);
    if (!options_.json.empty()) write(options_.json, to_json(setting_, pairs_));
    if (!options_.html.empty()) write(options_.html, live_page(setting_, pairs_).html());
  }

 private:
  double elapsed_s() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

  Cloud cloud(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"--encoding", options_.encoding});
    return Cloud(cores_, std::filesystem::read_symlink("/proc/self/exe").string(), arguments);
  }

  void measure_links() {
    constexpr int kRuns = 7;
    Cloud probed = cloud({"--probes", fmt::format("{}", fmt::join(options_.links, ","))});
    for (const Link& link : links_) measured_.push_back(measured_link(probed, link, options_.race.encoding, kRuns));
  }

  void network(const std::string& name) {
    const Graph graph = zoo::build(name);
    Cloud there = cloud({name});
    ProfileOptions profiling;
    profiling.max_total_s = 6.0;
    const Prepared prepared{graph, Session(graph, own_processor()).profile(profiling), remote_profile(there.direct_url(), graph), links_, measured_};
    std::vector<PairResult> pairs = predict(prepared, options_.race.encoding);
    const double survey = survey_s(pairs, options_.race);
    fmt::print(stderr, "{}: {:.1f} ms here, {:.1f} ms in the cloud, {} cuts, a survey of {:.0f} s; {:.0f} s so far\n", name, prepared.here.run_ns.value * 1e-6,
               prepared.there.run_ns.value * 1e-6, pairs.front().cuts.size(), survey, elapsed_s());
    if (elapsed_s() + survey > options_.budget_s) {
      setting_.notes.push_back(fmt::format("{} left out: its survey of {:.0f} s would pass the budget of {:.0f} s", name, survey, options_.budget_s));
      return;
    }
    measure(there, prepared, options_.race, pairs);
    pairs_.insert(pairs_.end(), std::make_move_iterator(pairs.begin()), std::make_move_iterator(pairs.end()));
  }

  static void write(const std::string& path, const std::string& content) {
    std::ofstream file(path, std::ios::binary);
    file << content;
    if (!file.flush()) throw Error(ErrorCode::io, fmt::format("cannot write '{}'", path));
  }

  const Options& options_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  Cores cores_;
  std::vector<Link> links_, measured_;
  Setting setting_;
  std::vector<PairResult> pairs_;
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Plans held against what every cut takes: this machine as a limited device and as a cloud, over links from 3G to 5G");
  Options options;
  try {
    app.add_option("--networks", options.networks, "Networks of the zoo")->delimiter(',')->capture_default_str();
    app.add_option("--links", options.links, "Links by name")->delimiter(',')->capture_default_str();
    app.add_option("--simd", options.simd, "The device's instruction set")->check(CLI::IsMember(instruction_sets()))->capture_default_str();
    app.add_option("--encoding", options.encoding, "How values cross")->check(CLI::IsMember({"raw", "fp16", "int8"}))->capture_default_str();
    app.add_option("--rounds", options.race.rounds, "Runs of every cut")->check(CLI::Range(1, 1000))->capture_default_str();
    app.add_option("--once-above", options.race.once_above_s, "Cuts that should take longer than this many seconds are run once")->check(CLI::Range(0.0, 1e6))->capture_default_str();
    app.add_option("--race-rounds", options.race.race_rounds, "Runs of every cut that may be the best, in turn")->check(CLI::Range(1, 1000))->capture_default_str();
    app.add_option("--budget", options.budget_s, "Networks that would take the whole past this many seconds are left out")->check(CLI::Range(0.0, 1e6))->capture_default_str();
    app.add_option("--json", options.json, "Also write all figures to this file");
    app.add_option("--html", options.html, "Also write a page of tables and charts to this file");
    CLI::App* server = app.add_subcommand("serve", "The cloud's process; the program starts it itself");
    std::vector<std::string> models, probes;
    server->add_option("models", models, "Networks of the zoo");
    server->add_option("--probes", probes, "Serve what measures these links")->delimiter(',');
    server->add_option("--encoding", options.encoding, "How values cross");
    CLI11_PARSE(app, argc, argv);
    options.race.encoding = encoding_named(options.encoding);
    if (server->parsed()) {
      std::vector<Graph> graphs = probes.empty() ? std::vector<Graph>{} : all_probes(links_named(probes), options.race.encoding);
      for (const std::string& name : models) graphs.push_back(zoo::build(name));
      serve(graphs);
    }
    Experiment(options).run();
  } catch (const Error& e) {
    fmt::print(stderr, "dnntune_live_bench: {}: {}\n", to_string(e.code()), e.what());
    return 1;
  }
  return 0;
}
