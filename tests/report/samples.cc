// SPDX-License-Identifier: Apache-2.0
#include "report/samples.h"

namespace dnntune::samples {
namespace {

Cost measured(double value) { return {value, value / 50.0, Provenance::measured}; }

Processor processor(std::string name, std::string backend, int threads) {
  Processor processor;
  processor.name = std::move(name);
  processor.backend = std::move(backend);
  processor.threads = threads;
  return processor;
}

cli::Pair pair(std::string network, Processor on, double run_ns) {
  cli::Pair pair{.network = std::move(network), .processor = std::move(on), .error = "", .profile = profile(run_ns), .prepare_s = 0.25};
  if (pair.processor.backend == "opencl") {
    for (LayerProfile& layer : pair.profile.layers) {
      layer.enqueue_ns = measured(run_ns / 40.0);
      layer.conversion_ns = measured(run_ns / 50.0);
    }
  } else {
    pair.profile.run_energy_uj = {run_ns * 2e-3, 0.0, Provenance::predicted};  // 2 W
    pair.profile.energy_source = "a power model";
  }
  return pair;
}

}  // namespace

LayerProfile layer(std::string name, std::string op, std::string kernel, double latency_ns) {
  LayerProfile layer;
  layer.name = std::move(name);
  layer.op = std::move(op);
  layer.kernel = std::move(kernel);
  layer.latency_ns = measured(latency_ns);
  layer.flops = static_cast<std::int64_t>(latency_ns * 30.0);
  layer.input_bytes = layer.output_bytes = layer.weight_bytes = 4000;
  return layer;
}

Profile profile(double run_ns) {
  Profile profile;
  profile.model = "sample <net>";
  profile.device = "a device";
  profile.processor = "cpu:all x1";
  profile.library_version = "1";
  profile.date = "2026-01-01T00:00:00Z";
  profile.layers = {layer("conv<1>", "Conv+Relu", "simd.conv_direct", run_ns * 0.5), layer("dw", "Conv", "simd.depthwise", run_ns * 0.2),
                    layer("fc", "Gemm", "simd.gemv", run_ns * 0.15), layer("pool", "MaxPool", "simd.max_pool", run_ns * 0.05)};
  profile.run_ns = measured(run_ns);
  profile.input_output_ns = measured(run_ns * 0.02);
  profile.arena_bytes = 1'000'000;
  profile.weight_bytes = 20'000'000;
  return profile;
}

cli::Characterization characterization() {
  cli::Characterization all;
  all.device.name = "a device & its <cores>";
  all.device.processors = {processor("cpu:all", "cpu", 2)};
  all.date = "2026-01-01T00:00:00Z";
  all.seconds_a_pair = 2.0;
  all.networks = {"lenet", "mobilenet_v2", "vgg16"};
  all.processors = {"cpu:all x1", "cpu:all x2", "opencl:0"};
  double run_ns = 40e3;
  for (const std::string& network : all.networks) {
    all.pairs.push_back(pair(network, processor("cpu:all x1", "cpu", 1), run_ns));
    all.pairs.push_back(pair(network, processor("cpu:all x2", "cpu", 2), run_ns * 0.55));
    all.pairs.push_back(pair(network, processor("opencl:0", "opencl", 1), run_ns * 3.0));
    run_ns *= 60.0;
  }
  cli::Pair& failed = all.pairs.back();
  failed.error = "out of memory on the device";
  failed.profile = {};
  return all;
}

Tuning tuning() {
  Tuning tuning;
  const auto candidate = [](const char* processor, const char* kernel, double ns) { return TunedCandidate{processor, kernel, measured(ns)}; };
  TunedLayer first{.name = "conv", .op = "Conv", .candidates = {candidate("cpu:all x2", "simd.conv_direct", 9e3), candidate("cpu:all x2", "simd.conv_igemm", 12e3)},
                   .processor = "cpu:all x2", .kernel = "simd.conv_direct"};
  TunedLayer second{.name = "fc", .op = "Gemm", .candidates = {candidate("cpu:all x2", "simd.gemv", 3e3), candidate("cpu:all x1", "simd.gemv", 4e3)},
                    .processor = "cpu:all x2", .kernel = "simd.gemv"};
  TunedLayer third{.name = "late", .op = "Softmax", .candidates = {}, .processor = "cpu:all x1", .kernel = "simd.softmax"};
  tuning.layers = {first, second, third};
  tuning.runs = {{"tuned", measured(12.5e3)}, {"cpu:all x2", measured(13e3)}, {"cpu:all x1", measured(20e3)}};
  tuning.predicted = tuning.lower_bound = 12e3;
  tuning.seconds = 1.5;
  return tuning;
}

PlanRequest plan_request(const Graph& graph) {
  const auto profile_at = [&](const char* processor, double macs_per_ns) {
    Profile profile;
    profile.model = graph.name();
    profile.model_hash = graph.hash();
    profile.processor = processor;
    for (const LayerInfo& info : graph.layers()) {
      LayerProfile row = layer(info.name, info.op, "simd.sample", 1e3 + static_cast<double>(info.macs + 4 * info.output_bytes) / macs_per_ns);
      row.outputs = info.outputs;
      row.output_bytes = info.output_bytes;
      row.energy_uj = {row.latency_ns.value * 2e-3, 0.0, Provenance::predicted};  // 2 W
      profile.layers.push_back(std::move(row));
    }
    return profile;
  };
  return {.graph = graph, .device = {profile_at("phone", 2.0)}, .cloud = {profile_at("server", 100.0)}, .link = Link::named("wifi")};
}

}  // namespace dnntune::samples
