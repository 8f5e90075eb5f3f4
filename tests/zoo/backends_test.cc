// SPDX-License-Identifier: Apache-2.0
// Every network on every backend that this machine can run, against our own kernels.
#include "zoo/zoo.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

#include <doctest/doctest.h>
#include <unistd.h>

#include "dnntune/device.h"
#include "dnntune/error.h"
#include "dnntune/session.h"

using namespace dnntune;

namespace {

/// Backends sum in other orders, and Winograd's method rounds differently: a part of the largest output.
constexpr double kFloat = 1e-4;
/// Values stored in 11 bits between layers, through up to 100 of them.
constexpr double kHalf = 5e-2;

double difference(const Tensors& wanted, const Tensors& got) {
  double worst = 0.0;
  for (const auto& [name, tensor] : wanted) {
    if (tensor.type() != DataType::float32) continue;
    const auto want = tensor.as<float>(), have = got.at(name).as<float>();
    double largest = 0.0, apart = 0.0;
    for (std::size_t i = 0; i < want.size(); ++i) {
      largest = std::max(largest, std::abs(static_cast<double>(want[i])));
      const double distance = std::abs(static_cast<double>(have[i]) - static_cast<double>(want[i]));
      apart = std::isfinite(have[i]) ? std::max(apart, distance) : HUGE_VAL;
    }
    if (apart > 0.0) worst = std::max(worst, apart / largest);
  }
  return worst;
}

/// Those of other backends than our own; none where drivers and libraries are missing, which is said.
std::vector<Processor> others() {
  Device device = Device::local();
  device.add_accelerators();
  std::vector<Processor> processors;
  for (const char* name : {"xnnpack:all", "opencl:0"}) {
    try {
      processors.push_back(device.processor(name));
    } catch (const Error& error) {
      MESSAGE("left out: " << std::string(error.what()));
    }
  }
  return processors;
}

Processor own() {
  Processor processor;
  processor.backend = "cpu";
  return processor;
}

std::int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

}  // namespace

TEST_CASE("every network on every backend computes what our kernels do") {
  for (const Processor& processor : others()) {
    for (const zoo::Model& model : zoo::models()) {
      const std::string name(model.name);
      CAPTURE(processor.name);
      CAPTURE(name);
      const Graph graph = model.build(1);
      const Tensors inputs = random_inputs(graph, 1);
      const Tensors wanted = Session(graph, own()).run(inputs);
      Session session(graph, processor);
      CHECK(difference(wanted, session.run(inputs)) <= kFloat);
      CHECK(difference(wanted, session.run(inputs)) <= kFloat);  // pointers and queues as the first run left them
    }
  }
}

TEST_CASE("values stored in 16 bits on a device") {
  for (const Processor& processor : others()) {
    if (processor.backend != "opencl") continue;
    for (const char* name : {"lenet", "squeezenet_1_1", "mobilenet_v2", "rnn_ptb_small"}) {
      CAPTURE(name);
      const Graph graph = zoo::build(name);
      const Tensors inputs = random_inputs(graph, 1);
      SessionOptions options;
      options.storage = DataType::float16;
      const double apart = difference(Session(graph, own()).run(inputs), Session(graph, processor, options).run(inputs));
      CHECK(apart > 0.0);
      CHECK(apart <= kHalf);
    }
  }
}

TEST_CASE("layers on two memories in turn") {
  for (const Processor& processor : others()) {
    const Graph graph = zoo::build("squeezenet_1_1");
    const Tensors inputs = random_inputs(graph, 1);
    const Tensors wanted = Session(graph, own()).run(inputs);
    SessionOptions options;
    options.assignment.processors = {processor};
    for (std::size_t i = 0; i < graph.layers().size(); i += 1 + i % 3) options.assignment.layers[graph.layers()[i].name] = {processor.name, "", true};
    Session session(graph, own(), options);
    for (int run = 0; run < 3; ++run) CHECK(difference(wanted, session.run(inputs)) <= kFloat);
  }
}

TEST_CASE("10000 runs on a device leave the memory as it was") {
  for (const Processor& processor : others()) {
    if (processor.backend != "opencl") continue;
    const Graph graph = zoo::build("senna_pos");
    const Tensors inputs = random_inputs(graph, 1);
    Session session(graph, processor);
    for (int run = 0; run < 1000; ++run) session.run(inputs);
    const std::int64_t before = resident_bytes();
    for (int run = 0; run < 10'000; ++run) session.run(inputs);
    CHECK(resident_bytes() - before < std::int64_t{4} << 20);
  }
}
