// SPDX-License-Identifier: Apache-2.0
// A program of its own because it reads the resident memory of the whole process: what a prepared session takes is
// its packed weights and its arena, and while it is prepared hardly more.
#include <doctest/doctest.h>

#include <fstream>
#include <malloc.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include "dnntune/builder.h"
#include "dnntune/onnx.h"
#include "dnntune/session.h"
#include "onnx/temporary_folder.h"
#include "runtime/naive.h"

using namespace dnntune;
using Ints = std::vector<std::int64_t>;

namespace {

constexpr std::int64_t kMega = 1'000'000;

std::int64_t status_bytes(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(field + ":")) return std::stoll(line.substr(field.size() + 1)) * 1024;
  return -1;
}

/// Convolutions of 2.4 M and 0.5 M weights that a normalisation is folded into, a dense layer of 16.8 M.
Graph large_network() {
  GraphBuilder b("large");
  std::string x = b.input("x", DataType::float32, {1, 512, 8, 8});
  const auto normalised = [&](const std::string& from, std::int64_t channels) {
    const auto parameter = [&](unsigned seed) { return b.constant("p", naive::random_tensor({channels}, seed)); };
    const std::vector<float> ones(static_cast<std::size_t>(channels), 1.0f);
    return b.node("BatchNormalization", {from, parameter(1), parameter(2), parameter(3), b.constant("v", Tensor::from(Shape{channels}, ones))});
  };
  x = normalised(b.node("Conv", {x, b.constant("window", naive::random_tensor({512, 512, 3, 3}, 1))}, {{"pads", Ints{1, 1, 1, 1}}}), 512);
  x = normalised(b.node("Conv", {x, b.constant("pointwise", naive::random_tensor({1024, 512, 1, 1}, 2))}, {{"strides", Ints{2, 2}}}), 1024);
  x = b.node("Flatten", {b.node("MaxPool", {x}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}})});
  b.output(b.node("Gemm", {x, b.constant("dense", naive::random_tensor({4096, 4096}, 3))}, {{"transB", std::int64_t{1}}}));
  return b.build();
}

/// In another process, whose memory does not count here.
void write_network(const std::filesystem::path& path) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    save_onnx(large_network(), path);
    ::_exit(0);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
}

struct Growth {
  std::int64_t resident = 0, peak = 0;
};

/// Of the process while `prepare` runs, and until what it returns is gone.
template <typename Prepare>
Growth growth(Prepare prepare) {
  ::malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << '5';  // forgets the peak
  const std::int64_t before = status_bytes("VmRSS");
  const auto kept = prepare();
  return {status_bytes("VmRSS") - before, status_bytes("VmHWM") - before};
}

}  // namespace

TEST_CASE("a session of a loaded network takes its packed weights and its arena, and no second copy") {
  const TemporaryFolder folder;
  write_network(folder.path / "net.onnx");
  // What the library itself needs once, and the allocator.
  { Session(load_onnx(folder.path / "net.onnx"), naive::cpu(1)); }

  const Growth loaded = growth([&] { return load_onnx(folder.path / "net.onnx"); });
  CHECK(loaded.resident < 2 * kMega);
  CHECK(loaded.peak < 16 * kMega);  // the system maps more than the page that is read

  const Graph graph = load_onnx(folder.path / "net.onnx");
  MemoryUse use;
  const Growth prepared = growth([&] {
    auto session = std::make_unique<Session>(graph, naive::cpu(1));
    session->run(random_inputs(graph, 1));
    use = session->memory();
    return session;
  });
  REQUIRE(use.packed_weights > 75 * kMega);
  const std::int64_t planned = use.packed_weights + use.arena;
  CHECK(prepared.resident < planned + 4 * kMega);
  CHECK(prepared.resident > planned - 4 * kMega);  // it was measured at all
  CHECK(prepared.peak < planned + 8 * kMega);
}
