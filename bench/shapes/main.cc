// SPDX-License-Identifier: Apache-2.0
// dnntune_shapes_bench [threads]: what a change of input shapes costs a session. For networks loaded from files: the
// time to prepare a first shape, to prepare a second one in the same session, and in a session of its own; and the bytes
// of packed weights that one session has for both, beside those for the first. 0.0 ms: less than what runs vary by.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <dnntune/builder.h>
#include <dnntune/device.h>
#include <dnntune/onnx.h>
#include <dnntune/session.h>

#include "zoo/weights.h"
#include "zoo/zoo.h"

namespace {

using namespace dnntune;
using Ints = std::vector<std::int64_t>;

double now_ms() { return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

template <typename F>
double ms(F f) {
  const double start = now_ms();
  f();
  return now_ms() - start;
}

/// Three dense layers, an LSTM and two dense layers of DeepSpeech's width, for any number of frames and sequences.
Graph speech() {
  constexpr std::int64_t kWidth = 1600, kFeatures = 494;
  const zoo::WeightSource weights("speech", 1);
  GraphBuilder b("speech");
  std::string x = b.input("frames", DataType::float32, {-1, -1, kFeatures});
  const auto weight = [&](const std::string& name, Shape shape) { return b.constant(name, weights.uniform(name, std::move(shape), 0.04f)); };
  const auto dense = [&](const std::string& from, const std::string& name, std::int64_t in, std::int64_t out) {
    return b.node("Add", {b.node("MatMul", {from, weight(name, {in, out})}), weight(name + ".bias", {out})});
  };
  x = b.node("Relu", {dense(x, "dense_1", kFeatures, kWidth)});
  x = b.node("Relu", {dense(x, "dense_2", kWidth, kWidth)});
  x = b.node("Relu", {dense(x, "dense_3", kWidth, kWidth)});
  x = b.node_multi("LSTM", {x, weight("w", {1, 4 * kWidth, kWidth}), weight("r", {1, 4 * kWidth, kWidth})}, 1, {{"hidden_size", kWidth}})[0];
  x = b.node("Squeeze", {x}, {{"axes", Ints{1}}});
  x = b.node("Relu", {dense(x, "dense_5", kWidth, kWidth)});
  b.output(b.node("Softmax", {dense(x, "logits", kWidth, 29)}));
  return b.build();
}

Tensors inputs_of(const std::string& name, const Shape& shape) {
  Tensor tensor(DataType::float32, shape);
  zoo::fill_uniform(tensor.as_mutable<float>(), 7, 1.0f, 0.0f);
  return {{name, std::move(tensor)}};
}

/// The zoo's networks state one shape: loaded for the second one they take both.
void measure(const Graph& graph, const Shape& first, const Shape& second, const Processor& processor, const std::filesystem::path& file) {
  save_onnx(graph, file);
  const std::string input = graph.inputs().front().name;
  const Graph loaded = load_onnx(file, {.input_shapes = {{input, second}}});
  std::unique_ptr<Session> session, other;
  const double first_ms = ms([&] { session = std::make_unique<Session>(loaded, processor, SessionOptions{.input_shapes = {{input, first}}}); });
  const std::int64_t first_bytes = session->memory().packed_weights;
  session->run(inputs_of(input, first));
  const Tensors inputs = inputs_of(input, second);
  // A run that prepares, less what a run takes.
  const double whole_ms = ms([&] { session->run(inputs); });
  std::array<double, 5> runs;
  for (double& run : runs) run = ms([&] { session->run(inputs); });
  std::sort(runs.begin(), runs.end());
  const double second_ms = std::max(0.0, whole_ms - runs[runs.size() / 2]);
  const std::int64_t both_bytes = session->memory().packed_weights;
  session.reset();
  const double alone_ms = ms([&] { other = std::make_unique<Session>(loaded, processor, SessionOptions{.input_shapes = {{input, second}}}); });
  std::printf("%-14s %-16s %9.1f ms   %-16s %9.1f ms  (alone %9.1f ms)   packed %7.1f -> %7.1f MB\n", graph.name().c_str(), to_string(first).c_str(),
              first_ms, to_string(second).c_str(), second_ms, alone_ms, static_cast<double>(first_bytes) / 1e6, static_cast<double>(both_bytes) / 1e6);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  std::string pattern = (std::filesystem::temp_directory_path() / "dnntune-shapes-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return 1;
  const std::filesystem::path folder = pattern;
  int status = 0;
  try {
    Processor processor = Device::local().processor("cpu:all");
    if (argc > 1) processor.threads = std::atoi(argv[1]);
    const auto file = folder / "net.onnx";
    std::printf("%-14s %-16s %12s   %-16s %12s\n", "network", "first shape", "prepared in", "second shape", "prepared in");
    measure(zoo::build("vgg16"), {1, 3, 224, 224}, {2, 3, 224, 224}, processor, file);
    measure(zoo::build("resnet50"), {1, 3, 224, 224}, {1, 3, 256, 256}, processor, file);
    measure(zoo::build("mobilenet_v2"), {1, 3, 224, 224}, {4, 3, 224, 224}, processor, file);
    const Graph sequence = speech();
    measure(sequence, {16, 1, 494}, {40, 1, 494}, processor, file);
    measure(sequence, {1, 1, 494}, {16, 1, 494}, processor, file);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "dnntune_shapes_bench: %s\n", error.what());
    status = 1;
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return status;
}
