// SPDX-License-Identifier: Apache-2.0
// Session::profile and its statistics. What the figures are is never asserted, only what they mean.
#include <algorithm>
#include <cmath>

#include "dnntune/builder.h"
#include "dnntune/session.h"
#include "runtime/naive.h"
#include "runtime/random_network.h"
#include "runtime/statistics.h"
#include "throws.h"

using namespace dnntune;
using naive::cpu;
using naive::random_tensor;
using Ints = std::vector<std::int64_t>;

namespace {

ProfileOptions quick() {
  ProfileOptions options;
  options.warmup_runs = 1;
  options.min_samples = 3;
  options.min_sample_s = 1e-5;
  options.max_total_s = 0.0;
  options.energy.meter = "model";  // whatever meters the machine has
  return options;
}

Graph network() {
  GraphBuilder b("net");
  std::string x = b.input("image", DataType::float32, {-1, 3, 8, 8});
  x = b.node("Conv", {x, b.constant("w", random_tensor({4, 3, 3, 3}, 1))}, {{"pads", Ints{1, 1, 1, 1}}}, "conv");
  x = b.node("Exp", {x}, {}, "exp");
  x = b.node("Flatten", {x}, {}, "flatten");
  b.output(b.node("MatMul", {x, b.constant("v", random_tensor({256, 5}, 2))}, {}, "dense"));
  return b.build();
}

const LayerProfile& layer(const Profile& profile, const std::string& name) {
  const auto it = std::find_if(profile.layers.begin(), profile.layers.end(), [&](const LayerProfile& l) { return l.name == name; });
  REQUIRE(it != profile.layers.end());
  return *it;
}

}  // namespace

TEST_CASE("statistics: median, deviation, error") {
  using namespace runtime;
  CHECK(median({}) == 0.0);
  CHECK(median({5}) == 5.0);
  CHECK(median({9, 1, 5}) == 5.0);
  CHECK(median({4, 1, 3, 2}) == 2.5);
  const Cost cost = measured_cost({1, 2, 3, 4, 100});
  CHECK(cost.value == 3.0);
  CHECK(cost.spread == 1.0);
  CHECK(cost.provenance == Provenance::measured);
  CHECK(relative_error_of_median({5, 5, 5}) == 0.0);
  CHECK(relative_error_of_median({0, 0}) == 0.0);
  CHECK(relative_error_of_median({90, 100, 110, 95, 105}) > relative_error_of_median({99, 100, 101, 99.5, 100.5}));
}

TEST_CASE("a profile has a row for every layer, and each row is complete") {
  const Graph graph = network();
  Session session(graph, cpu(1), {.alone_below_us = 0});
  const Profile profile = session.profile(quick());
  CHECK(profile.model == "net");
  CHECK(profile.model_hash == graph.hash());
  CHECK(profile.processor == "cpu:all x1");
  CHECK_FALSE(profile.device.empty());
  CHECK_FALSE(profile.date.empty());
  REQUIRE(profile.layers.size() == graph.layers().size());
  for (std::size_t i = 0; i < profile.layers.size(); ++i) {
    const LayerProfile& row = profile.layers[i];
    CHECK(row.name == graph.layers()[i].name);
    CHECK(row.op == graph.layers()[i].op);
    CHECK(row.inputs == graph.layers()[i].inputs);
    CHECK(row.outputs == graph.layers()[i].outputs);
    CHECK(row.input_bytes == graph.layers()[i].input_bytes);
    CHECK(row.output_bytes == graph.layers()[i].output_bytes);
    CHECK_FALSE(row.kernel.empty());
    CHECK(row.samples >= 3);
    CHECK(row.latency_ns.provenance == Provenance::measured);
    CHECK(row.latency_ns.value >= row.conversion_ns.value);
    CHECK(row.energy_uj.provenance == Provenance::unknown);
  }
  const LayerProfile& conv = layer(profile, "conv");
  CHECK(conv.flops == 2 * 64 * 4 * 27);
  CHECK(conv.latency_ns.value > 0.0);
  CHECK(conv.conversion_ns.value > 0.0);  // the image comes in ONNX's order
  CHECK(conv.weight_bytes >= 4 * 27 * 4);
  CHECK(conv.memory_bytes >= (3 + 4) * 64 * 4);
  CHECK(layer(profile, "exp").flops == 256);
  CHECK(layer(profile, "exp").conversion_ns.value == 0.0);
  CHECK(layer(profile, "flatten").kernel == "view+layout");
  CHECK(layer(profile, "flatten").conversion_ns.value == layer(profile, "flatten").latency_ns.value);
  CHECK(profile.run_ns.value > 0.0);
  CHECK(profile.profiled_run_ns.value > 0.0);
  CHECK(profile.input_output_ns.value > 0.0);
  CHECK(profile.arena_bytes == session.memory().arena);
  CHECK(profile.weight_bytes == session.memory().packed_weights);
  CHECK(Profile::from_json(profile.to_json()).to_json() == profile.to_json());
  const auto noted = [&](const char* part) {
    return std::any_of(profile.notes.begin(), profile.notes.end(), [&](const std::string& n) { return n.find(part) != std::string::npos; });
  };
  for (const char* part : {"1 warm-up runs", "clock resolution", "not pinned", "seed", "of the time"}) CHECK(noted(part));
  CHECK((noted("temperature not known") || noted("after the warm-up")));
  CHECK(profile.run_energy_uj.provenance == Provenance::unknown);
}

TEST_CASE("a profile says when the calling thread did all of it") {
  const auto alone = [](const Profile& profile) {
    return std::any_of(profile.notes.begin(), profile.notes.end(), [](const std::string& n) { return n.find("a small network") == 0; });
  };
  CHECK(alone(Session(network(), cpu(2)).profile(quick())));
  CHECK_FALSE(alone(Session(network(), cpu(2), {.alone_below_us = 0}).profile(quick())));
  CHECK_FALSE(alone(Session(network(), cpu(2), {.input_shapes = {{"image", {2048, 3, 8, 8}}}}).profile(quick())));
}

TEST_CASE("profiles at other shapes have the sizes of those shapes") {
  const Graph graph = network();
  Session session(graph, cpu(1), {.input_shapes = {{"image", {2, 3, 8, 8}}}});
  CHECK(layer(session.profile(quick()), "conv").flops == 2 * 2 * 64 * 4 * 27);
  const Profile given = session.profile(quick(), {{"image", random_tensor({3, 3, 8, 8}, 1)}});
  CHECK(layer(given, "conv").flops == 3 * 2 * 64 * 4 * 27);
  CHECK(layer(given, "conv").input_bytes == 3 * 3 * 64 * 4);
  CHECK(given.layers.size() == graph.layers().size());
}

TEST_CASE("a layer that is none at the default shapes counts with the one that follows") {
  GraphBuilder b("cut");
  const auto starts = b.constant("starts", Tensor::from<std::int64_t>({1}, Ints{0})), ends = b.constant("ends", Tensor::from<std::int64_t>({1}, Ints{32}));
  const auto axes = b.constant("axes", Tensor::from<std::int64_t>({1}, Ints{1}));
  const auto cut = b.node("Slice", {b.input("x", DataType::float32, {1, -1, 8}), starts, ends, axes});
  b.output(b.node("Tanh", {b.node("Exp", {cut}, {}, "exp")}, {}, "tanh"));
  const Graph graph = b.build();
  REQUIRE(graph.layers().size() == 2);
  Session session(graph, cpu(1));
  const Profile profile = session.profile(quick(), {{"x", random_tensor({1, 64, 8}, 1)}});
  CHECK(profile.layers.size() == 2);
  CHECK(layer(profile, "exp").flops == 2 * 32 * 8);  // the Slice's as well
  CHECK(layer(profile, "exp").latency_ns.value > 0.0);
}

TEST_CASE("a chain that writes over an operand is measured on what a run would give it") {
  // The sum of two large values runs in turns with the convolution before it and takes the other's place; the
  // table has an entry for every sum of one run, and for no sum of several.
  GraphBuilder b("residual");
  const auto ones = [](Shape shape) {
    Tensor tensor(DataType::float32, shape);
    for (float& v : tensor.as_mutable<float>()) v = 1.0f;
    return tensor;
  };
  const auto x = b.input("x", DataType::float32, {1, 8, 64, 64});
  const auto w = b.constant("w", ones({96, 8, 1, 1}));
  const auto other = b.node("Conv", {x, w}), conv = b.node("Conv", {b.node("Abs", {x}), w});
  const auto sum = b.node("Add", {conv, other}, {}, "sum");
  const auto index = b.node("Cast", {b.node("ReduceMax", {sum}, {{"keepdims", std::int64_t{0}}})}, {{"to", std::int64_t{7}}});
  b.output(b.node("Gather", {b.constant("table", ones({17})), index}, {}, "entry"));
  Session session(b.build(), cpu(1));
  const Tensors inputs = {{"x", ones({1, 8, 64, 64})}};
  REQUIRE(session.run(inputs).at("entry").as<float>()[0] == 1.0f);
  CHECK(session.profile(quick(), inputs).layers.size() > 4);
}

TEST_CASE("measuring changes no result: layers that work in place are fed their own input again") {
  // Exp in place a thousand times would end in infinity.
  for (std::uint32_t seed = 0; seed < 30; ++seed) {
    CAPTURE(seed);
    const Graph graph = naive::random_network(seed);
    const Tensors inputs = random_inputs(graph, seed);
    Session session(graph, cpu(1));
    const Tensors before = session.run(inputs);
    const Profile profile = session.profile(quick(), inputs);
    CHECK(profile.layers.size() == graph.layers().size());
    CHECK(naive::bit_difference(session.run(inputs), before) == "");
    CHECK(std::isfinite(profile.layers_ns().value));
  }
}

TEST_CASE("energy is power times time, with the source of the power") {
  Processor processor = cpu(1);
  processor.active_power_w = 2.0;
  for (const auto& [source, provenance] : {std::pair<const char*, Provenance>{"data sheet", Provenance::published},
                                           {"measured at the wall", Provenance::measured},
                                           {"predicted from the clock", Provenance::predicted}}) {
    processor.power_source = source;
    const Profile profile = Session(network(), processor).profile(quick());
    CHECK(profile.run_energy_uj.value == doctest::Approx(profile.run_ns.value * 2e-3));
    CHECK(profile.run_energy_uj.provenance == provenance);
    CHECK(profile.energy_source == source);
    for (const LayerProfile& row : profile.layers) {
      CHECK(row.energy_uj.value == doctest::Approx(row.latency_ns.value * 2e-3));
      CHECK(row.energy_uj.provenance == provenance);
    }
  }
}

TEST_CASE("progress goes from 0 to 1; what it throws comes out and leaves the session whole") {
  Session session(network(), cpu(1));
  ProfileOptions options = quick();
  std::vector<double> shares;
  options.progress = [&](double share) { shares.push_back(share); };
  session.profile(options);
  REQUIRE(shares.size() >= 2);
  CHECK(shares.front() == 0.0);
  CHECK(shares.back() == 1.0);
  CHECK(std::is_sorted(shares.begin(), shares.end()));

  options.progress = [](double) { throw Error(ErrorCode::timeout, "enough"); };
  CHECK_ERROR(session.profile(options), ErrorCode::timeout, "enough");
  CHECK_NOTHROW(session.run(random_inputs(session.graph(), 1)));
}

TEST_CASE("options and inputs are checked") {
  Session session(network(), cpu(1));
  const auto check = [&](auto&& change, const char* part) {
    ProfileOptions options = quick();
    change(options);
    CHECK_ERROR(session.profile(options), ErrorCode::invalid_argument, part);
  };
  check([](ProfileOptions& o) { o.warmup_runs = -1; }, "warmup_runs");
  check([](ProfileOptions& o) { o.min_samples = 0; }, "min_samples");
  check([](ProfileOptions& o) { o.min_sample_s = -1.0; }, "min_sample_s");
  check([](ProfileOptions& o) { o.min_sample_s = std::nan(""); }, "min_sample_s");
  check([](ProfileOptions& o) { o.max_total_s = -1.0; }, "max_total_s");
  CHECK_ERROR(session.profile(quick(), {{"picture", random_tensor({1}, 1)}}), ErrorCode::invalid_argument, "'image'");
}

TEST_CASE("the reference kernels name themselves") {
  const Profile profile = Session(network(), cpu(1), {.reference_kernels = true}).profile(quick());
  CHECK(layer(profile, "conv").kernel.starts_with("reference."));
  CHECK(std::any_of(profile.notes.begin(), profile.notes.end(), [](const std::string& n) { return n == "reference kernels only"; }));
}
