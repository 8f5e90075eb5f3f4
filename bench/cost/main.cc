// SPDX-License-Identifier: Apache-2.0
// dnntune_cost_bench: how well networks are predicted that the model never saw.
//   record --set probes|families --count N --threads 1,2 --out FILE   measures random networks, or variants of 15 families
//   compare --train FILE --test FILE                                  predicts those of one file from those of the other
//   transfer --source FILE --train FILE --few N --test FILE           the same from another device's model and N networks
//   speed --train FILE --test FILE                                    time of a prediction
#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <dnntune/calibrate.h>
#include <dnntune/session.h>

#include "compare.h"
#include "families.h"
#include "studies.h"

namespace {

using namespace dnntune;

struct Options {
  std::string set = "families", out, train, test, source;
  int count = 210, few = 20;
  std::uint64_t seed = 1;
  std::vector<int> threads = {1};
  double seconds = 0.1, calm_wait = 20.0;
  int rounds = 3;
  bool details = false;
};

/// Networks that are measured in turns: what slows the machine down for seconds then hits one turn of each.
constexpr int kBatch = 15;

struct Subject {
  std::string family;
  Graph graph;
  Session session;
  std::vector<Profile> rounds;
};

Profile measure(Session& session, const Options& limits, double calm_flops) {
  ProfileOptions options;
  options.warmup_runs = 2;
  options.min_samples = 5;
  options.min_sample_s = 0.001;
  options.max_total_s = limits.seconds;
  options.calm_flops = calm_flops;
  options.calm_wait_s = limits.calm_wait;
  options.energy.meter = "model";
  return session.profile(options);
}

void record(const Options& options) {
  const Device device = Device::local();
  bench::Data data;
  data.device = device.name;
  data.roofline = measure_roofline(device, device.processor("cpu:all x" + std::to_string(options.threads.back())));
  for (int done = 0; done < options.count; done += kBatch) {
    std::vector<Subject> subjects;
    for (int i = done; i < std::min(done + kBatch, options.count); ++i) {
      const std::uint64_t seed = options.seed + static_cast<std::uint64_t>(i);
      const bench::Family& family = bench::families()[static_cast<std::size_t>(i) % bench::families().size()];
      const Graph graph = options.set == "probes" ? calibration_network(seed) : family.build(1000 + seed);
      for (const int threads : options.threads)
        subjects.push_back({options.set == "probes" ? "probe" : std::string(family.name), graph, Session(graph, device.processor("cpu:all x" + std::to_string(threads))), {}});
    }
    for (int round = 0; round < options.rounds; ++round)
      for (Subject& subject : subjects) subject.rounds.push_back(measure(subject.session, options, 0.95 * data.roofline.peak_flops));
    for (Subject& subject : subjects) data.records.push_back({subject.family, {network_shape(subject.graph), least_of(std::move(subject.rounds))}});
    bench::save(data, options.out);
    std::fprintf(stderr, "\r%d of %d ", std::min(done + kBatch, options.count), options.count);
  }
  std::fprintf(stderr, "\n");
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("How well networks are predicted that the model never saw", "dnntune_cost_bench");
  app.require_subcommand(1);
  CLI::App* recording = app.add_subcommand("record", "Measure networks into a file");
  recording->add_option("--set", options.set, "probes: as calibration draws them; families: variants of 15 families")->check(CLI::IsMember({"probes", "families"}))->capture_default_str();
  recording->add_option("--count", options.count, "Networks")->check(CLI::Range(1, 100000))->capture_default_str();
  recording->add_option("--seed", options.seed, "Of the first")->capture_default_str();
  recording->add_option("--threads", options.threads, "Thread counts")->delimiter(',')->capture_default_str();
  recording->add_option("--seconds", options.seconds, "For a network in a round, at most")->capture_default_str();
  recording->add_option("--calm-wait", options.calm_wait, "Seconds that a network waits at most for undisturbed cores, in a round")->capture_default_str();
  recording->add_option("--rounds", options.rounds, "Times that a network is measured, in turns with others; its least figures count")->check(CLI::Range(1, 100))->capture_default_str();
  recording->add_option("--out", options.out, "File")->required();
  CLI::App* comparing = app.add_subcommand("compare", "Predict the networks of one file from those of another");
  comparing->add_option("--train", options.train, "File")->required();
  comparing->add_option("--test", options.test, "File")->required();
  comparing->add_flag("--details", options.details, "A line for every family and every kind of layer");
  CLI::App* transferring = app.add_subcommand("transfer", "Start from another device's model");
  transferring->add_option("--source", options.source, "File of the other device")->required();
  transferring->add_option("--train", options.train, "File")->required();
  transferring->add_option("--few", options.few, "Networks of it to learn from")->check(CLI::Range(1, 100000))->capture_default_str();
  transferring->add_option("--test", options.test, "File")->required();
  CLI::App* timing = app.add_subcommand("speed", "Time the prediction of 1,000 layers");
  timing->add_option("--train", options.train, "File")->required();
  timing->add_option("--test", options.test, "File")->required();
  CLI11_PARSE(app, argc, argv);
  try {
    if (recording->parsed()) record(options);
    if (comparing->parsed()) bench::compare(bench::load(options.train), bench::load(options.test), options.details);
    if (transferring->parsed()) bench::transfer(bench::load(options.source), bench::load(options.train), static_cast<std::size_t>(options.few), bench::load(options.test));
    if (timing->parsed()) bench::speed(bench::load(options.train), bench::load(options.test));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "dnntune_cost_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
