// SPDX-License-Identifier: Apache-2.0
// dnntune_cost_bench: how well networks are predicted that the model never saw.
//   record --probes N --probes-out FILE --families N --families-out FILE   measures random networks, and variants of 15 families
//   compare --train FILE --test FILE                                       predicts those of one file from those of the other
//   transfer --source FILE --train FILE --few N --test FILE                the same from another device's model and N networks
//   plans --train FILE                                                     plans from predictions against plans from measurements
//   agree --first FILE --second FILE                                       how far two recordings of the same networks lie apart
//   speed --train FILE --test FILE                                         time of a prediction
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <dnntune/calibrate.h>
#include <dnntune/error.h>
#include <dnntune/planned_kernels.h>
#include <dnntune/session.h>

#include "compare.h"
#include "families.h"
#include "measure.h"
#include "plans.h"
#include "studies.h"

namespace {

using namespace dnntune;

struct Options {
  std::string probes_out, families_out, train, test, source;
  int probes = 0, families = 0, few = 20;
  std::uint64_t seed = 1;
  std::vector<int> threads = {1};
  bench::Measuring measuring;
  double slower = 8.0;
  int source_threads = 0, target_threads = 0;
  bool details = false;
};

/// Networks that are measured in turns, some of each set: what slows the machine down then hits one turn of each, and both sets alike.
constexpr int kBatch = 30;

struct Subject {
  bench::Data* data;
  std::string family;
  NetworkShape shape;
  Session session;
  std::vector<Profile> rounds;
};

/// What there is to measure, the sets mixed in proportion.
struct Task {
  bool probe;
  int index;
};

std::vector<Task> mixed(int probes, int families) {
  std::vector<Task> tasks;
  for (int p = 0, f = 0; p < probes || f < families;) {
    const bool probe = f >= families || (p < probes && static_cast<std::int64_t>(p) * families <= static_cast<std::int64_t>(f) * probes);
    tasks.push_back({probe, probe ? p++ : f++});
  }
  return tasks;
}

void record(const Options& options) {
  const Device device = Device::local();
  bench::Data probes, families;
  probes.device = device.name;
  probes.roofline = measure_roofline(device, device.processor("cpu:all x" + std::to_string(options.threads.back())));
  families.device = probes.device;
  families.roofline = probes.roofline;
  const std::vector<Task> tasks = mixed(options.probes, options.families);
  if (tasks.empty()) throw Error(ErrorCode::invalid_argument, "nothing to measure: give --probes, --families or both");
  for (std::size_t done = 0; done < tasks.size(); done += kBatch) {
    const std::size_t end = std::min(done + kBatch, tasks.size());
    std::vector<Subject> subjects;
    for (std::size_t i = done; i < end; ++i) {
      const std::uint64_t seed = options.seed + static_cast<std::uint64_t>(tasks[i].index);
      const bench::Family& family = bench::families()[static_cast<std::size_t>(tasks[i].index) % bench::families().size()];
      const Graph graph = tasks[i].probe ? calibration_network(seed) : family.build(1000 + seed);
      for (const int threads : options.threads) {
        const Processor processor = device.processor("cpu:all x" + std::to_string(threads));
        subjects.push_back({tasks[i].probe ? &probes : &families, tasks[i].probe ? "probe" : std::string(family.name),
                            planned_shape(graph, processor), Session(graph, processor), {}});
      }
    }
    for (int round = 0; round < options.measuring.rounds; ++round)
      for (Subject& subject : subjects) subject.rounds.push_back(bench::measure(subject.session, options.measuring, probes.roofline));
    for (Subject& subject : subjects) subject.data->records.push_back({subject.family, {std::move(subject.shape), least_of(std::move(subject.rounds))}});
    if (!options.probes_out.empty()) bench::save(probes, options.probes_out);
    if (!options.families_out.empty()) bench::save(families, options.families_out);
    std::fprintf(stderr, "\r%zu of %zu ", end, tasks.size());
  }
  std::fprintf(stderr, "\n");
}

void add_measuring(CLI::App& app, bench::Measuring& measuring) {
  app.add_option("--seconds", measuring.seconds, "For a network in a round, at most")->capture_default_str();
  app.add_option("--calm-wait", measuring.calm_wait_s, "Seconds that a network waits at most for undisturbed cores, in a round")->capture_default_str();
  app.add_option("--rounds", measuring.rounds, "Times that a network is measured, in turns with others; its least figures count")->check(CLI::Range(1, 100))->capture_default_str();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("How well networks are predicted that the model never saw", "dnntune_cost_bench");
  app.require_subcommand(1);
  CLI::App* recording = app.add_subcommand("record", "Measure networks into a file");
  CLI::Option* probes = recording->add_option("--probes", options.probes, "Networks as calibration draws them")->check(CLI::Range(1, 100000));
  probes->needs(recording->add_option("--probes-out", options.probes_out, "File for them")->needs(probes));
  CLI::Option* families = recording->add_option("--families", options.families, "Variants of 15 families")->check(CLI::Range(1, 100000));
  families->needs(recording->add_option("--families-out", options.families_out, "File for them")->needs(families));
  recording->add_option("--seed", options.seed, "Of the first")->capture_default_str();
  recording->add_option("--threads", options.threads, "Thread counts")->delimiter(',')->capture_default_str();
  add_measuring(*recording, options.measuring);
  CLI::App* comparing = app.add_subcommand("compare", "Predict the networks of one file from those of another");
  comparing->add_option("--train", options.train, "File")->required();
  comparing->add_option("--test", options.test, "File")->required();
  comparing->add_flag("--details", options.details, "A line for every family and every kind of layer");
  CLI::App* transferring = app.add_subcommand("transfer", "Start from another device's model");
  transferring->add_option("--source", options.source, "File of the other device")->required();
  transferring->add_option("--train", options.train, "File")->required();
  transferring->add_option("--few", options.few, "Networks of it to learn from")->check(CLI::Range(1, 100000))->capture_default_str();
  transferring->add_option("--test", options.test, "File")->required();
  transferring->add_option("--source-threads", options.source_threads, "Of the other device: only what was measured with so many threads; 0: all")->capture_default_str();
  transferring->add_option("--threads", options.target_threads, "The same for both other files")->capture_default_str();
  CLI::App* planning = app.add_subcommand("plans", "Plans from predictions against plans from measurements: the zoo over 50 links");
  planning->add_option("--train", options.train, "File")->required();
  planning->add_option("--slower", options.slower, "How many times slower than one core here the device is; the cloud is two cores")->check(CLI::PositiveNumber)->capture_default_str();
  add_measuring(*planning, options.measuring);
  CLI::App* agreeing = app.add_subcommand("agree", "How far two recordings of the same networks lie apart");
  agreeing->add_option("--first", options.train, "File")->required();
  agreeing->add_option("--second", options.test, "File")->required();
  CLI::App* timing = app.add_subcommand("speed", "Time the prediction of 1,000 layers");
  timing->add_option("--train", options.train, "File")->required();
  timing->add_option("--test", options.test, "File")->required();
  CLI11_PARSE(app, argc, argv);
  try {
    if (recording->parsed()) record(options);
    if (comparing->parsed()) bench::compare(bench::load(options.train), bench::load(options.test), options.details);
    if (transferring->parsed()) {
      const auto target = [&](const std::string& path) { return bench::with_threads(bench::load(path), options.target_threads); };
      bench::transfer(bench::with_threads(bench::load(options.source), options.source_threads), target(options.train), static_cast<std::size_t>(options.few), target(options.test));
    }
    if (planning->parsed()) bench::plans(bench::load(options.train), options.measuring, options.slower);
    if (agreeing->parsed()) bench::agree(bench::load(options.train), bench::load(options.test));
    if (timing->parsed()) bench::speed(bench::load(options.train), bench::load(options.test));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "dnntune_cost_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
