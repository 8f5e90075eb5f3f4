// SPDX-License-Identifier: Apache-2.0
// Probes are networks that run; a short calibration makes a model that predicts.
#include <set>

#include <doctest/doctest.h>

#include "dnntune/calibrate.h"
#include "dnntune/error.h"

using namespace dnntune;

TEST_CASE("probes are the same for the same seed, run, and have the kinds that networks have") {
  std::set<std::string> kinds;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    const Graph graph = calibration_network(seed);
    CAPTURE(seed);
    CHECK(graph.unsupported().empty());
    CHECK(graph.mac_count() < 2'500'000'000);
    for (const LayerShape& layer : network_shape(graph).layers) kinds.insert(layer.kind);
    if (seed < 3) CHECK(calibration_network(seed).hash() == graph.hash());
  }
  for (const char* kind : {"conv_1x1", "conv_3x3", "conv_window", "conv_first", "depthwise", "product", "product_row", "product_batched", "lstm", "gru", "pool:MaxPool",
                           "pool:AveragePool", "global_pool", "softmax", "layer_normalization", "binary", "concat", "transpose", "unary:HardSwish", "lrn", "batch_normalization"}) {
    CAPTURE(kind);
    CHECK(kinds.contains(kind));
  }
}

TEST_CASE("a short calibration") {
  const Device device = Device::local();
  const Processor processor = device.processor("cpu:all x1");
  CalibrateOptions options;
  options.budget_s = 100.0;
  options.most_networks = 6;
  double last = 0.0;
  options.progress = [&](double share, const std::string&) { last = share; };
  const Calibration found = calibrate(device, processor, options);
  CHECK(found.networks == 6);
  CHECK(found.model.samples() > 6);
  CHECK(found.model.roofline().peak_flops > 1e8);
  CHECK(found.model.roofline().caches.size() > 0);
  CHECK(!found.warnings.empty());  // six networks are too few
  CHECK(last > 0.0);
  const Graph graph = calibration_network(1000);
  const Profile profile = found.model.predict(graph, processor);
  CHECK(profile.layers.size() == graph.layers().size());
  CHECK(profile.run_ns.value > 0.0);
  CHECK(profile.run_ns.spread > 0.0);

  options.source = &found.model;
  options.most_networks = 2;
  CHECK(calibrate(device, processor, options).model.predict(graph, processor).run_ns.value > 0.0);
  options.budget_s = 0.0;
  CHECK_THROWS_AS(calibrate(device, processor, options), Error);
}
