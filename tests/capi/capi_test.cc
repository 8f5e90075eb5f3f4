// SPDX-License-Identifier: Apache-2.0
// The C API against the C++ API: same answers, thread-local errors, option structures.
#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <thread>

#include "dnntune/c_api.h"
#include "dnntune/dnntune.h"

namespace {

const std::string kModel = DNNTUNE_DIGITS "/digits_mlp.onnx";

struct Fixture {
  Fixture() {
    REQUIRE(dnntune_graph_load(kModel.c_str(), nullptr, &graph) == DNNTUNE_OK);
    REQUIRE(dnntune_processor_local("cpu:all x1", &processor) == DNNTUNE_OK);
  }
  ~Fixture() {
    dnntune_graph_destroy(graph);
    dnntune_processor_destroy(processor);
  }
  dnntune_graph* graph = nullptr;
  dnntune_processor* processor = nullptr;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "C and C++ compute the same bits") {
  const dnntune::Graph net = dnntune::load_onnx(kModel);
  const dnntune::Tensors inputs = dnntune::random_inputs(net, 3);
  dnntune::Session session(net, dnntune::Device::local().processor("cpu:all x1"));
  const dnntune::Tensor expected = session.run(inputs).begin()->second;

  const auto& [name, tensor] = *inputs.begin();
  dnntune_tensor* input = nullptr;
  REQUIRE(dnntune_tensor_create(DNNTUNE_FLOAT32, tensor.shape().data(), tensor.shape().size(), tensor.data(), tensor.size_bytes(), &input) ==
          DNNTUNE_OK);
  dnntune_session* c_session = nullptr;
  REQUIRE(dnntune_session_create(graph, processor, nullptr, &c_session) == DNNTUNE_OK);
  const char* names[] = {name.c_str()};
  const dnntune_tensor* inputs_c[] = {input};
  dnntune_tensors* outputs = nullptr;
  REQUIRE(dnntune_session_run(c_session, names, inputs_c, 1, &outputs) == DNNTUNE_OK);
  const char* output_name = nullptr;
  const dnntune_tensor* output = nullptr;
  REQUIRE(dnntune_tensors_at(outputs, 0, &output_name, &output) == DNNTUNE_OK);
  const void* data = nullptr;
  size_t bytes = 0;
  REQUIRE(dnntune_tensor_data(output, &data, &bytes) == DNNTUNE_OK);
  REQUIRE(bytes == expected.size_bytes());
  CHECK(std::memcmp(data, expected.data(), bytes) == 0);

  const char* twice[] = {name.c_str(), name.c_str()};
  const dnntune_tensor* inputs_twice[] = {input, input};
  dnntune_tensors* none = nullptr;
  CHECK(dnntune_session_run(c_session, twice, inputs_twice, 2, &none) == DNNTUNE_INVALID_ARGUMENT);
  CHECK(none == nullptr);
  CHECK(std::string(dnntune_last_error()).find(name) != std::string::npos);
  dnntune_tensors_destroy(outputs);
  dnntune_session_destroy(c_session);
  dnntune_tensor_destroy(input);
}

TEST_CASE("the last error belongs to the thread") {
  dnntune_graph* graph = nullptr;
  REQUIRE(dnntune_graph_load("missing-one.onnx", nullptr, &graph) == DNNTUNE_NOT_FOUND);
  std::thread other([] {
    CHECK(std::string(dnntune_last_error()).empty());
    dnntune_graph* mine = nullptr;
    CHECK(dnntune_graph_load("missing-two.onnx", nullptr, &mine) == DNNTUNE_NOT_FOUND);
    CHECK(std::string(dnntune_last_error()).find("missing-two") != std::string::npos);
  });
  other.join();
  CHECK(std::string(dnntune_last_error()).find("missing-one") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "an option structure without _init is refused") {
  dnntune_session_options options{};
  dnntune_session* session = nullptr;
  CHECK(dnntune_session_create(graph, processor, &options, &session) == DNNTUNE_INVALID_ARGUMENT);
  CHECK(session == nullptr);
  dnntune_session_options_init(&options, sizeof options);
  options.reference_kernels = 1;
  options.worker_spin_us = -5;
  CHECK(dnntune_session_create(graph, processor, &options, &session) == DNNTUNE_INVALID_ARGUMENT);
  options.worker_spin_us = 50;
  options.weights = DNNTUNE_INT64;
  CHECK(dnntune_session_create(graph, processor, &options, &session) == DNNTUNE_INVALID_ARGUMENT);
  CHECK(session == nullptr);
  options.weights = DNNTUNE_BFLOAT16;
  options.math = DNNTUNE_FLOAT16;
  CHECK(dnntune_session_create(graph, processor, &options, &session) == DNNTUNE_INVALID_ARGUMENT);
  CHECK(session == nullptr);
  options.math = DNNTUNE_BFLOAT16;
  options.max_plans = 0;
  CHECK(dnntune_session_create(graph, processor, &options, &session) == DNNTUNE_INVALID_ARGUMENT);
  options.max_plans = 2;
  CHECK(options.max_loop_bytes == INT64_C(1) << 30);
  CHECK(options.max_arena_bytes == INT64_MAX);
  options.max_arena_bytes = 1;
  CHECK(dnntune_session_create(graph, processor, &options, &session) == DNNTUNE_LIMIT_EXCEEDED);
  options.max_arena_bytes = INT64_MAX;
  options.max_loop_bytes = -1;
  CHECK(dnntune_session_create(graph, processor, &options, &session) == DNNTUNE_INVALID_ARGUMENT);
  options.max_loop_bytes = 0;
  CHECK(dnntune_session_create(graph, processor, &options, &session) == DNNTUNE_OK);
  dnntune_session_destroy(session);
}

TEST_CASE_FIXTURE(Fixture, "option structures of older and newer versions") {
  dnntune_session* session = nullptr;
  struct {
    dnntune_session_options options;
    unsigned char rest[64];
  } both;
  std::memset(&both, 0x5a, sizeof both);
  // Older: two fields. What lies behind them is not touched, and not read.
  dnntune_session_options_init(&both.options, 8);
  CHECK(both.options.struct_size == 8);
  CHECK(both.options.reference_kernels == 0);
  CHECK(both.options.worker_spin_us == 0x5a5a5a5a);
  both.options.worker_spin_us = -1;
  CHECK(dnntune_session_create(graph, processor, &both.options, &session) == DNNTUNE_OK);
  dnntune_session_destroy(session);
  // Newer: options that this library does not know must be left as they are.
  dnntune_session_options_init(&both.options, sizeof both);
  CHECK(both.options.struct_size == sizeof both);
  CHECK(both.options.alone_below_us == 100);
  CHECK(both.options.max_plans == 16);
  CHECK(dnntune_session_create(graph, processor, &both.options, &session) == DNNTUNE_OK);
  dnntune_session_destroy(session);
  session = nullptr;
  both.rest[60] = 1;
  CHECK(dnntune_session_create(graph, processor, &both.options, &session) == DNNTUNE_INVALID_ARGUMENT);
  CHECK(session == nullptr);
}

TEST_CASE_FIXTURE(Fixture, "power makes energy known") {
  dnntune_processor* powered = nullptr;
  CHECK(dnntune_processor_with_power(processor, -1.0, &powered) == DNNTUNE_INVALID_ARGUMENT);
  REQUIRE(dnntune_processor_with_power(processor, 2.0, &powered) == DNNTUNE_OK);
  dnntune_session* session = nullptr;
  REQUIRE(dnntune_session_create(graph, powered, nullptr, &session) == DNNTUNE_OK);
  dnntune_profile_options options;
  dnntune_profile_options_init(&options, sizeof options);
  options.min_samples = 3;
  dnntune_profile* profile = nullptr;
  options.energy = "sundial";
  CHECK(dnntune_session_profile(session, &options, &profile) == DNNTUNE_NOT_FOUND);
  options.energy = "model";
  REQUIRE(dnntune_session_profile(session, &options, &profile) == DNNTUNE_OK);
  dnntune_layer_profile row;
  REQUIRE(dnntune_profile_layer(profile, 0, &row) == DNNTUNE_OK);
  CHECK(row.energy_uj == doctest::Approx(row.latency_ns * 1e-3 * 2.0));
  double run_ns = 0.0, run_energy_uj = 0.0;
  const char* source = nullptr;
  REQUIRE(dnntune_profile_run_ns(profile, &run_ns) == DNNTUNE_OK);
  REQUIRE(dnntune_profile_run_energy_uj(profile, &run_energy_uj, &source) == DNNTUNE_OK);
  CHECK(run_energy_uj == doctest::Approx(run_ns * 1e-3 * 2.0));
  CHECK(std::string(source) == "given by the caller");
  dnntune_profile_destroy(profile);
  dnntune_session_destroy(session);
  dnntune_processor_destroy(powered);
}

TEST_CASE("meters are listed with what they cover or why they cannot be used") {
  dnntune_meters* meters = nullptr;
  size_t count = 0;
  REQUIRE(dnntune_meters_create(&meters) == DNNTUNE_OK);
  REQUIRE(dnntune_meters_count(meters, &count) == DNNTUNE_OK);
  CHECK(count >= 6);
  dnntune_meter meter;
  for (size_t i = 0; i < count; ++i) {
    REQUIRE(dnntune_meters_at(meters, i, &meter) == DNNTUNE_OK);
    CHECK(std::string(meter.name) != "");
    CHECK((meter.usable != 0) == (std::string(meter.why_not) == ""));
  }
  CHECK(dnntune_meters_at(meters, count, &meter) == DNNTUNE_INVALID_ARGUMENT);
  dnntune_meters_destroy(meters);
  dnntune_meters_destroy(nullptr);
}

TEST_CASE("symbolic dimensions can be fixed at load") {
  dnntune_load_options options;
  dnntune_load_options_init(&options, sizeof options);
  const char* names[] = {"batch"};
  const int64_t values[] = {5};
  options.dim_count = 1;
  options.dim_names = names;
  options.dim_values = values;
  dnntune_graph* graph = nullptr;
  REQUIRE(dnntune_graph_load(kModel.c_str(), &options, &graph) == DNNTUNE_OK);
  dnntune_value_info info;
  REQUIRE(dnntune_graph_input(graph, 0, &info) == DNNTUNE_OK);
  CHECK(info.shape[0] == 5);
  dnntune_graph_destroy(graph);
}
