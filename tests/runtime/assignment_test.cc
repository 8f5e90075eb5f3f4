// SPDX-License-Identifier: Apache-2.0
// Sessions whose layers are given to processors and kernels.
#include <doctest/doctest.h>

#include <random>

#include "backends/backend.h"
#include "dnntune/builder.h"
#include "dnntune/session.h"
#include "runtime/naive.h"
#include "runtime/random_network.h"
#include "throws.h"

using namespace dnntune;
using naive::cpu;

namespace {

Processor named(std::string name, int threads, std::string backend = "cpu") {
  Processor processor = cpu(threads);
  processor.name = std::move(name);
  processor.backend = std::move(backend);
  return processor;
}

}  // namespace

TEST_CASE("assignment: JSON and back; what is wrong in a file is named") {
  Assignment assignment;
  assignment.processors = {named("cpu:all x2", 2)};
  assignment.layers["conv"] = {"cpu:all x2", "simd.conv_igemm", false};
  assignment.layers["relu"] = {"", "", true};
  const Assignment back = Assignment::from_json(assignment.to_json());
  CHECK(back.layers == assignment.layers);
  REQUIRE(back.processors.size() == 1);
  CHECK(back.processors[0].name == "cpu:all x2");
  CHECK(back.processors[0].threads == 2);
  CHECK_ERROR(Assignment::from_json("{"), ErrorCode::invalid_argument, "assignment");
  CHECK_ERROR(Assignment::from_json(R"({"schema": "dnntune.assignment/9"})"), ErrorCode::invalid_argument, "dnntune.assignment/9");
  CHECK_ERROR(Assignment::from_json(R"({"schema": "dnntune.assignment/1", "processors": [], "layers": 3})"), ErrorCode::invalid_argument, "layers");
  CHECK_ERROR(Assignment::from_json(R"({"schema": "dnntune.assignment/1", "processors": [], "layers": {"a": {"processor": "cpu:none"}}})"), ErrorCode::invalid_argument, "'cpu:none'");
  assignment.processors.push_back(assignment.processors[0]);
  CHECK_ERROR(Assignment::from_json(assignment.to_json()), ErrorCode::invalid_argument, "'cpu:all x2' twice");
}

TEST_CASE("assignment: layers on processors of one, two and three threads compute the same bits as one of them") {
  std::mt19937 random(3);
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    const Graph graph = naive::random_network(seed);
    const Tensors inputs = random_inputs(graph, seed);
    const Tensors wanted = Session(graph, cpu(1)).run(inputs);
    SessionOptions options;
    options.assignment.processors = {named("a", 1), named("b", 2), named("c", 3)};
    for (const LayerInfo& layer : graph.layers()) {
      const char* const names[] = {"", "a", "b", "c"};
      options.assignment.layers[layer.name] = {names[random() % 4], "", random() % 2 == 0};
    }
    Session session(graph, cpu(2), options);
    for (int run = 0; run < 2; ++run) CHECK(naive::bit_difference(session.run(inputs), wanted) == "");
  }
}

TEST_CASE("assignment: a layer that another backend has no kernel for, or whose kernel does not exist, still runs") {
  const Graph graph = naive::random_network(11);
  const Tensors inputs = random_inputs(graph, 1);
  const Tensors wanted = Session(graph, cpu(1)).run(inputs);
  SessionOptions options;
#ifdef __SANITIZE_THREAD__
  const std::vector<std::string_view> names = {"cpu", "reference"};  // threads that are not instrumented look like races
#else
  const std::vector<std::string_view> names = backends::backend_names();
#endif
  for (const std::string_view backend : names)
    if (backend != "opencl") options.assignment.processors.push_back(named(std::string(backend), 2, std::string(backend)));
  std::size_t next = 0;
  for (const LayerInfo& layer : graph.layers())
    options.assignment.layers[layer.name] = {options.assignment.processors[next++ % options.assignment.processors.size()].name, "simd.no_such_kernel", true};
  CHECK(naive::difference(Session(graph, cpu(1), options).run(inputs), wanted, 1e-5) == "");
}

TEST_CASE("assignment: profiles say where a layer ran") {
  const Graph graph = naive::random_network(5);
  SessionOptions options;
  options.assignment.processors = {named("other", 2)};
  for (const LayerInfo& layer : graph.layers()) options.assignment.layers[layer.name] = {"other", "", true};
  const Profile profile = Session(graph, cpu(1), options).profile({.warmup_runs = 0, .min_samples = 1, .max_total_s = 0.0});
  int elsewhere = 0;
  for (const LayerProfile& layer : profile.layers) elsewhere += layer.processor == "other" ? 1 : 0;
  CHECK(elsewhere > 0);
  const Profile back = Profile::from_json(profile.to_json());
  for (std::size_t i = 0; i < back.layers.size(); ++i) CHECK(back.layers[i].processor == profile.layers[i].processor);
}

TEST_CASE("assignment: layers left out, and names that are part of other layers, are in the notes of a profile") {
  GraphBuilder b("net");
  std::string x = b.input("x", DataType::float32, {1, 4, 6, 6});
  x = b.node("Conv", {x, b.constant("w", naive::random_tensor({4, 4, 3, 3}, 1))}, {}, "conv");
  x = b.node("Relu", {x}, {}, "relu");  // part of "conv"
  x = b.node("MaxPool", {x}, {{"kernel_shape", std::vector<std::int64_t>{2, 2}}}, "pool");
  b.output(b.node("Softmax", {x}, {}, "softmax"));
  const Graph graph = b.build();
  SessionOptions options;
  const ProfileOptions quick = {.warmup_runs = 0, .min_samples = 1, .max_total_s = 0.0};
  const auto notes = [&] {
    std::vector<std::string> found;
    for (const std::string& note : Session(graph, named("own", 1), options).profile(quick).notes)
      if (note.starts_with("assignment: ")) found.push_back(note);
    return found;
  };
  CHECK(notes().empty());
  options.assignment.processors = {named("other", 2)};
  const LayerChoice other = {"other", "", true};
  options.assignment.layers = {{"conv", other}, {"relu", other}};
  CHECK(notes() == std::vector<std::string>{"assignment: 2 of 3 layers are not in it and run as own does: pool, softmax",
                                            "assignment: 1 of its names are folded or part of other layers here: relu"});
  options.assignment.layers = {{"conv", other}, {"pool", other}, {"softmax", {}}};
  CHECK(notes().empty());
}

TEST_CASE("assignment: a processor that is not in its list, and a backend that is not here, are errors") {
  const Graph graph = naive::random_network(5);
  SessionOptions options;
  options.assignment.layers[graph.layers()[0].name] = {"gone", "", true};
  CHECK_ERROR(Session(graph, cpu(1), options), ErrorCode::invalid_argument, "'gone'");
  options.assignment.processors = {named("gone", 1, "quantum")};
  CHECK_ERROR(Session(graph, cpu(1), options), ErrorCode::not_found, "'quantum'");
  options.assignment.processors = {named("twice", 1), named("twice", 2)};
  CHECK_ERROR(Session(graph, cpu(1), options), ErrorCode::invalid_argument, "'twice' is given twice");
  Processor own = named("own", 1);
  options.assignment.processors = {named("own", 2)};
  CHECK_ERROR(Session(graph, own, options), ErrorCode::invalid_argument, "not the session's own");
  options.assignment.processors.assign(70, named("many", 1));
  CHECK_ERROR(Session(graph, cpu(1), options), ErrorCode::limit_exceeded, "70 processors");
  options.assignment = {};
  options.assignment.layers[graph.layers()[0].name] = {};
  options.assignment.layers["of another network"] = {};
  CHECK_ERROR(Session(graph, cpu(1), options), ErrorCode::invalid_argument, "'of another network'");
  options.assignment = {};
  options.storage = DataType::int8;
  CHECK_ERROR(Session(graph, cpu(1), options), ErrorCode::invalid_argument, "int8");
}
