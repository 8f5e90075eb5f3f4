// SPDX-License-Identifier: Apache-2.0
#include "dnntune/tune.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <set>
#include <string>

#include <unistd.h>

#include "backends/backend.h"
#include "base/file.h"
#include "base/json.h"
#include "dnntune/builder.h"
#include "runtime/naive.h"
#include "runtime/random_network.h"
#include "throws.h"

using namespace dnntune;
using naive::cpu;
using naive::random_tensor;
using Ints = std::vector<std::int64_t>;

namespace {

/// A convolution with several kernels to choose from, a depthwise one, and a dense layer.
Graph network(std::uint32_t seed = 1, const std::string& last = "scores") {
  GraphBuilder b("tuned");
  std::string x = b.input("image", DataType::float32, {-1, 16, 20, 20});
  x = b.node("Relu", {b.node("Conv", {x, b.constant("w", random_tensor({32, 16, 3, 3}, seed))}, {{"pads", Ints{1, 1, 1, 1}}})});
  x = b.node("Conv", {x, b.constant("d", random_tensor({32, 1, 3, 3}, 2))}, {{"group", std::int64_t{32}}});
  x = b.node("Flatten", {b.node("GlobalAveragePool", {x})});
  b.output(b.node("Softmax", {b.node("Gemm", {x, b.constant("v", random_tensor({32, 10}, 3))})}, {}, last));
  return b.build();
}

std::vector<Processor> processors() {
  std::vector<Processor> list = {cpu(1), cpu(2)};
  list[0].name = "one";
  list[1].name = "two";
  return list;
}

/// Gone when the test ends.
struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("dnntune_tune_test_" + std::to_string(::getpid()));
  Folder() { std::filesystem::remove_all(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  TuneOptions options() const {
    TuneOptions options;
    options.cache_folder = path.string();
    return options;
  }
};

}  // namespace

TEST_CASE("tune: every layer has its candidates, the choice is proven, and a session runs it") {
  const Graph graph = network();
  double last = 0.0;
  TuneOptions options;
  options.progress = [&](double share) {
    CHECK(share >= last);
    last = share;
  };
  const Tuning tuning = tune(graph, processors(), options);
  CHECK(last == 1.0);
  CHECK(tuning.complete);
  CHECK(tuning.lower_bound == tuning.predicted);
  REQUIRE(tuning.layers.size() == graph.layers().size());
  const TunedLayer& convolution = tuning.layers[0];
  std::set<std::string> kernels, names;
  for (const TunedCandidate& candidate : convolution.candidates) {
    kernels.insert(candidate.kernel);
    names.insert(candidate.processor);
    CHECK(candidate.latency_ns.value > 0.0);
    CHECK(candidate.latency_ns.provenance == Provenance::measured);
  }
  CHECK(kernels.size() > 1);
  CHECK(names == std::set<std::string>{"one", "two"});
  CHECK(std::is_sorted(convolution.candidates.begin(), convolution.candidates.end(),
                       [](const TunedCandidate& a, const TunedCandidate& b) { return a.latency_ns.value < b.latency_ns.value; }));
  // The chosen run is first, and no slower than the others but for noise.
  REQUIRE(tuning.runs.size() > 1);
  for (const TunedRun& run : tuning.runs) CHECK(tuning.runs[0].latency_ns.value <= 1.006 * run.latency_ns.value);

  const Tensors inputs = random_inputs(graph, 1);
  const Tensors wanted = Session(graph, cpu(1)).run(inputs);
  SessionOptions tuned;
  tuned.assignment = tuning.assignment;
  Session session(graph, processors()[0], tuned);
  CHECK(naive::difference(session.run(inputs), wanted, 1e-4) == "");
  // What the tuning says ran is what runs.
  const Profile profile = session.profile({.warmup_runs = 0, .min_samples = 1, .max_total_s = 0.0});
  for (std::size_t i = 0; i < profile.layers.size(); ++i) {
    if (tuning.layers[i].candidates.empty()) continue;
    CHECK(profile.layers[i].kernel == tuning.layers[i].kernel);
    CHECK((profile.layers[i].processor.empty() ? "one" : profile.layers[i].processor) == tuning.layers[i].processor);
  }
}

TEST_CASE("tune: the table fits, the JSON reads back as JSON of its schema") {
  const Tuning tuning = tune(network(), processors());
  std::size_t start = 0;
  const std::string table = tuning.table(80);
  for (std::size_t end = table.find('\n'); end != std::string::npos; start = end + 1, end = table.find('\n', start)) CHECK(end - start <= 80 + 4);  // "…" is 3 bytes
  CHECK(table.find("chosen") != std::string::npos);
  CHECK(tuning.to_json().find("dnntune.tuning/1") != std::string::npos);
}

TEST_CASE("tune: another kernel than the backend's own choice must be 2 % faster") {
  const Folder folder;
  const Graph graph = network();
  const std::vector<Processor> one = {cpu(1)};
  tune(graph, one, folder.options());
  std::filesystem::path timings;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path)) {
    if (entry.path().filename().string().starts_with("timings-")) timings = entry.path();
    if (entry.path().filename().string().starts_with("assignment-")) std::filesystem::remove(entry.path());
  }
  const std::string measured = base::read_text_file(timings);
  // What tuning comes to where each layer takes 1 ms by its own kernel, and `others_ns` by each other one.
  const auto predicted = [&](double others_ns) {
    base::Json json = base::parse_json(measured, "timings");
    bool other = false;
    for (auto& layer : json["layers"])
      for (auto& timing : layer) {
        other = other || timing["asked"] != "";
        timing["median_ns"] = timing["asked"] == "" ? 1e6 : others_ns;
        timing["spread_ns"] = 0.0;
      }
    CHECK(other);
    base::write_file(timings, base::dump_json(json));
    const Tuning tuning = tune(graph, one, folder.options());
    for (const auto& entry : std::filesystem::directory_iterator(folder.path))
      if (entry.path() != timings) std::filesystem::remove(entry.path());
    return tuning.predicted;
  };
  const double own = predicted(2e6);
  CHECK(own > 0.0);
  CHECK(predicted(0.99e6) == own);
  CHECK(predicted(0.95e6) == doctest::Approx(own - 0.05e6));  // one layer has several kernels
}

TEST_CASE("tune: layers whose weights would take too long to start stay as they are") {
  if (backends::find_backend("xnnpack") == nullptr) return;
  GraphBuilder b("dense");
  std::string x = b.input("x", DataType::float32, {4, 512});
  for (int i = 0; i < 3; ++i) x = b.node("MatMul", {x, b.constant("w" + std::to_string(i), random_tensor({512, 512}, static_cast<std::uint32_t>(i)))});
  b.output(x);
  const Graph graph = b.build();
  std::vector<Processor> list = {cpu(1), cpu(1)};
  list[0].name = "own";
  list[1].name = "other";
  list[1].backend = "xnnpack";
  const Folder folder;
  tune(graph, list, folder.options());
  std::filesystem::path timings;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path))
    if (entry.path().filename().string().starts_with("timings-")) timings = entry.path();
  base::Json json = base::parse_json(base::read_text_file(timings), "timings");
  for (auto& layer : json["layers"])
    for (auto& timing : layer) timing["median_ns"] = timing["kernel"].get<std::string>().starts_with("xnnpack") ? 1e3 : 1e6;
  base::write_file(timings, base::dump_json(json));

  TuneOptions options = folder.options();
  options.start_ms = std::numeric_limits<double>::infinity();
  const Tuning free = tune(graph, list, options);
  CHECK(free.predicted < 0.01e6);
  CHECK(free.notes.empty());
  options.start_ms = 0.0;
  const Tuning held = tune(graph, list, options);
  CHECK(!held.from_cache);
  CHECK(held.lower_bound == doctest::Approx(free.predicted));
  if (held.notes.empty()) {  // our kernels, not optimised or watched by a sanitizer, pack weights slower than XNNPACK: nothing to hold back
    CHECK(held.predicted == doctest::Approx(free.predicted));
    return;
  }
  CHECK(held.predicted == doctest::Approx(3e6));
  CHECK(held.notes.front().find("later than a session without one") != std::string::npos);
  for (const auto& [layer, choice] : held.assignment.layers) CHECK(choice.processor != "other");
}

TEST_CASE("tune: the second time it comes from the cache, and sessions find it there") {
  const Folder folder;
  const Graph graph = network();
  const Tuning first = tune(graph, processors(), folder.options());
  CHECK(!first.from_cache);
  const Tuning second = tune(graph, processors(), folder.options());
  CHECK(second.from_cache);
  CHECK(second.assignment.layers == first.assignment.layers);
  // Trained further it is the same network; with layers of other names, which an assignment would not know, it is not.
  CHECK(tune(network(9), processors(), folder.options()).from_cache);
  CHECK(!tune(network(1, "others"), processors(), folder.options()).from_cache);
  // Other processors are another question, whose layers are known.
  std::vector<Processor> three = processors();
  three.push_back(cpu(3));
  three.back().name = "three";
  CHECK(!tune(graph, three, folder.options()).from_cache);
  // Other arithmetic too.
  TuneOptions half = folder.options();
  half.session.weights = DataType::float16;
  CHECK(!tune(graph, processors(), half).from_cache);

  SessionOptions options;
  options.tuning_cache = folder.path.string();
  const Tensors inputs = random_inputs(graph, 1);
  Session session(graph, processors()[0], options);
  CHECK(naive::difference(session.run(inputs), Session(graph, cpu(1)).run(inputs), 1e-4) == "");
}

TEST_CASE("tune: a damaged cache counts as none; a folder that cannot be made is an error") {
  const Folder folder;
  const Graph graph = network();
  tune(graph, processors(), folder.options());
  for (const auto& file : std::filesystem::directory_iterator(folder.path)) std::ofstream(file.path(), std::ios::trunc) << "{\"schema\":";
  SessionOptions options;
  options.tuning_cache = folder.path.string();
  CHECK_NOTHROW(Session(graph, processors()[0], options));
  CHECK(!tune(graph, processors(), folder.options()).from_cache);
  CHECK(tune(graph, processors(), folder.options()).from_cache);
  TuneOptions nowhere;
  nowhere.cache_folder = "/dev/null/cache";
  CHECK_ERROR(tune(graph, processors(), nowhere), ErrorCode::io, "/dev/null/cache");
}

TEST_CASE("tune: folders that cannot be used are named before anything runs") {
  const Folder folder;
  const Graph graph = network();
  TuneOptions unwritable;
  unwritable.cache_folder = "/proc";  // of which not even root makes files
  bool begun = false;
  unwritable.progress = [&](double) { begun = true; };
  CHECK_ERROR(tune(graph, processors(), unwritable), ErrorCode::io, "cannot write to the folder '/proc'");
  CHECK(!begun);

  SessionOptions options;
  options.tuning_cache = (folder.path / "not there").string();
  CHECK_ERROR(Session(graph, cpu(1), options), ErrorCode::not_found, options.tuning_cache);
  std::filesystem::create_directories(folder.path);
  std::ofstream(options.tuning_cache) << "a file";
  CHECK_ERROR(Session(graph, cpu(1), options), ErrorCode::io, options.tuning_cache);
  options.tuning_cache = folder.path.string();
  CHECK_NOTHROW(Session(graph, cpu(1), options));  // not tuned yet
}

TEST_CASE("tune: timings that cannot be are taken again") {
  const Folder folder;
  const Graph graph = network();
  tune(graph, processors(), folder.options());
  for (const auto& file : std::filesystem::directory_iterator(folder.path)) {
    if (!file.path().filename().string().starts_with("timings")) {
      std::filesystem::remove(file.path());
      continue;
    }
    std::ifstream in(file.path());
    std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    for (std::size_t at = 0; (at = text.find("\"median_ns\":", at)) != std::string::npos; at += 12) text.insert(at + 12, "-");
    std::ofstream(file.path(), std::ios::trunc) << text;
  }
  for (const TunedLayer& layer : tune(graph, processors(), folder.options()).layers)
    for (const TunedCandidate& candidate : layer.candidates) CHECK(candidate.latency_ns.value > 0.0);
}

TEST_CASE("tune: without time every layer stays on the first processor, and nothing is kept") {
  const Folder folder;
  TuneOptions options = folder.options();
  options.budget_s = 0.0;
  const Graph graph = network();
  const Tuning tuning = tune(graph, processors(), options);
  CHECK(!tuning.complete);
  REQUIRE(tuning.notes.size() == 1);
  CHECK(tuning.assignment.empty());
  CHECK(!tune(graph, processors(), options).from_cache);
}

TEST_CASE("tune: energy weighs processors by their power") {
  std::vector<Processor> list = processors();
  TuneOptions options;
  options.latency_weight = 0.0;
  options.energy_weight = 1.0;
  const Graph graph = network();
  CHECK_ERROR(tune(graph, list, options), ErrorCode::invalid_argument, "power of processor 'one'");
  list[0].active_power_w = list[1].active_power_w = std::nan("");
  CHECK_ERROR(tune(graph, list, options), ErrorCode::invalid_argument, "power of processor 'one'");
  list[0].active_power_w = 1.0;
  list[1].active_power_w = 1000.0;  // it would have to be a thousand times as fast
  list[0].power_source = list[1].power_source = "a test";
  const Tuning tuning = tune(graph, list, options);
  for (const auto& [layer, choice] : tuning.assignment.layers) CHECK(choice.processor == "one");
}

TEST_CASE("tune: other shapes than the default ones") {
  TuneOptions options;
  options.session.input_shapes = {{"image", {4, 16, 20, 20}}};
  const Graph graph = network();
  const Tuning tuning = tune(graph, processors(), options);
  SessionOptions tuned;
  tuned.input_shapes = options.session.input_shapes;
  tuned.assignment = tuning.assignment;
  CHECK(Session(graph, cpu(1), tuned).run({{"image", random_tensor({4, 16, 20, 20}, 1)}}).at("scores").shape() == Shape{4, 10});
}

TEST_CASE("tune: wrong options are named") {
  const Graph graph = network();
  TuneOptions options;
  options.latency_weight = -1.0;
  CHECK_ERROR(tune(graph, processors(), options), ErrorCode::invalid_argument, "latency_weight");
  options = {};
  options.latency_weight = 0.0;
  CHECK_ERROR(tune(graph, processors(), options), ErrorCode::invalid_argument, "both be 0");
  options = {};
  options.budget_s = -1.0;
  CHECK_ERROR(tune(graph, processors(), options), ErrorCode::invalid_argument, "budget_s");
  options = {};
  options.start_ms = -1.0;
  CHECK_ERROR(tune(graph, processors(), options), ErrorCode::invalid_argument, "start_ms");
  options = {};
  options.energy_weight = 1e300;
  CHECK_ERROR(tune(graph, processors(), options), ErrorCode::invalid_argument, "1e9");
  CHECK_ERROR(tune(graph, {cpu(1), cpu(1)}), ErrorCode::invalid_argument, "given twice");
}

TEST_CASE("tune: random networks keep their answers") {
  for (std::uint32_t seed = 0; seed < 10; ++seed) {
    CAPTURE(seed);
    const Graph graph = naive::random_network(seed);
    SessionOptions tuned;
    tuned.assignment = tune(graph, processors()).assignment;
    const Tensors inputs = random_inputs(graph, seed);
    CHECK(naive::difference(Session(graph, cpu(1), tuned).run(inputs), naive::evaluate(graph, inputs), 1e-4) == "");
  }
}
