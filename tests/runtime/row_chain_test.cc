// SPDX-License-Identifier: Apache-2.0
// Layers that run in turns give the bits of layers that run one after the other.
#include "runtime/row_chain.h"

#include <doctest/doctest.h>

#include <memory>

#include "dnntune/builder.h"
#include "dnntune/session.h"
#include "runtime/naive.h"

using namespace dnntune;
using namespace dnntune::runtime;
using naive::bit_difference;
using naive::random_tensor;
using Ints = std::vector<std::int64_t>;

namespace {

/// Each output row is a sum over the rows of its window, counted from the image's upper edge.
class WindowSum final : public backends::RowwiseLayer {
 public:
  explicit WindowSum(const backends::RowShape& shape) : shape_(shape) {}
  backends::RowShape row_shape() const noexcept override { return shape_; }
  void run_rows(const backends::RowBuffers& at, base::Range rows) const noexcept override {
    if (shape_.scratch_bytes > 0) at.scratch[shape_.scratch_bytes - 1] = std::byte{1};
    for (std::int64_t y = rows.begin; y < rows.end; ++y)
      for (std::int64_t x = 0; x < shape_.out_row_floats; ++x) {
        float sum = 1.0f;
        for (std::int64_t k = 0; k < shape_.extent; ++k) {
          const std::int64_t in_y = y * shape_.stride - shape_.pad + k;
          if (in_y < 0 || in_y >= shape_.in_rows) continue;
          if (in_y < at.readable.begin || in_y >= at.readable.end) sum = -1e9f;  // must not happen
          sum = 0.5f * sum + static_cast<float>(k + 1) * at.input[in_y * shape_.in_row_floats + x % shape_.in_row_floats];
        }
        if (shape_.reads_other) sum += (at.other_first ? 2.0f : 3.0f) * at.other[y * shape_.out_row_floats + x];
        at.output[y * shape_.out_row_floats + x] = sum;
      }
  }

 private:
  backends::RowShape shape_;
};

struct Window {
  std::int64_t extent, stride, pad;
  bool reads_other = false, other_first = false;
};

void check_chain(const std::vector<Window>& windows, std::int64_t rows, std::int64_t row_floats, std::int64_t images, int threads) {
  CAPTURE(rows);
  CAPTURE(threads);
  std::vector<std::unique_ptr<WindowSum>> layers;
  std::vector<RowChain::Member> links;
  std::vector<std::vector<float>> others;
  std::vector<float> whole(static_cast<std::size_t>(images * rows * row_floats));
  for (std::size_t i = 0; i < whole.size(); ++i) whole[i] = static_cast<float>(i % 1001) / 1000.0f;
  const std::vector<float> input = whole;
  for (const Window& window : windows) {
    backends::RowShape shape;
    shape.images = images;
    shape.in_rows = rows;
    shape.out_rows = (rows + 2 * window.pad - window.extent) / window.stride + 1;
    shape.in_row_floats = shape.out_row_floats = row_floats;
    shape.extent = window.extent;
    shape.stride = window.stride;
    shape.pad = window.pad;
    shape.scratch_bytes = layers.size() % 2 == 0 ? 100 : 0;
    shape.reads_other = window.reads_other;
    layers.push_back(std::make_unique<WindowSum>(shape));
    links.push_back({layers.back().get(), window.other_first});
    const std::int64_t image_floats = shape.out_rows * row_floats;
    std::vector<float> next(static_cast<std::size_t>(images * image_floats));
    others.emplace_back(next.size());
    for (std::size_t i = 0; i < next.size(); ++i) others.back()[i] = static_cast<float>(i % 77) / 50.0f;
    std::vector<std::byte> scratch(100);
    for (std::int64_t image = 0; image < images; ++image)
      layers.back()->run_rows({whole.data() + image * rows * row_floats, {0, rows}, others.back().data() + image * image_floats,
                               window.other_first, next.data() + image * image_floats, scratch.data()},
                              {0, shape.out_rows});
    whole = next;
    rows = shape.out_rows;
  }
  const RowChain chain(links, threads);
  REQUIRE(chain.fits());
  REQUIRE(chain.size() == windows.size());
  base::ThreadPool pool(threads);
  std::vector<float> result(whole.size(), -1.0f);
  std::vector<std::byte> scratch(chain.scratch_bytes() + 64, std::byte{0x7f});
  std::byte* const aligned = scratch.data() + (64 - reinterpret_cast<std::uintptr_t>(scratch.data()) % 64) % 64;
  std::vector<std::atomic<std::int64_t>> layer_ns(windows.size());
  std::vector<const float*> other_data;
  for (const std::vector<float>& other : others) other_data.push_back(other.data());
  chain.run({input.data(), other_data, result.data(), aligned}, pool, layer_ns);
  CHECK(result == whole);
  for (const auto& ns : layer_ns) CHECK(ns.load() > 0);
}

/// Expand, depthwise, project: with 1 MB between them, more than a chain keeps.
Graph bottleneck(bool show_between) {
  GraphBuilder b("bottleneck");
  std::string x = b.input("x", DataType::float32, {2, 16, 56, 60});
  const std::string expanded = b.node("Relu", {b.node("Conv", {x, b.constant("w1", random_tensor({96, 16, 1, 1}, 1))})}, {}, "expanded");
  const std::string depthwise = b.node("Conv", {expanded, b.constant("w2", random_tensor({96, 1, 3, 3}, 2))},
                                       {{"pads", Ints{1, 1, 1, 1}}, {"group", std::int64_t{96}}}, "depthwise");
  const std::string projected = b.node("Conv", {depthwise, b.constant("w3", random_tensor({24, 96, 1, 1}, 3))}, {}, "projected");
  b.output(b.node("MaxPool", {projected}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}}, "y"));
  if (show_between) {
    b.output(expanded);
    b.output(depthwise);
  }
  return b.build();
}

/// What a residual block ends with; `sum_of` says which operand of Add the convolution is.
Graph residual(std::size_t sum_of, bool show_between) {
  GraphBuilder b("residual");
  const std::string x = b.input("x", DataType::float32, {1, 32, 40, 44}), other = b.input("other", DataType::float32, {1, 96, 40, 44});
  const std::string conv = b.node("Conv", {x, b.constant("w", random_tensor({96, 32, 1, 1}, 1))}, {}, "conv");
  const std::string sum = b.node("Add", sum_of == 0 ? std::vector<std::string>{conv, other} : std::vector<std::string>{other, conv}, {}, "sum");
  const std::string relu = b.node("Relu", {sum}, {}, "relu");
  b.output(b.node("AveragePool", {relu}, {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}}, "y"));
  if (show_between)
    for (const std::string& name : {conv, sum, relu}) b.output(name);
  return b.build();
}

}  // namespace

TEST_CASE("a residual block in turns: the sum's other operand is read row by row") {
  const Tensors inputs = {{"x", random_tensor({1, 32, 40, 44}, 4)}, {"other", random_tensor({1, 96, 40, 44}, 5)}};
  for (const std::size_t sum_of : {0u, 1u})
    for (const int threads : {1, 2}) {
      Session turns(residual(sum_of, false), naive::cpu(threads), {.alone_below_us = 0}), one_by_one(residual(sum_of, true), naive::cpu(threads), {.alone_below_us = 0});
      Tensors expected = one_by_one.run(inputs);
      for (const char* name : {"conv", "sum", "relu"}) expected.erase(name);
      CHECK(bit_difference(turns.run(inputs), expected) == "");
    }
}

TEST_CASE("chains of windows, in as many turns as the cache makes necessary") {
  for (const int threads : {1, 3})
    for (const std::int64_t rows : {7, 29, 64}) {
      check_chain({{1, 1, 0}, {3, 1, 1}}, rows, 4096, 1, threads);
      check_chain({{1, 1, 0}, {3, 1, 1}, {1, 1, 0}}, rows, 4096, 2, threads);
      check_chain({{1, 1, 0}, {3, 2, 1}, {1, 1, 0}}, rows, 2048, 1, threads);
      check_chain({{5, 1, 2}, {5, 2, 2}, {3, 1, 1}}, rows, 1024, 1, threads);
      check_chain({{1, 1, 0}, {1, 2, 0}, {1, 3, 0}}, rows, 4096, 1, threads);  // rows in between that nobody reads
      check_chain({{3, 1, 1}, {1, 1, 0, true, false}, {1, 1, 0}}, rows, 4096, 2, threads);
      check_chain({{1, 1, 0, true, true}, {3, 2, 1, true, true}, {2, 1, 1, true}}, rows, 2048, 2, threads);
      check_chain({{3, 1, 4}, {2, 2, 0}, {3, 1, 2}}, rows, 1000, 2, threads);  // padding wider than the window
    }
}

TEST_CASE("what does not fit the cache is no chain") {
  backends::RowShape shape;
  shape.in_rows = shape.out_rows = 10;
  shape.in_row_floats = shape.out_row_floats = 1 << 20;
  const WindowSum layer(shape);
  CHECK(!RowChain({{&layer}, {&layer}}, 1).fits());
}

TEST_CASE("a network in turns: the same bits, less memory; values that somebody wants stay whole") {
  const Tensors inputs = {{"x", random_tensor({2, 16, 56, 60}, 4)}};
  for (const int threads : {1, 2}) {
    Session turns(bottleneck(false), naive::cpu(threads), {.alone_below_us = 0}), one_by_one(bottleneck(true), naive::cpu(threads), {.alone_below_us = 0});
    Tensors expected = one_by_one.run(inputs);
    expected.erase("expanded");
    expected.erase("depthwise");
    CHECK(bit_difference(turns.run(inputs), expected) == "");
    const std::int64_t expanded_bytes = std::int64_t{2} * 96 * 56 * 60 * 4;
    CHECK(turns.memory().arena < expanded_bytes);
  }
  const Profile profile = Session(bottleneck(false), naive::cpu(1)).profile({.min_samples = 1, .min_sample_s = 0.0});
  for (const LayerProfile& layer : profile.layers) CHECK(layer.latency_ns.value > 0.0);
}
