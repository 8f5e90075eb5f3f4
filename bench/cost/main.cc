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

class Recorder {
 public:
  explicit Recorder(const Options& options) : options_(options), device_(Device::local()), tasks_(mixed(options.probes, options.families)) {
    if (tasks_.empty()) throw Error(ErrorCode::invalid_argument, "nothing to measure: give --probes, --families or both");
    probes_.device = families_.device = device_.name;
    probes_.roofline = families_.roofline = measure_roofline(device_, processor(options.threads.back()));
  }

  void record() {
    for (int visit = 0; visit < options_.measuring.visits; ++visit) {
      next_probe_ = next_family_ = 0;
      for (std::size_t done = 0; done < tasks_.size();) {
        const std::size_t end = std::min(done + kBatch, tasks_.size());
        measure(done, end);
        done = end;
        std::fprintf(stderr, "\rvisit %d: %zu of %zu ", visit + 1, done, tasks_.size());
      }
      if (!options_.probes_out.empty()) bench::save(probes_, options_.probes_out);
      if (!options_.families_out.empty()) bench::save(families_, options_.families_out);
    }
    std::fprintf(stderr, "\n");
  }

 private:
  Processor processor(int threads) const { return device_.processor("cpu:all x" + std::to_string(threads)); }

  void measure(std::size_t begin, std::size_t end) {
    std::vector<std::vector<Subject>> subjects;
    for (std::size_t i = begin; i < end; ++i) subjects.push_back(prepared(tasks_[i]));
    for (int round = 0; round < options_.measuring.rounds; ++round)
      for (std::vector<Subject>& of_one : subjects)
        for (Subject& subject : of_one) subject.rounds.push_back(bench::measure(subject.session, options_.measuring, probes_.roofline));
    for (std::size_t i = begin; i < end; ++i)
      for (Subject& subject : subjects[i - begin]) tasks_[i].probe ? keep(probes_, next_probe_, subject) : keep(families_, next_family_, subject);
  }

  /// One a number of threads.
  std::vector<Subject> prepared(const Task& task) const {
    const std::uint64_t seed = options_.seed + static_cast<std::uint64_t>(task.index);
    const bench::Family& family = bench::families()[static_cast<std::size_t>(task.index) % bench::families().size()];
    const Graph graph = task.probe ? calibration_network(seed) : family.build(1000 + seed);
    std::vector<Subject> subjects;
    for (const int threads : options_.threads)
      subjects.push_back({task.probe ? "probe" : std::string(family.name), planned_shape(graph, processor(threads)), Session(graph, processor(threads)), {}});
    return subjects;
  }

  /// As record `at`, or with it.
  static void keep(bench::Data& data, std::size_t& at, Subject& subject) {
    if (at == data.records.size()) {
      data.records.push_back({subject.family, {std::move(subject.shape), least_of(std::move(subject.rounds))}});
    } else {
      Profile& known = data.records[at].network.profile;
      subject.rounds.push_back(std::move(known));
      known = least_of(std::move(subject.rounds));
    }
    ++at;
  }

  const Options& options_;
  const Device device_;
  const std::vector<Task> tasks_;
  bench::Data probes_, families_;
  std::size_t next_probe_ = 0, next_family_ = 0;
};

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
  recording->add_option("--visits", options.measuring.visits, "Times that all networks are gone through: minutes differ")->check(CLI::Range(1, 100))->capture_default_str();
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
    if (recording->parsed()) Recorder(options).record();
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
