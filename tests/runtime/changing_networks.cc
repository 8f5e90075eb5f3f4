// SPDX-License-Identifier: Apache-2.0
#include "runtime/changing_networks.h"

#include <algorithm>
#include <cstdint>

#include "base/half.h"
#include "dnntune/builder.h"
#include "kernels/random.h"
#include "runtime/naive.h"

namespace changing {
namespace {

using namespace dnntune;
using naive::random_tensor;
using Ints = std::vector<std::int64_t>;

std::int64_t count(const Shape& shape) {
  std::int64_t elements = 1;
  for (const std::int64_t size : shape) elements *= size;
  return elements;
}

Tensor random_bytes(const Shape& shape, std::uint64_t seed) {
  test::Random random(seed);
  Tensor tensor(DataType::uint8, shape);
  for (std::uint8_t& byte : tensor.as_mutable<std::uint8_t>()) byte = static_cast<std::uint8_t>(random.integer(0, 255));
  return tensor;
}

Tensor random_halves(const Shape& shape, unsigned seed) {
  const Tensor floats = random_tensor(shape, seed);
  std::vector<std::uint16_t> halves(floats.element_count());
  std::transform(floats.as<float>().begin(), floats.as<float>().end(), halves.begin(), base::float_to_float16);
  return Tensor::copy_of(DataType::float16, shape, halves.data(), 2 * halves.size());
}

/// Small, so that sums stay in range.
Tensor weights(const Shape& shape, unsigned seed) {
  Tensor tensor = random_tensor(shape, seed);
  const float scale = 2.0f / static_cast<float>(std::max<std::int64_t>(1, count(shape) / shape[0]));
  for (float& value : tensor.as_mutable<float>()) value *= std::max(scale, 0.02f);
  return tensor;
}

std::string normalised(GraphBuilder& b, const std::string& x, std::int64_t channels, unsigned seed) {
  const auto parameter = [&](unsigned i) { return b.constant("p", random_tensor({channels}, seed + i)); };
  return b.node("BatchNormalization", {x, parameter(0), parameter(1), parameter(2),
                                       b.constant("v", Tensor::from(Shape{channels}, std::vector<float>(static_cast<std::size_t>(channels), 1.0f)))});
}

std::string shape_constant(GraphBuilder& b, const Ints& sizes) {
  return b.constant("s", Tensor::from(Shape{static_cast<std::int64_t>(sizes.size())}, sizes));
}

}  // namespace

Network convolutions() {
  GraphBuilder b("convolutions");
  const std::string image = b.input("image", DataType::float32, {-1, 16, -1, -1});
  const NodeAttributes same = {{"pads", Ints{1, 1, 1, 1}}};
  std::string x = normalised(b, b.node("Conv", {image, b.constant("wide", weights({64, 16, 3, 3}, 1))}, same), 64, 10);
  x = b.node("Relu", {x});
  // One weight under two normalisations: two forms, not to be mixed up.
  const std::string twice = b.constant("twice", weights({64, 64, 3, 3}, 2));
  x = b.node("Add", {normalised(b, b.node("Conv", {x, twice}, same), 64, 20), normalised(b, b.node("Conv", {x, twice}, same), 64, 30)});
  x = b.node("Conv", {x, b.constant("groups", weights({64, 16, 3, 3}, 3)), b.constant("bias", random_tensor({64}, 4))},
             {{"group", std::int64_t{4}}, {"pads", Ints{1, 1, 1, 1}}});
  x = normalised(b, b.node("Relu", {x}), 64, 40);  // not folded
  x = b.node("Conv", {x, b.constant("depth", random_tensor({64, 1, 3, 3}, 5))}, {{"group", std::int64_t{64}}, {"pads", Ints{1, 1, 1, 1}}});
  x = b.node("Conv", {x, b.constant("depth_wide", random_tensor({64, 1, 7, 5}, 6))}, {{"group", std::int64_t{64}}, {"pads", Ints{3, 2, 3, 2}}, {"dilations", Ints{1, 1}}});
  x = b.node("Conv", {x, b.constant("step", weights({24, 64, 3, 3}, 7))}, {{"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}});
  x = b.node("Conv", {x, b.constant("point", weights({80, 24, 1, 1}, 8))});
  x = b.node("ConvTranspose", {x, b.constant("up", weights({80, 12, 4, 4}, 9))}, {{"strides", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}});
  const std::string volume = b.node("Unsqueeze", {x, shape_constant(b, {2})});
  x = b.node("Conv", {volume, b.constant("volume", weights({20, 12, 1, 3, 3}, 10))}, {{"pads", Ints{0, 1, 1, 0, 1, 1}}});
  x = b.node("ReduceMean", {x}, {{"axes", Ints{2, 3, 4}}, {"keepdims", std::int64_t{0}}});
  x = b.node("Gemm", {x, b.constant("dense", weights({1000, 20}, 11)), b.constant("row", random_tensor({1000}, 12))}, {{"transB", std::int64_t{1}}, {"alpha", 0.5f}});
  b.output(b.node("MatMul", {x, b.constant("last", weights({1000, 7}, 13))}, {}, "y"));
  Network network{"convolutions", b.build(), {}};
  for (const Shape& shape : {Shape{1, 16, 12, 12}, Shape{2, 16, 12, 12}, Shape{3, 16, 12, 12}, Shape{8, 16, 12, 12}, Shape{1, 16, 12, 20},
                             Shape{1, 16, 7, 9}, Shape{2, 16, 31, 24}})
    network.inputs.push_back({{"image", random_tensor(shape, 50)}});
  return network;
}

Network recurrences() {
  GraphBuilder b("recurrences");
  std::string x = b.input("x", DataType::float32, {-1, -1, 96});  // steps, batch
  const auto joined = [&](const std::string& y, std::int64_t features) {
    return b.node("Reshape", {b.node("Transpose", {y}, {{"perm", Ints{0, 2, 1, 3}}}), shape_constant(b, {0, 0, features})});
  };
  x = joined(b.node_multi("LSTM", {x, b.constant("lw", weights({2, 320, 96}, 1)), b.constant("lr", weights({2, 320, 80}, 2)), b.constant("lb", random_tensor({2, 640}, 3))},
                          1, {{"hidden_size", std::int64_t{80}}, {"direction", std::string("bidirectional")}})[0], 160);
  x = joined(b.node_multi("GRU", {x, b.constant("gw", weights({1, 270, 160}, 4)), b.constant("gr", weights({1, 270, 90}, 5)), b.constant("gb", random_tensor({1, 540}, 6))},
                          1, {{"hidden_size", std::int64_t{90}}, {"linear_before_reset", std::int64_t{1}}})[0], 90);
  x = joined(b.node_multi("RNN", {x, b.constant("rw", weights({1, 150, 90}, 7)), b.constant("rr", weights({1, 150, 150}, 8))}, 1, {{"hidden_size", std::int64_t{150}}})[0], 150);
  b.output(b.node("MatMul", {x, b.constant("out", weights({150, 200}, 9))}, {}, "y"));
  Network network{"recurrences", b.build(), {}};
  for (const auto& [steps, batch] : {std::pair{4, 1}, {9, 1}, {1, 1}, {4, 3}, {7, 3}, {2, 8}, {12, 2}})
    network.inputs.push_back({{"x", random_tensor({steps, batch, 96}, 50)}});
  return network;
}

Network transformer() {
  GraphBuilder b("transformer");
  constexpr std::int64_t kWidth = 128, kHeads = 4;
  std::string x = b.input("x", DataType::float32, {-1, -1, kWidth});  // batch, sequence
  unsigned seed = 1;
  const auto dense = [&](const std::string& from, std::int64_t in, std::int64_t out) {
    const std::string product = b.node("MatMul", {from, b.constant("w", weights({in, out}, seed++))});
    return b.node("Add", {product, b.constant("b", random_tensor({out}, seed++))});
  };
  const auto normal = [&](const std::string& from) {
    return b.node("LayerNormalization", {from, b.constant("g", random_tensor({kWidth}, seed++)), b.constant("h", random_tensor({kWidth}, seed++))});
  };
  for (int block = 0; block < 2; ++block) {
    const auto heads = [&](const Ints& order) {
      return b.node("Transpose", {b.node("Reshape", {dense(x, kWidth, kWidth), shape_constant(b, {0, 0, kHeads, kWidth / kHeads})})}, {{"perm", order}});
    };
    const std::string scores = b.node("Softmax", {b.node("MatMul", {heads({0, 2, 1, 3}), heads({0, 2, 3, 1})})}, {{"axis", std::int64_t{-1}}});
    const std::string mixed = b.node("Transpose", {b.node("MatMul", {scores, heads({0, 2, 1, 3})})}, {{"perm", Ints{0, 2, 1, 3}}});
    x = normal(b.node("Add", {x, dense(b.node("Reshape", {mixed, shape_constant(b, {0, 0, kWidth})}), kWidth, kWidth)}));
    x = normal(b.node("Add", {x, dense(b.node("Relu", {dense(x, kWidth, 512)}), 512, kWidth)}));
  }
  b.output(x);
  Network network{"transformer", b.build(), {}};
  for (const auto& [batch, sequence] : {std::pair{1, 6}, {1, 1}, {1, 17}, {2, 6}, {5, 6}, {3, 11}, {8, 2}})
    network.inputs.push_back({{"x", random_tensor({batch, sequence, kWidth}, 50)}});
  return network;
}

Network quantized() {
  GraphBuilder b("quantized");
  const auto scale = [&](float value) { return b.constant("scale", Tensor::from<float>({}, std::vector<float>{value})); };
  const auto zero = [&](int value) { return b.constant("zero", Tensor::from<std::uint8_t>({}, std::vector<std::uint8_t>{static_cast<std::uint8_t>(value)})); };
  std::uint64_t seed = 1;
  const auto conv = [&](const std::string& x, std::int64_t channels, std::int64_t out, std::int64_t kernel, std::int64_t group) {
    const std::string w = b.constant("w", random_bytes({out, channels / group, kernel, kernel}, seed++));
    const std::int64_t pad = kernel / 2;
    return b.node("QLinearConv", {x, scale(0.02f), zero(120), w, scale(0.01f), zero(group > 1 ? 128 : 131), scale(0.05f), zero(125)},
                  {{"group", group}, {"pads", Ints{pad, pad, pad, pad}}});
  };
  std::string x = b.input("x", DataType::uint8, {-1, 16, -1, -1});
  x = conv(conv(conv(x, 16, 96, 3, 1), 96, 96, 3, 96), 96, 64, 1, 1);
  x = b.node("DequantizeLinear", {x, scale(0.05f), zero(125)});
  x = b.node("Flatten", {b.node("GlobalAveragePool", {x})});
  x = b.node("QuantizeLinear", {x, scale(0.02f), zero(128)});
  x = b.node("QLinearMatMul", {x, scale(0.02f), zero(128), b.constant("m", random_bytes({64, 300}, seed++)), scale(0.02f), zero(127), scale(0.1f), zero(128)});
  b.output(x);
  b.output(b.node("MatMulInteger", {x, b.constant("n", random_bytes({300, 40}, seed++))}));
  Network network{"quantized", b.build(), {}};
  for (const Shape& shape : {Shape{1, 16, 10, 10}, Shape{2, 16, 10, 10}, Shape{3, 16, 10, 10}, Shape{1, 16, 5, 14}, Shape{1, 16, 1, 1}, Shape{9, 16, 3, 3}})
    network.inputs.push_back({{"x", random_bytes(shape, 50)}});
  return network;
}

Network halves() {
  GraphBuilder b("halves");
  std::string x = b.input("x", DataType::float16, {-1, 8, -1, 10});
  x = b.node("Conv", {x, b.constant("w", random_halves({48, 8, 3, 3}, 1))}, {{"pads", Ints{1, 1, 1, 1}}});
  x = b.node("Add", {x, b.constant("channel", random_halves({48, 1, 1}, 2))});
  b.output(b.node("MatMul", {x, b.constant("m", random_halves({10, 64}, 3))}));
  Network network{"halves", b.build(), {}};
  for (const auto& [batch, rows] : {std::pair{1, 10}, {2, 10}, {3, 10}, {1, 5}, {1, 1}, {4, 12}})
    network.inputs.push_back({{"x", random_halves({batch, 8, rows, 10}, 50)}});
  return network;
}

Network staged() {
  GraphBuilder b("staged");
  const std::string x = b.input("x", DataType::float32, {-1, 128});
  const std::string w = b.constant("w", weights({128, 256}, 1));
  const std::string found = b.node("Squeeze", {b.node("NonZero", {b.node("Greater", {b.node("ReduceSum", {x, shape_constant(b, {1})}, {{"keepdims", std::int64_t{0}}}),
                                                                                   b.constant("limit", Tensor::from<float>({}, std::vector<float>{0.0f}))})}),
                                               shape_constant(b, {0})});
  const std::string rows = b.node("Gather", {b.node("MatMul", {x, w}), found});
  b.output(b.node("MatMul", {rows, b.constant("v", weights({256, 90}, 2))}, {}, "y"));
  Network network{"staged", b.build(), {}};
  for (const std::int64_t count : {4, 9, 12, 20, 31, 50}) network.inputs.push_back({{"x", random_tensor({count, 128}, 60 + static_cast<unsigned>(count))}});
  return network;
}

}  // namespace changing
