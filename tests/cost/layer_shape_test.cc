// SPDX-License-Identifier: Apache-2.0
// Shapes of layers, and what a layer's inputs have to be copied for, by hand.
#include <doctest/doctest.h>

#include "dnntune/builder.h"
#include "dnntune/error.h"
#include "dnntune/layer_shape.h"
#include "plan/small_nets.h"

using namespace dnntune;

TEST_CASE("a convolution's sizes") {
  test::NetBuilder net;
  const int x = net.input({1, 16, 10, 12});
  net.output(net.conv(net.conv(x, 32, 1, "a"), 8, 2, "b"));
  const NetworkShape network = network_shape(net.build());
  REQUIRE(network.layers.size() == 2);
  const LayerShape &a = network.layers[0], &b = network.layers[1];
  CHECK(a.kind == "conv_1x1");
  CHECK(a.layer == 0);
  CHECK(a.macs == 16 * 32 * 120);
  CHECK(a.flops == 2 * a.macs);
  CHECK(a.rows == 120);
  CHECK(a.width == 12);
  CHECK(a.in_channels == 16);
  CHECK(a.out_channels == 32);
  CHECK(a.weight_bytes == 4 * 16 * 32);
  CHECK(a.input_bytes == 4 * 16 * 120);
  CHECK(a.conversion_bytes == a.input_bytes);  // images come channels first, and lie channels last between layers
  CHECK(b.kind == "conv_window");
  CHECK(b.stride == 2);
  CHECK(b.rows == 30);
  CHECK(b.conversion_bytes == 0);
}

TEST_CASE("kinds go by what computes them") {
  test::NetBuilder net;
  const int x = net.relu(net.input({4, 6}));
  net.output(net.cast(x, DataType::float64));
  net.output(net.unknown(x));
  const NetworkShape network = network_shape(net.build());
  REQUIRE(network.layers.size() == 3);
  CHECK(network.layers[0].kind == "unary:Relu");
  CHECK(network.layers[0].flops == 24);
  CHECK(network.layers[0].conversion_bytes == 0);
  CHECK(network.layers[1].kind == "cast");
  CHECK(network.layers[2].kind == "unknown");
}

TEST_CASE("what is normalised together, and what fused activations take") {
  GraphBuilder b("lines");
  const std::string x = b.input("x", DataType::float32, {2, 6, 10}), image = b.input("image", DataType::float32, {1, 3, 8, 8});
  const std::string scale = b.constant("scale", Tensor(DataType::float32, {6, 10}));
  b.output(b.node("Softmax", {x}));
  b.output(b.node("Softmax", {x}, {{"axis", std::int64_t{1}}}));
  b.output(b.node("LayerNormalization", {x, scale}, {{"axis", std::int64_t{1}}}));
  const std::string w = b.constant("w", Tensor(DataType::float32, {4, 3, 1, 1}));
  for (const char* activation : {"Relu", "HardSwish", "Sigmoid"}) b.output(b.node(activation, {b.node("Conv", {image, w})}));
  const NetworkShape network = network_shape(b.build());
  REQUIRE(network.layers.size() == 6);
  CHECK(network.layers[0].line == 10);
  CHECK(network.layers[1].line == 6);
  CHECK(network.layers[2].line == 60);
  CHECK(network.layers[3].line == 0);
  CHECK(network.layers[3].activation_ops == 0);
  CHECK(network.layers[4].activation_ops > 0);
  CHECK(network.layers[5].activation_ops > 2 * network.layers[4].activation_ops);
}

TEST_CASE("other shapes; inputs that are not there") {
  const Graph graph = test::chain(3, 100);
  const NetworkShape larger = network_shape(graph, {{graph.inputs()[0].name, {700}}});
  REQUIRE(larger.layers.size() == 3);
  CHECK(larger.layers[2].input_bytes == 2800);
  CHECK(larger.layers[2].layer == 2);
  CHECK_THROWS_WITH_AS(network_shape(graph, {{"nobody", {1}}}), doctest::Contains("nobody"), Error);
}
