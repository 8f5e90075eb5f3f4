// SPDX-License-Identifier: Apache-2.0
#include "runtime/stages_profile.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/clock.h"
#include "device/identity.h"
#include "dnntune/version.h"
#include "graph/graph_impl.h"
#include "runtime/statistics.h"
#include "runtime/threads.h"

namespace dnntune::runtime {
namespace {

constexpr int kMaxPassRepeats = 1'000'000;

/// Samples of the layers, one a pass.
struct Passes {
  std::vector<double> plain, profiled;
  std::vector<std::vector<double>> layers;
  RunRecord last;
  int repeats = 1;
};

/// Layer of the graph by source node; sources that no layer covers at the default shapes are left out.
std::unordered_map<int, std::size_t> layers_by_source(const Graph& graph) {
  std::unordered_map<int, std::size_t> layers;
  const auto& nodes = graph.impl().lowered.ir.nodes;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    for (const int source : nodes[i].covers) layers.emplace(source, i);
  return layers;
}

Passes take_passes(SessionState& session, const ProfileOptions& options, const Tensors& inputs) {
  const auto layers = layers_by_source(session.graph);
  const std::int64_t start = base::now_ns();
  for (int i = 0; i < options.warmup_runs; ++i) session.run(inputs);
  const std::int64_t once_at = base::now_ns();
  session.run(inputs);
  const double once_ns = static_cast<double>(std::max<std::int64_t>(1, base::now_ns() - once_at));
  Passes passes;
  passes.repeats = static_cast<int>(std::clamp(std::ceil(options.min_sample_s * 1e9 / once_ns), 1.0, static_cast<double>(kMaxPassRepeats)));
  passes.layers.resize(session.graph.layers().size());
  const int least = std::max(1, options.min_samples);
  for (int pass = 0; pass < least * 4; ++pass) {
    const bool steady = relative_error_of_median(passes.plain) < 0.005;
    if (pass >= least && (steady || static_cast<double>(base::now_ns() - start) / 1e9 > options.max_total_s)) break;
    std::int64_t from = base::now_ns();
    for (int i = 0; i < passes.repeats; ++i) session.run(inputs);
    passes.plain.push_back(static_cast<double>(base::now_ns() - from) / passes.repeats);
    passes.last = {};
    from = base::now_ns();
    for (int i = 0; i < passes.repeats; ++i) session.run_in_stages(inputs, &passes.last);
    passes.profiled.push_back(static_cast<double>(base::now_ns() - from) / passes.repeats);
    for (auto& samples : passes.layers) samples.push_back(0.0);
    for (const auto& [source, ns] : passes.last.ns)
      if (const auto layer = layers.find(source); layer != layers.end())
        passes.layers[layer->second].back() += static_cast<double>(ns) / passes.repeats;
    if (options.progress) options.progress(std::min(0.99, static_cast<double>(pass + 1) / (least + 1)));
  }
  if (options.progress) options.progress(1.0);
  return passes;
}

}  // namespace

Profile profile_in_stages(SessionState& session, const ProfileOptions& options, const Tensors& inputs, std::vector<Runner>& runners) {
  const base::CallerPin pin(*session.crew.engine(0).pool);
  const Passes passes = take_passes(session, options, inputs);
  const auto bytes_of = [&](const std::vector<std::string>& names) {
    std::int64_t bytes = 0;
    for (const std::string& name : names)
      if (const auto found = passes.last.value_bytes.find(name); found != passes.last.value_bytes.end()) bytes += found->second;
    return bytes;
  };
  Profile profile;
  profile.model = session.graph.name();
  profile.model_hash = session.graph.hash();
  profile.device = device::identify().name;
  profile.processor = session.processor.name;
  profile.threads = session.processor.threads;
  profile.library_version = version();
  profile.date = base::utc_date();
  profile.run_ns = measured_cost(passes.plain);
  profile.profiled_run_ns = measured_cost(passes.profiled);
  profile.arena_bytes = static_cast<std::int64_t>(session.arena.size());
  profile.weight_bytes = session.weight_bytes();
  profile.memory_source = MemorySource::session;
  const auto layers = layers_by_source(session.graph);
  for (const LayerInfo& info : session.graph.layers()) {
    LayerProfile layer;
    layer.name = info.name;
    layer.op = info.op;
    layer.inputs = info.inputs;
    layer.outputs = info.outputs;
    layer.kernel = "view";
    layer.latency_ns = measured_cost(passes.layers[profile.layers.size()]);
    layer.conversion_ns = measured_cost({0.0});
    layer.input_bytes = bytes_of(info.inputs);
    layer.output_bytes = bytes_of(info.outputs);
    layer.flops = 2 * info.macs;
    layer.weight_bytes = info.weight_bytes;
    layer.memory_bytes = layer.input_bytes + layer.output_bytes;
    layer.samples = static_cast<int>(passes.plain.size());
    layer.repeats = passes.repeats;
    profile.layers.push_back(std::move(layer));
  }
  for (const auto& [source, kernel] : passes.last.kernels)
    if (const auto layer = layers.find(source); layer != layers.end()) profile.layers[layer->second].kernel = kernel;
  runners.assign(profile.layers.size(), {});
  for (const auto& [source, runner] : passes.last.runners)
    if (const auto layer = layers.find(source); layer != layers.end()) {
      runners[layer->second] = runner;
      profile.layers[layer->second].processor = processor_name(session.crew, runner);
    }
  std::vector<double> rest;
  for (std::size_t pass = 0; pass < passes.plain.size(); ++pass) {
    double sum = 0.0;
    for (const auto& samples : passes.layers) sum += samples[pass];
    rest.push_back(std::max(0.0, passes.profiled[pass] - sum));
  }
  profile.input_output_ns = measured_cost(rest);
  profile.notes.push_back(fmt::format("{} warm-up runs, then {} passes of {} plain and {} profiled runs; a network that runs in stages, whose "
                                      "layers are timed within whole runs alone", options.warmup_runs, passes.plain.size(), passes.repeats, passes.repeats));
  for (std::string& note : thread_notes(*session.crew.engine(0).pool)) profile.notes.push_back(std::move(note));
  return profile;
}

}  // namespace dnntune::runtime
