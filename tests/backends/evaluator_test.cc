// SPDX-License-Identifier: Apache-2.0
// The evaluator speaks ONNX layout and attributes: small layers by hand.
#include <cmath>

#include <doctest/doctest.h>

#include "backends/cpu/cpu_backend.h"
#include "backends/layer_case.h"
#include "kernels/random.h"

using namespace dnntune;
using test::evaluate;
using test::floats;
using test::LayerCase;
using test::values_of;

namespace {

using Ints = std::vector<std::int64_t>;

std::vector<float> result(const LayerCase& layer, std::size_t output = 0) { return values_of(evaluate(layer)[output]); }

Tensor integers(const Ints& values) { return Tensor::from<std::int64_t>({static_cast<std::int64_t>(values.size())}, values); }

std::vector<float> counting(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i);
  return values;
}

}  // namespace

TEST_CASE("backends are found by name") {
  CHECK(backends::find_backend("cpu")->name() == "cpu");
  CHECK(backends::find_backend("reference")->name() == "reference");
  CHECK(backends::find_backend("abacus") == nullptr);
  for (const std::string_view name : backends::backend_names()) CHECK(backends::find_backend(name)->name() == name);
}

TEST_CASE("Conv: ONNX layout in and out, two channels, padding from auto_pad") {
  const LayerCase layer("Conv", {floats({1, 2, 1, 3}, {1, 2, 3, 10, 20, 30}), floats({1, 2, 1, 2}, {1, 1, 2, 0}), floats({1}, {0.5f})},
                        {{"auto_pad", std::string("SAME_LOWER")}});
  CHECK(result(layer) == std::vector<float>{1.5f, 23.5f, 45.5f});
  LayerCase fused = layer;
  fused.node.activation = {graph::Activation::Kind::clip, 2.0f, 40.0f};
  CHECK(result(fused) == std::vector<float>{2, 23.5f, 40});
}

TEST_CASE("ConvTranspose: output_padding and pads") {
  const LayerCase layer("ConvTranspose", {floats({1, 1, 2}, {1, 2}), floats({1, 2, 2}, {1, 10, 3, 30})},
                        {{"strides", Ints{3}}, {"pads", Ints{1, 0}}, {"output_padding", Ints{2}}});
  CHECK(result(layer) == std::vector<float>{10, 0, 2, 20, 0, 0, 30, 0, 6, 60, 0, 0});
}

TEST_CASE("MaxPool: both outputs in ONNX layout") {
  const LayerCase layer("MaxPool", {floats({1, 2, 4}, {1, 3, 2, 2, 8, 8, 5, 6})}, {{"kernel_shape", Ints{2}}, {"strides", Ints{2}}}, 2);
  const auto outputs = evaluate(layer);
  CHECK(values_of(outputs[0]) == std::vector<float>{3, 2, 8, 6});
  const auto indices = outputs[1].as<std::int64_t>();
  CHECK(Ints(indices.begin(), indices.end()) == Ints{1, 2, 4, 7});
}

TEST_CASE("AveragePool and LpPool read their attributes") {
  const Tensor x = floats({1, 1, 3}, {2, 4, 6});
  const NodeAttributes padded{{"kernel_shape", Ints{2}}, {"pads", Ints{1, 0}}};
  CHECK(result({"AveragePool", {x}, padded}) == std::vector<float>{2, 3, 5});
  NodeAttributes counted = padded;
  counted.emplace_back("count_include_pad", std::int64_t{1});
  CHECK(result({"AveragePool", {x}, counted}) == std::vector<float>{1, 3, 5});
  CHECK(result({"AveragePool", {x}, {{"kernel_shape", Ints{2}}, {"strides", Ints{2}}, {"ceil_mode", std::int64_t{1}}}}) ==
        std::vector<float>{3, 6});
  CHECK(result({"LpPool", {x}, {{"kernel_shape", Ints{2}}, {"p", std::int64_t{1}}}}) == std::vector<float>{6, 10});
  CHECK(result({"GlobalAveragePool", {x}}) == std::vector<float>{4});
  CHECK(result({"GlobalMaxPool", {x}}) == std::vector<float>{6});
  CHECK(result({"GlobalLpPool", {x}, {{"p", std::int64_t{1}}}}) == std::vector<float>{12});
}

TEST_CASE("normalisations read their attributes") {
  const Tensor x = floats({1, 2, 2}, {1, 3, 10, 30});
  const Tensor one = floats({2}, {1, 2}), zero = floats({2}, {0, 5});
  CHECK(result({"BatchNormalization", {x, one, zero, floats({2}, {1, 10}), floats({2}, {3, 99})}, {{"epsilon", 1.0f}}}) ==
        std::vector<float>{0, 1, 5, 9});
  CHECK(result({"InstanceNormalization", {x, one, zero}, {{"epsilon", 0.0f}}}) == std::vector<float>{-1, 1, 3, 7});
  const auto lrn = result({"LRN", {x}, {{"size", std::int64_t{3}}, {"alpha", 3.0f}, {"beta", 1.0f}, {"bias", 2.0f}}});
  CHECK(lrn[0] == doctest::Approx(1.0 / (2 + 101)));
  CHECK(lrn[3] == doctest::Approx(30.0 / (2 + 909)));
  const auto mvn = result({"MeanVarianceNormalization", {x}, {{"axes", Ints{2}}}});
  CHECK(mvn == std::vector<float>{-1, 1, -1, 1});

  const LayerCase layer("LayerNormalization", {floats({2, 2}, {1, 3, 10, 30}), floats({1}, {2}), floats({2}, {0, 5})},
                        {{"axis", std::int64_t{-1}}, {"epsilon", 0.0f}}, 3);
  const auto outputs = evaluate(layer);
  CHECK(values_of(outputs[0]) == std::vector<float>{-2, 7, -2, 7});
  CHECK(values_of(outputs[1]) == std::vector<float>{2, 20});
  CHECK(outputs[1].shape() == Shape{2, 1});
  CHECK(values_of(outputs[2]) == std::vector<float>{1, 0.1f});
}

TEST_CASE("MatMul: vectors on either side, batches, fused bias") {
  const Tensor m = floats({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(result({"MatMul", {m, floats({3}, {1, 10, 100})}}) == std::vector<float>{321, 654});
  CHECK(result({"MatMul", {floats({2}, {1, 10}), m}}) == std::vector<float>{41, 52, 63});
  CHECK(evaluate({"MatMul", {floats({3}, {1, 2, 3}), floats({3}, {1, 10, 100})}})[0].shape() == Shape{});
  CHECK(result({"MatMul", {floats({3}, {1, 2, 3}), floats({3}, {1, 10, 100})}}) == std::vector<float>{321});
  CHECK(result({"MatMul", {floats({2, 1, 2}, {1, 2, 3, 4}), floats({2, 1}, {1, 10}), floats({1}, {100})}}) ==
        std::vector<float>{121, 143});
}

TEST_CASE("Gemm: all attributes") {
  const LayerCase layer("Gemm", {floats({2, 1}, {3, 4}), floats({2, 2}, {1, 2, 3, 4}), floats({2}, {100, 200})},
                        {{"transA", std::int64_t{1}}, {"transB", std::int64_t{1}}, {"alpha", 2.0f}, {"beta", 0.5f}});
  CHECK(result(layer) == std::vector<float>{2 * 11 + 50, 2 * 25 + 100});
}

TEST_CASE("softmax: the axis, and the flattened form of old opsets") {
  const Tensor x = floats({1, 2, 2}, {0, 0, 0, 0});
  CHECK(result({"Softmax", {x}, {{"axis", std::int64_t{1}}}}) == std::vector<float>(4, 0.5f));
  CHECK(result({"Softmax", {x}, {{"axis", std::int64_t{1}}, {"flatten_axis_semantics", std::int64_t{1}}}}) ==
        std::vector<float>(4, 0.25f));
  CHECK(result({"Hardmax", {floats({1, 2, 2}, {1, 5, 3, 2})}, {{"axis", std::int64_t{-2}}}}) == std::vector<float>{0, 1, 1, 0});
  CHECK(result({"LogSoftmax", {floats({2}, {3, 3})}})[0] == doctest::Approx(-std::log(2.0)));
}

TEST_CASE("DepthToSpace and SpaceToDepth in ONNX layout") {
  // Channel (block row, block column, c) of one pixel; the operator's own example, cut to one channel.
  CHECK(result({"DepthToSpace", {floats({1, 4, 1, 2}, {0, 1, 10, 11, 20, 21, 30, 31})}, {{"blocksize", std::int64_t{2}}}}) ==
        std::vector<float>{0, 10, 1, 11, 20, 30, 21, 31});
  const Tensor deep = floats({1, 8, 1, 1}, counting(8));
  CHECK(result({"DepthToSpace", {deep}, {{"blocksize", std::int64_t{2}}}}) == std::vector<float>{0, 2, 4, 6, 1, 3, 5, 7});
  CHECK(result({"DepthToSpace", {deep}, {{"blocksize", std::int64_t{2}}, {"mode", std::string("CRD")}}}) == counting(8));
  CHECK(result({"SpaceToDepth", {floats({1, 1, 2, 4}, counting(8))}, {{"blocksize", std::int64_t{2}}}}) ==
        std::vector<float>{0, 2, 1, 3, 4, 6, 5, 7});
}

TEST_CASE("Resize: scales, sizes and region of interest") {
  const Tensor x = floats({1, 1, 2}, {1, 3});
  CHECK(result({"Resize", {x, {}, floats({3}, {1, 1, 2})}}) == std::vector<float>{1, 1, 3, 3});
  CHECK(result({"Resize", {x, {}, {}, integers({1, 1, 4})}, {{"mode", std::string("linear")}}}) == std::vector<float>{1, 1.5f, 2.5f, 3});
  CHECK(result({"Resize", {x, floats({6}, {0, 0, 0, 1, 1, 2}), {}, integers({1, 1, 3})},
                {{"mode", std::string("linear")},
                 {"coordinate_transformation_mode", std::string("tf_crop_and_resize")},
                 {"extrapolation_value", -7.0f}}}) == std::vector<float>{1, 3, -7});
}

TEST_CASE("LSTM, GRU and RNN: one unit, one step, written out") {
  const auto sigmoid = [](double v) { return 1.0 / (1.0 + std::exp(-v)); };
  const Tensor x = floats({1, 1, 1}, {2});
  // Weights i o f c; zero recurrence.
  const LayerCase lstm("LSTM", {x, floats({1, 4, 1}, {0.1f, 0.2f, 0.3f, 0.4f}), floats({1, 4, 1}, {0, 0, 0, 0}), {}, {}, {}, floats({1, 1, 1}, {5})},
                       {{"hidden_size", std::int64_t{1}}}, 3);
  const double cell = sigmoid(0.6) * 5 + sigmoid(0.2) * std::tanh(0.8);
  const auto states = evaluate(lstm);
  CHECK(values_of(states[2])[0] == doctest::Approx(cell));
  CHECK(values_of(states[1])[0] == doctest::Approx(sigmoid(0.4) * std::tanh(cell)));
  CHECK(states[0].shape() == Shape{1, 1, 1, 1});

  const LayerCase gru("GRU", {x, floats({1, 3, 1}, {0.1f, 0.2f, 0.3f}), floats({1, 3, 1}, {0, 0, 0}), {}, {}, floats({1, 1, 1}, {3})},
                      {{"hidden_size", std::int64_t{1}}}, 2);
  CHECK(values_of(evaluate(gru)[1])[0] == doctest::Approx((1 - sigmoid(0.2)) * std::tanh(0.6) + sigmoid(0.2) * 3));

  // Reverse: the last step comes first. Affine(x) = alpha x + beta; then the scalings of the names in order.
  const LayerCase rnn("RNN", {floats({2, 1, 1}, {1, 10}), floats({1, 1, 1}, {1}), floats({1, 1, 1}, {1})},
                      {{"hidden_size", std::int64_t{1}},
                       {"direction", std::string("reverse")},
                       {"activations", std::vector<std::string>{"affine"}},
                       {"activation_alpha", std::vector<float>{2}},
                       {"activation_beta", std::vector<float>{3}}},
                      2);
  const auto outputs = evaluate(rnn);
  CHECK(values_of(outputs[0]) == std::vector<float>{2 * (1 + 23) + 3, 23});
  CHECK(values_of(outputs[1]) == std::vector<float>{51});
}

TEST_CASE("an operator without a kernel for its types is left unfolded, not an error") {
  const LayerCase layer("Gemm", {Tensor(DataType::int32, {1, 1}), Tensor(DataType::int32, {1, 1})});
  LayerCase fused = layer;
  fused.node.activation = {graph::Activation::Kind::relu, 0, 0};
  std::vector<Tensor> outputs;
  CHECK(backends::cpu::evaluator().evaluate(layer.node, layer.inputs, layer.outputs, outputs));
  CHECK_FALSE(backends::cpu::evaluator().evaluate(fused.node, fused.inputs, fused.outputs, outputs));
}

TEST_CASE("contents that an operator forbids make the model invalid") {
  const LayerCase layer("RNN", {Tensor(DataType::float32, {2, 1, 1}), Tensor(DataType::float32, {1, 1, 1}), Tensor(DataType::float32, {1, 1, 1}), {},
                                Tensor::from<std::int32_t>({1}, std::vector<std::int32_t>{3})},
                        {{"hidden_size", std::int64_t{1}}});
  std::vector<Tensor> outputs;
  try {
    backends::cpu::evaluator().evaluate(layer.node, layer.inputs, layer.outputs, outputs);
    FAIL("a length of 3 for 2 steps was taken");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::invalid_model);
    CHECK(std::string(error.what()).find("sequence_lens") != std::string::npos);
  }
}
