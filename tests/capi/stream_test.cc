// SPDX-License-Identifier: Apache-2.0
// Streams of the C API at their limits: frames refused, dropped and given up, and state from frame to frame.
#include <doctest/doctest.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "dnntune/c_api.h"
#include "dnntune/dnntune.h"
#include "profiles.h"

namespace {

/// A clock that holds whoever asks for the time, while it is closed: the thread that begins a frame.
class Gate {
 public:
  static double clock(void* gate) { return static_cast<Gate*>(gate)->pass(); }
  void close() {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait_for_one() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return held_ > 0; });
  }

 private:
  double pass() {
    std::unique_lock lock(mutex_);
    ++held_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    --held_;
    return 0.0;
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  int held_ = 0;
};

/// y = x + s, and s is the y of the frame before.
struct Sums {
  Sums() {
    dnntune::GraphBuilder builder("sums");
    const std::string x = builder.input("x", dnntune::DataType::float32, {1}), s = builder.input("s", dnntune::DataType::float32, {1});
    builder.output(builder.node("Add", {x, s}, {}, "y"));
    const dnntune::Graph net = builder.build();
    dnntune::save_onnx(net, path);
    REQUIRE(dnntune_graph_load(path.c_str(), nullptr, &graph) == DNNTUNE_OK);
    const dnntune::Plan here = dnntune::make_plan({.graph = net, .device = {dnntune::test::even_profile(net, 1e3)}, .link = dnntune::Link::named("wifi")});
    dnntune_plan* plan = nullptr;
    REQUIRE(dnntune_plan_from_json(here.to_json().c_str(), &plan) == DNNTUNE_OK);
    const dnntune_plan* all[] = {plan};
    REQUIRE(dnntune_plans_create(all, 1, &plans) == DNNTUNE_OK);
    dnntune_plan_destroy(plan);
    dnntune_adaptive_options_init(&adaptive, sizeof adaptive);
    adaptive.clock = &Gate::clock;
    adaptive.clock_user = &gate;
    dnntune_stream_options_init(&options, sizeof options);
    options.adaptive = &adaptive;
    options.most_in_flight = 2;
    options.state_count = 1;
    options.states = &loop;
  }
  ~Sums() {
    dnntune_stream_destroy(stream);
    dnntune_tensor_destroy(initial);
    dnntune_plans_destroy(plans);
    dnntune_graph_destroy(graph);
    std::filesystem::remove(path);
  }
  void start(dnntune_when_full when_full) {
    options.when_full = when_full;
    REQUIRE(dnntune_stream_create(graph, plans, "http://127.0.0.1:1", &options, &stream) == DNNTUNE_OK);
  }
  /// Whether it was taken.
  bool submit(float x) {
    static constexpr int64_t kShape[] = {1};
    dnntune_tensor* tensor = nullptr;
    REQUIRE(dnntune_tensor_create(DNNTUNE_FLOAT32, kShape, 1, &x, sizeof x, &tensor) == DNNTUNE_OK);
    const char* names[] = {"x"};
    const dnntune_tensor* inputs[] = {tensor};
    int taken = -1;
    REQUIRE(dnntune_stream_submit(stream, names, inputs, 1, &taken, nullptr) == DNNTUNE_OK);
    dnntune_tensor_destroy(tensor);
    return taken == 1;
  }
  /// The sums of all answers to the end; -1 for a dropped frame.
  std::vector<float> drain() {
    std::vector<float> sums;
    REQUIRE(dnntune_stream_close(stream) == DNNTUNE_OK);
    for (;;) {
      dnntune_frame_result* result = nullptr;
      REQUIRE(dnntune_stream_next(stream, &result) == DNNTUNE_OK);
      if (result == nullptr) return sums;
      dnntune_frame_info info;
      REQUIRE(dnntune_frame_result_describe(result, &info) == DNNTUNE_OK);
      CHECK(info.frame == sums.size());
      sums.push_back(info.dropped ? -1.0f : sum_of(result));
      if (info.dropped) {
        const dnntune_adaptive_result* answer = nullptr;
        CHECK(dnntune_frame_result_answer(result, &answer) == DNNTUNE_NOT_FOUND);
        CHECK(answer == nullptr);
      }
      dnntune_frame_result_destroy(result);
    }
  }
  static float sum_of(const dnntune_frame_result* result) {
    const dnntune_adaptive_result* answer = nullptr;
    const dnntune_split_result* run = nullptr;
    const dnntune_tensors* outputs = nullptr;
    const dnntune_tensor* y = nullptr;
    const void* data = nullptr;
    size_t bytes = 0;
    REQUIRE(dnntune_frame_result_answer(result, &answer) == DNNTUNE_OK);
    REQUIRE(dnntune_adaptive_result_run(answer, &run) == DNNTUNE_OK);
    REQUIRE(dnntune_split_result_outputs(run, &outputs) == DNNTUNE_OK);
    REQUIRE(dnntune_tensors_find(outputs, "y", &y) == DNNTUNE_OK);
    REQUIRE(dnntune_tensor_data(y, &data, &bytes) == DNNTUNE_OK);
    REQUIRE(bytes == sizeof(float));
    return *static_cast<const float*>(data);
  }
  dnntune_stream_counts counts() const {
    dnntune_stream_counts counts;
    REQUIRE(dnntune_stream_counters(stream, &counts) == DNNTUNE_OK);
    return counts;
  }

  const std::string path = (std::filesystem::temp_directory_path() / "dnntune_capi_stream_test.onnx").string();
  Gate gate;
  dnntune_graph* graph = nullptr;
  dnntune_plans* plans = nullptr;
  dnntune_tensor* initial = nullptr;
  dnntune_state_loop loop = {"y", "s", nullptr};
  dnntune_adaptive_options adaptive;
  dnntune_stream_options options;
  dnntune_stream* stream = nullptr;
};

}  // namespace

TEST_CASE_FIXTURE(Sums, "state goes from frame to frame, from its initial value on") {
  static constexpr int64_t kShape[] = {1};
  const float ten = 10.0f;
  REQUIRE(dnntune_tensor_create(DNNTUNE_FLOAT32, kShape, 1, &ten, sizeof ten, &initial) == DNNTUNE_OK);
  loop.initial = initial;
  start(DNNTUNE_FULL_BLOCK);
  for (int i = 1; i <= 5; ++i) CHECK(submit(static_cast<float>(i)));
  CHECK(drain() == std::vector<float>{11, 13, 16, 20, 25});
}

TEST_CASE_FIXTURE(Sums, "frames beyond those in flight are refused") {
  start(DNNTUNE_FULL_REFUSE);
  gate.close();
  CHECK(submit(1));
  CHECK(submit(2));
  CHECK(!submit(3));
  CHECK(counts().refused == 1);
  gate.open();
  CHECK(drain() == std::vector<float>{1, 3});
}

TEST_CASE_FIXTURE(Sums, "the oldest frame that nobody has begun is dropped, and state passes it by") {
  start(DNNTUNE_FULL_DROP_OLDEST);
  gate.close();
  CHECK(submit(1));
  gate.wait_for_one();
  CHECK(submit(2));
  CHECK(submit(4));
  gate.open();
  CHECK(drain() == std::vector<float>{1, -1, 5});
  CHECK(counts().dropped == 1);
  CHECK(counts().answered == 2);
}

TEST_CASE_FIXTURE(Sums, "a stream that is destroyed gives up what nobody has begun") {
  start(DNNTUNE_FULL_BLOCK);
  gate.close();
  CHECK(submit(1));
  gate.wait_for_one();
  CHECK(submit(2));
  gate.open();
  dnntune_stream_destroy(stream);  // hangs if it waits for answers to be taken
  stream = nullptr;
}
