// SPDX-License-Identifier: Apache-2.0
// Concat, Split and Slice without copies: the bits that copies give, in no more memory.
#include "runtime/views.h"

#include <doctest/doctest.h>

#include <cstring>
#include <memory>

#include "backends/cpu/cpu_backend.h"
#include "base/aligned.h"
#include "dnntune/builder.h"
#include "dnntune/session.h"
#include "graph/graph_impl.h"
#include "runtime/naive.h"
#include "runtime/prepared.h"
#include "runtime/random_joins.h"
#include "runtime/random_network.h"

using namespace dnntune;
using namespace dnntune::runtime;
using naive::bit_difference;
using naive::random_tensor;
using Ints = std::vector<std::int64_t>;

namespace {

/// A layer of the CPU backend that does not say which parts it copies, so that it must copy them.
class Copying final : public backends::PreparedLayer {
 public:
  explicit Copying(std::unique_ptr<backends::PreparedLayer> layer) : layer_(std::move(layer)) {}
  void run(const backends::Buffers& buffers, base::ThreadPool& pool) const override { layer_->run(buffers, pool); }
  std::size_t scratch_bytes() const noexcept override { return layer_->scratch_bytes(); }
  bool in_place() const noexcept override { return layer_->in_place(); }
  const backends::RowwiseLayer* rowwise() const noexcept override { return layer_->rowwise(); }
  std::string_view kernel() const noexcept override { return layer_->kernel(); }

 private:
  std::unique_ptr<backends::PreparedLayer> layer_;
};

class CopyingBackend final : public backends::Backend {
 public:
  std::string_view name() const noexcept override { return "copying"; }
  std::unique_ptr<backends::PreparedLayer> prepare(const backends::LayerSpec& layer) const override {
    return std::make_unique<Copying>(backends::cpu::cpu_backend().prepare(layer));
  }
};

/// A prepared network with its arena, which lies between guards and is full of NaNs before the first run.
class Network {
 public:
  Network(const Graph& graph, const backends::Backend& backend, int threads)
      : crew_(backend, threads), prepared_(graph.impl().lowered.ir, crew_, {}, false), memory_(kGuard + prepared_.arena_bytes() + kGuard) {
    std::memset(memory_.as<std::byte>(), 0xff, memory_.size());
    prepared_.bind_arena(memory_.as<std::byte>() + kGuard);
  }
  Tensors run(const Tensors& inputs) {
    return prepared_.run(inputs);
  }
  bool guards_intact() const {
    const auto* const bytes = memory_.as<const std::byte>();
    const auto untouched = [](std::byte b) { return b == std::byte{0xff}; };
    return std::all_of(bytes, bytes + kGuard, untouched) && std::all_of(bytes + kGuard + prepared_.arena_bytes(), bytes + memory_.size(), untouched);
  }
  const Prepared& prepared() const { return prepared_; }
  /// Of the steps of that operator: how many do nothing.
  int views(graph::Op op) const {
    int count = 0;
    for (std::size_t s = 0; s < prepared_.step_count(); ++s)
      count += prepared_.graph().steps[s].node.op == op && prepared_.kernel(s) == "view";
    return count;
  }
  int chains() const {
    int count = 0;
    for (std::size_t s = 0; s < prepared_.step_count(); ++s) count += prepared_.chain(s) != nullptr;
    return count;
  }

 private:
  static constexpr std::size_t kGuard = 256;
  Crew crew_;
  Prepared prepared_;
  base::AlignedBuffer memory_;
};

/// Runs it with views and with copies, twice each, with one thread and with two. Returns the one with views.
std::unique_ptr<Network> check(const Graph& graph, unsigned seed) {
  const Tensors inputs = random_inputs(graph, seed), others = random_inputs(graph, seed + 1);
  const CopyingBackend copying;
  std::unique_ptr<Network> result;
  for (const int threads : {1, 2}) {
    Network copied(graph, copying, threads);
    result = std::make_unique<Network>(graph, backends::cpu::cpu_backend(), threads);
    const Tensors expected = copied.run(inputs), expected_others = copied.run(others);
    CHECK(bit_difference(result->run(inputs), expected) == "");
    CHECK(bit_difference(result->run(others), expected_others) == "");
    CHECK(bit_difference(result->run(inputs), expected) == "");
    CHECK(result->guards_intact());
    CHECK(result->prepared().arena_bytes() <= copied.prepared().arena_bytes());
  }
  return result;
}

class Builder : public GraphBuilder {
 public:
  using GraphBuilder::GraphBuilder;
  std::string conv(const std::string& x, std::int64_t out, std::int64_t k, const std::string& name = "") {
    return node("Conv", {x, constant("w", random_tensor({out, shape_of(x)[1], k, k}, ++seed_))}, {{"pads", Ints{k / 2, k / 2, k / 2, k / 2}}}, name);
  }
  /// An input, then a wide layer, so that what comes then is not the most memory that is needed at once.
  std::string roomy(const Shape& shape, std::int64_t channels) {
    const std::string wide = conv(input("x", DataType::float32, shape), 300, 1);
    return node("Add", {conv(wide, channels, 1), conv(wide, channels, 1)});
  }
  std::string concat(const std::vector<std::string>& values, std::int64_t axis = 1) { return node("Concat", values, {{"axis", axis}}); }
  std::vector<std::string> halves(const std::string& x) { return node_multi("Split", {x}, 2, {{"axis", std::int64_t{1}}}); }

 private:
  unsigned seed_ = 0;
};

}  // namespace

TEST_CASE("branches write into what joins them") {
  for (const std::int64_t batch : {1, 2}) {
    Builder b("inception");
    const std::string x = b.roomy({batch, 7, 14, 14}, 32);
    const std::string pool = b.node("MaxPool", {x}, {{"kernel_shape", Ints{3, 3}}, {"pads", Ints{1, 1, 1, 1}}});
    const std::string joined = b.concat({b.conv(x, 9, 1), b.conv(b.conv(x, 8, 1), 24, 3), b.conv(b.conv(x, 3, 1), 5, 5), b.conv(pool, 33, 1)});
    b.output(b.conv(joined, 8, 1, "y"));
    CHECK(check(b.build(), 1)->views(graph::Op::Concat) == 1);
  }
}

TEST_CASE("parts of parts: each result of a dense block lies in the last one's memory") {
  for (const bool all : {false, true}) {
    CAPTURE(all);
    Builder b("dense");
    std::vector<std::string> values = {b.roomy({1, 3, 10, 10}, 16)};
    std::string x = values[0];
    for (int i = 0; i < 5; ++i) {
      values.push_back(b.conv(x, 4 + i, 3));
      x = b.concat(all ? values : std::vector<std::string>{x, values.back()});
    }
    b.output(b.conv(x, 8, 1, "y"));
    CHECK(check(b.build(), 1)->views(graph::Op::Concat) == 5);
  }
}

TEST_CASE("the first that wants a value gets it, others copy; graph inputs and constants are copied") {
  Builder b("shared");
  const std::string x = b.input("x", DataType::float32, {1, 8, 9, 9});
  const std::string p = b.conv(x, 8, 1), q = b.conv(x, 8, 3);
  b.output(b.conv(b.concat({p, q}), 4, 1, "first"));
  b.output(b.conv(b.concat({q, p}), 4, 1, "second"));
  b.output(b.conv(b.concat({x, b.constant("c", random_tensor({1, 3, 9, 9}, 9))}), 4, 1, "third"));
  b.output(b.conv(b.concat({b.conv(x, 5, 1), p}), 4, 1, "fourth"));
  b.output(q);
  // q is a graph output, so no Concat is without copies: the first has p, the fourth its own convolution.
  CHECK(check(b.build(), 1)->views(graph::Op::Concat) == 0);
}

TEST_CASE("an output is written by those that it is joined of") {
  Builder b("outputs");
  const std::string x = b.input("x", DataType::float32, {1, 8, 1, 1});
  b.output(b.concat({b.conv(x, 8, 1), b.conv(x, 5, 1), b.conv(x, 3, 1)}));
  CHECK(check(b.build(), 1)->views(graph::Op::Concat) == 1);
}

TEST_CASE("halves are read where they lie") {
  for (const std::int64_t batch : {1, 2}) {
    Builder b("halves");
    const std::string x = b.roomy({batch, 8, 9, 9}, 48);
    const std::vector<std::string> parts = b.halves(x);
    const std::string pool = b.node("AveragePool", {parts[1]}, {{"kernel_shape", Ints{3, 3}}, {"pads", Ints{1, 1, 1, 1}}});
    b.output(b.concat({parts[0], b.conv(parts[1], 24, 3), b.conv(pool, 3, 1)}));
    CHECK(check(b.build(), 1)->views(graph::Op::Split) == 1);
  }
}

TEST_CASE("rows and images are cut and joined by any kernel; not by one that needs dense channels") {
  Builder b("rows");
  const std::string x = b.roomy({1, 6, 12, 9}, 6);
  const std::vector<std::string> parts = b.node_multi("Split", {x}, 2, {{"axis", std::int64_t{2}}});
  b.output(b.concat({b.node("Softmax", {parts[0]}, {{"axis", std::int64_t{1}}}), b.conv(parts[1], 6, 3)}, 2));
  const std::vector<std::string> channels = b.halves(x);
  b.output(b.concat({b.node("Softmax", {channels[0]}, {{"axis", std::int64_t{1}}}), b.conv(channels[1], 3, 3)}));
  const std::unique_ptr<Network> network = check(b.build(), 1);
  CHECK(network->views(graph::Op::Split) == 1);
  CHECK(network->views(graph::Op::Concat) == 1);
}

TEST_CASE("layers that run in turns begin at a part and end in one") {
  Builder b("turns");
  const std::string x = b.roomy({2, 8, 56, 60}, 32);
  const std::vector<std::string> parts = b.halves(x);
  const auto block = [&](const std::string& from) {
    const std::string wide = b.node("Relu", {b.conv(from, 96, 1)});
    const std::string deep = b.node("Conv", {wide, b.constant("w", random_tensor({96, 1, 3, 3}, 2))}, {{"pads", Ints{1, 1, 1, 1}}, {"group", std::int64_t{96}}});
    return b.conv(deep, 24, 1);
  };
  b.output(b.conv(b.concat({block(parts[0]), b.conv(parts[1], 8, 3), block(parts[1])}), 4, 1, "y"));
  const std::unique_ptr<Network> network = check(b.build(), 1);
  CHECK(network->chains() == 2);
  CHECK(network->views(graph::Op::Split) == 1);
  CHECK(network->views(graph::Op::Concat) == 1);
}

TEST_CASE("a profile says that nothing was copied") {
  Builder b("profiled");
  const std::string x = b.input("x", DataType::float32, {1, 8, 9, 9});
  b.output(b.conv(b.concat({b.conv(x, 8, 1), b.conv(x, 8, 3)}), 4, 1, "y"));
  const Profile profile = Session(b.build(), naive::cpu(1)).profile({.min_samples = 1, .min_sample_s = 0.0});
  int joins = 0;
  for (const LayerProfile& layer : profile.layers) {
    if (layer.op != "Concat") continue;
    ++joins;
    CHECK(layer.kernel == "view");
    CHECK(layer.latency_ns.value == 0.0);
  }
  CHECK(joins == 1);
}

TEST_CASE("random networks: with views the bits of copies, in no more memory") {
  int views = 0;
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    const std::unique_ptr<Network> network = check(seed % 2 == 0 ? naive::random_joins(seed) : naive::random_network(seed), seed);
    for (const graph::Op op : {graph::Op::Concat, graph::Op::Split, graph::Op::Slice}) views += network->views(op);
  }
  CHECK(views > 400);
}
