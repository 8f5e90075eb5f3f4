// SPDX-License-Identifier: Apache-2.0
// Session::profile: samples of the steps, summed up by layer.
#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/float_mode.h"
#include "base/text.h"
#include "device/identity.h"
#include "device/meters/conditions.h"
#include "dnntune/error.h"
#include "dnntune/version.h"
#include "graph/graph_impl.h"
#include "graph/layer_info.h"
#include "graph/layer_map.h"
#include "runtime/assigned.h"
#include "runtime/conditions.h"
#include "runtime/energy.h"
#include "runtime/inputs.h"
#include "runtime/runners.h"
#include "runtime/sampler.h"
#include "runtime/session_state.h"
#include "runtime/stages_profile.h"
#include "runtime/statistics.h"
#include "runtime/threads.h"

namespace dnntune {
namespace {

using runtime::Samples;
using runtime::Step;

constexpr std::uint64_t kInputSeed = 1;
/// An undisturbed thread that waits for its workers now and then is above this.
constexpr double kBusyShare = 0.9;

void check_options(const ProfileOptions& options) {
  const auto require = [](bool holds, const char* rule) {
    if (!holds) throw Error(ErrorCode::invalid_argument, fmt::format("ProfileOptions: {}", rule));
  };
  require(options.warmup_runs >= 0 && options.warmup_runs <= 1'000'000, "warmup_runs must be in 0..1000000");
  require(options.min_samples >= 1 && options.min_samples <= 1'000'000, "min_samples must be in 1..1000000");
  require(options.min_sample_s >= 0.0 && options.min_sample_s <= 60.0, "min_sample_s must be in 0..60");
  require(options.max_total_s >= 0.0, "max_total_s must not be negative");
  require(options.calm_flops >= 0.0 && std::isfinite(options.calm_flops), "calm_flops must be finite and not negative");
  require(options.calm_wait_s >= 0.0, "calm_wait_s must not be negative");
}

/// The layer of `graph` that each step is part of; -1 for what belongs to input and output.
std::vector<int> layers_of_steps(const Graph& graph, const runtime::SessionState::Plan& plan) {
  const std::vector<int> targets = graph::layers_of_graph(graph, plan.lowered);
  std::vector<int> result;
  for (const Step& step : plan.network.graph().steps) result.push_back(step.layer < 0 ? -1 : targets[static_cast<std::size_t>(step.layer)]);
  return result;
}

/// Sum of some steps' samples, pass by pass.
void add_samples(std::vector<double>& sum, const std::vector<double>& samples) {
  sum.resize(samples.size(), 0.0);
  for (std::size_t i = 0; i < samples.size(); ++i) sum[i] += samples[i];
}

std::int64_t distinct_bytes(const graph::Ir& ir, const std::vector<graph::ValueId>& ids) {
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] == graph::kAbsent || ir.value(ids[i]).is_constant()) continue;
    if (std::find(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(i), ids[i]) != ids.begin() + static_cast<std::ptrdiff_t>(i)) continue;
    bytes += ir.value(ids[i]).size_bytes();
  }
  return bytes;
}

std::int64_t elements_written(const graph::Ir& ir, const graph::Node& node) {
  std::int64_t count = 0;
  for (const graph::ValueId id : node.outputs)
    if (id != graph::kAbsent && size_of(ir.value(id).type) > 0)
      count += ir.value(id).size_bytes() / static_cast<std::int64_t>(size_of(ir.value(id).type));
  return count;
}

class ProfileMaker {
 public:
  ProfileMaker(runtime::SessionState& session, const runtime::SessionState::Plan& plan, const Samples& samples)
      : session_(session), plan_(plan), samples_(samples), passes_(static_cast<int>(samples.plain_run.size())),
        runners_(session.graph.layers().size()) {}

  Profile make() {
    Profile profile;
    profile.model = session_.graph.name();
    profile.model_hash = session_.graph.hash();
    profile.device = device::identify().name;
    profile.processor = session_.processor.name;
    profile.threads = session_.processor.threads;
    profile.library_version = version();
    profile.date = base::utc_date();
    profile.run_ns = runtime::measured_cost(samples_.plain_run);
    profile.profiled_run_ns = runtime::measured_cost(samples_.profiled_run);
    profile.arena_bytes = plan_.network.storage().memory.arena_bytes + plan_.network.storage().device_arena_bytes();
    profile.weight_bytes = plan_.network.weight_bytes();
    profile.memory_source = MemorySource::session;
    describe_layers(profile);
    measure_layers(profile);
    profile.notes = fallback_notes();
    return profile;
  }
  /// By layer, once they are measured.
  const std::vector<runtime::Runner>& runners() const noexcept { return runners_; }

 private:
  void describe_layers(Profile& profile) const {
    for (const LayerInfo& info : session_.graph.layers()) {
      LayerProfile layer;
      layer.name = info.name;
      layer.op = info.op;
      layer.inputs = info.inputs;
      layer.outputs = info.outputs;
      layer.kernel = "folded";
      profile.layers.push_back(std::move(layer));
    }
    const std::vector<int> targets = graph::layers_of_graph(session_.graph, plan_.lowered);
    for (std::size_t i = 0; i < plan_.lowered.nodes.size(); ++i) {
      const graph::Node& node = plan_.lowered.nodes[i];
      LayerProfile& layer = profile.layers[static_cast<std::size_t>(targets[i])];
      layer.kernel = "view";
      layer.input_bytes += distinct_bytes(plan_.lowered, node.inputs);
      layer.output_bytes += distinct_bytes(plan_.lowered, node.outputs);
      const std::int64_t macs = graph::count_macs(plan_.lowered, node);
      layer.flops += macs > 0 ? 2 * macs : elements_written(plan_.lowered, node);
    }
  }

  void measure_layers(Profile& profile) {
    const std::vector<int> targets = layers_of_steps(session_.graph, plan_);
    std::vector<std::vector<double>> latency(profile.layers.size()), conversion(profile.layers.size()), enqueue(profile.layers.size());
    std::vector<double> input_output = samples_.input_output;
    const auto& steps = plan_.network.graph().steps;
    for (std::size_t s = 0; s < steps.size(); ++s) {
      if (targets[s] < 0) {
        add_samples(input_output, samples_.steps[s]);
        continue;
      }
      const auto target = static_cast<std::size_t>(targets[s]);
      LayerProfile& layer = profile.layers[target];
      add_samples(latency[target], samples_.steps[s]);
      if (steps[s].conversion) add_samples(conversion[target], samples_.steps[s]);
      if (!samples_.enqueue[s].empty()) add_samples(enqueue[target], samples_.enqueue[s]);
      add_step(layer, s);
      if (!steps[s].conversion) {
        runners_[target] = {steps[s].engine, plan_.network.fell_back(s)};
        layer.processor = runtime::processor_name(session_.crew, runners_[target]);
      }
    }
    for (std::size_t i = 0; i < profile.layers.size(); ++i) {
      LayerProfile& layer = profile.layers[i];
      layer.samples = passes_;
      layer.latency_ns = runtime::measured_cost(latency[i]);
      layer.conversion_ns = runtime::measured_cost(conversion[i]);
      if (!enqueue[i].empty()) layer.enqueue_ns = runtime::measured_cost(enqueue[i]);
    }
    profile.input_output_ns = runtime::measured_cost(input_output);
  }

  /// Layers that their processor left to the CPU, by reason.
  std::vector<std::string> fallback_notes() const {
    std::map<std::string, std::vector<std::string>> layers;
    const auto& steps = plan_.network.graph().steps;
    for (std::size_t s = 0; s < steps.size(); ++s) {
      if (!plan_.network.fell_back(s) || steps[s].conversion) continue;
      const std::string& why = plan_.network.refusal(s);
      layers[fmt::format("{} has no kernel{}{}", session_.crew.engine(steps[s].engine).processor.name, why.empty() ? "" : ": ", why)].push_back(steps[s].node.name);
    }
    std::vector<std::string> notes;
    for (const auto& [why, names] : layers) notes.push_back(fmt::format("{} layers on the CPU, {}: {}", names.size(), why, base::listed(names)));
    return notes;
  }

  void add_step(LayerProfile& layer, std::size_t s) const {
    const Step& step = plan_.network.graph().steps[s];
    layer.memory_bytes = std::max(layer.memory_bytes, plan_.network.memory_during(s));
    if (step.conversion) {
      if (layer.kernel == "view") layer.kernel = "view+layout";
      return;
    }
    layer.kernel = plan_.network.kernel(s);
    layer.repeats = samples_.repeats[s];
    layer.weight_bytes += plan_.network.layer_weight_bytes(s);
  }

  const runtime::SessionState& session_;
  const runtime::SessionState::Plan& plan_;
  const Samples& samples_;
  int passes_;
  std::vector<runtime::Runner> runners_;
};

std::vector<std::string> notes_of(const runtime::SessionState& session, const ProfileOptions& options, const Samples& samples, bool random, bool alone) {
  std::vector<std::string> notes;
  notes.push_back(fmt::format("{} warm-up runs, then {} passes; a pass samples the plain run, the profiled run and every layer",
                              options.warmup_runs, samples.plain_run.size()));
  notes.push_back(fmt::format("clock resolution {} ns; layers of 100 times that are timed inside whole runs, shorter ones repeated; a sample "
                              "lasts at least {} ms; value is the median, spread the median absolute deviation",
                              samples.clock_resolution_ns, options.min_sample_s * 1e3));
  if (random) notes.push_back(fmt::format("inputs: floats uniform in [-1, 1), seed {}; integers 0", kInputSeed));
  if (alone)
    notes.push_back("a small network: the calling thread does all of it, where it happens to run");
  else
    for (std::string& note : runtime::thread_notes(*session.crew.engine(0).pool)) notes.push_back(std::move(note));
  // A thread that waits for a device has no use for a core.
  const char* busy = samples.cpu_share < kBusyShare && !session.crew.has_queue() ? "warning: the machine was busy: " : "";
  notes.push_back(fmt::format("{}the calling thread had a core {:.0f} % of the time", busy, 100.0 * samples.cpu_share));
  if (session.options.reference_kernels) notes.push_back("reference kernels only");
  for (int e = 0; e < session.crew.size(); ++e)
    if (const auto& context = session.crew.engine(e).context) {
      const std::string& name = session.crew.engine(e).processor.name;
      if (!context->pinned()) notes.push_back(fmt::format("warning: {}: a thread of its own could not be pinned to its core", name));
      for (const std::string& note : context->notes()) notes.push_back(fmt::format("{}: {}", name, note));
    }
  if (samples.never_calm) notes.push_back("warning: the cores were slowed down by others all the time");
  if (samples.disturbed > 0 && !samples.never_calm) notes.push_back(fmt::format("waited {} times for the cores to be undisturbed", samples.disturbed));
  if (samples.stopped_early) notes.push_back(fmt::format("warning: stopped after {} s before the run's median was steady", options.max_total_s));
  return notes;
}

/// What of a session is in 16 bits; empty when nothing is.
std::string half_arithmetic(const runtime::SessionState& session) {
  const SessionOptions& options = session.options;
  if (options.reference_kernels) return "";
  std::vector<std::string> what;
  if (options.math != DataType::float32) what.push_back(fmt::format("products in {}", to_string(options.math)));
  if (options.weights != DataType::float32) what.push_back(fmt::format("weights stored as {}", to_string(options.weights)));
  if (options.storage != DataType::float32 && session.crew.has_queue()) what.push_back(fmt::format("values stored on the device as {}", to_string(options.storage)));
  return fmt::format("{}", fmt::join(what, " and "));
}

/// The largest difference that the storage of weights and products in 16 bits make to a float output, relative to
/// that output's largest magnitude.
double arithmetic_error(runtime::SessionState& session, const Tensors& inputs) {
  SessionOptions exact = session.options;
  exact.weights = exact.math = exact.storage = DataType::float32;
  const Tensors wanted = Session(session.graph, session.processor, exact).run(inputs), got = session.run(inputs);
  double worst = 0.0;
  for (const auto& [name, tensor] : wanted) {
    if (tensor.type() != DataType::float32) continue;
    const auto want = tensor.as<float>(), have = got.at(name).as<float>();
    double largest = 0.0, difference = 0.0;
    for (std::size_t i = 0; i < want.size(); ++i) {
      largest = std::max(largest, std::abs(static_cast<double>(want[i])));
      difference = std::max(difference, std::abs(static_cast<double>(have[i]) - static_cast<double>(want[i])));
    }
    if (difference > 0.0) worst = std::max(worst, difference / largest);
  }
  return worst;
}

/// `share` of all of `progress`, from `from` on.
std::function<void(double)> part_of(const std::function<void(double)>& progress, double from, double share) {
  return [&progress, from, share](double done) {
    if (progress) progress(from + share * done);
  };
}

/// Runs that are counted: those of one sample.
int counted_runs(const Profile& profile, const ProfileOptions& options) {
  return static_cast<int>(std::clamp(std::ceil(base::ns(options.min_sample_s) / std::max(profile.run_ns.value, 1.0)), 1.0, 1e6));
}

void append(std::vector<std::string>& notes, std::vector<std::string> more) {
  notes.insert(notes.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

Profile Session::profile(const ProfileOptions& options, const Tensors& given) {
  check_options(options);
  runtime::SessionState& session = *impl_;
  const bool random = given.empty() && !session.graph.inputs().empty();
  const Tensors inputs = random ? runtime::random_tensors(session.graph, session.options.input_shapes, kInputSeed) : given;
  runtime::EnergyMeter energy(options.energy, session.processor, std::int64_t{session.options.worker_spin_us} * 1000);
  // Where energy is measured too, it has the second half of the progress.
  const double time_share = energy.measures() ? 0.5 : 1.0;
  ProfileOptions timed = options;
  timed.progress = part_of(options.progress, 0.0, time_share);
  const auto energy_progress = part_of(options.progress, time_share, 1.0 - time_share);
  const device::Tree tree(options.energy.root);
  const std::vector<int>& cores = session.processor.cores;
  const auto plain_run = [&] { session.run(inputs); };
  /// What is measured beside time, once the layers' times are known.
  const auto measure_rest = [&](Profile& profile, const Conditions& before, const std::vector<runtime::Runner>& runners, const runtime::SteppedWork* stepped) {
    profile.before = before;
    profile.after = device::read_conditions(tree, cores);
    append(profile.notes, runtime::condition_notes(profile.before, profile.after));
    std::vector<Processor> processors;
    for (const runtime::Runner runner : runners) processors.push_back(runtime::processor_of(session.crew, runner));
    energy.fill(profile, processors, plain_run, stepped, energy_progress);
    runtime::count_events(profile, options.energy.root, counted_runs(profile, options), plain_run);
    if (energy.measures()) energy_progress(1.0);
  };

  if (session.staged) {
    const Conditions before = device::read_conditions(tree, cores);
    std::vector<runtime::Runner> runners;
    Profile profile = runtime::profile_in_stages(session, timed, inputs, runners);
    append(profile.notes, runtime::assignment_notes(session.options.assignment, session.processor, runtime::layer_names(session.graph.impl().lowered.ir)));
    if (random) profile.notes.push_back(fmt::format("inputs: floats uniform in [-1, 1), seed {}; integers 0", kInputSeed));
    measure_rest(profile, before, runners, nullptr);
    return profile;
  }

  runtime::SessionState::Plan& plan = session.plan_for(inputs);
  const base::FlushDenormals flush;
  Conditions before;
  const runtime::Subject subject{plan.network, inputs, [&] { session.plan_for(inputs); }, plain_run,
                                 [&] { before = device::read_conditions(tree, cores); }};
  const Samples samples = runtime::take_samples(subject, timed);
  ProfileMaker maker(session, plan, samples);
  Profile profile = maker.make();
  append(profile.notes, runtime::assignment_notes(session.options.assignment, session.processor, runtime::layer_names(plan.lowered)));
  append(profile.notes, notes_of(session, options, samples, random, plan.network.alone()));
  const runtime::SteppedWork stepped{subject, samples, layers_of_steps(session.graph, plan)};
  measure_rest(profile, before, maker.runners(), &stepped);
  const std::string what = half_arithmetic(session);
  if (!what.empty()) profile.notes.push_back(fmt::format("{} change the outputs by {:.2g} of the largest value", what, arithmetic_error(session, inputs)));
  return profile;
}

}  // namespace dnntune
