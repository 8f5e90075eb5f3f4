// SPDX-License-Identifier: Apache-2.0
// Layers that cannot be run are refused by name before a kernel sees a pointer.
#include <algorithm>
#include <functional>

#include <doctest/doctest.h>

#include "backends/cases.h"
#include "backends/cpu/cpu_backend.h"

using namespace dnntune;
using backends::TensorSpec;

namespace {

/// The error that `reference` gives to the layer after `spoil`; fails the test when there is none.
ErrorCode refusal(const test::LayerCase& layer, const std::function<void(test::PhysicalLayer&)>& spoil) {
  test::PhysicalLayer physical(layer);
  spoil(physical);
  try {
    backends::cpu::reference_backend().prepare(physical.spec());
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("'case'") != std::string::npos);  // names the node
    return error.code();
  }
  FAIL_CHECK("accepted");
  return ErrorCode::internal;
}

}  // namespace

TEST_CASE("every family refuses an output of another shape or type") {
  for (const test::LayerCase& layer : test::network_layers()) {
    INFO(layer.node.op_type);
    for (std::size_t d = 0; d < layer.outputs[0].shape->size(); ++d) {
      if (layer.node.op == graph::Op::Resize) continue;  // sizes are given by the output's shape
      INFO("dimension " << d);
      CHECK(refusal(layer, [&](test::PhysicalLayer& spec) { ++spec.outputs[0].shape[d]; }) == ErrorCode::invalid_model);
    }
    CHECK(refusal(layer, [](test::PhysicalLayer& spec) { spec.outputs[0].shape.push_back(1); }) == ErrorCode::invalid_model);
    CHECK(refusal(layer, [](test::PhysicalLayer& spec) { spec.outputs[0].type = DataType::int16; }) == ErrorCode::invalid_model);
  }
}

TEST_CASE("every family refuses a second operand of another shape or type") {
  for (const test::LayerCase& layer : test::network_layers()) {
    INFO(layer.node.op_type);
    if (layer.inputs.size() < 2 || !layer.inputs[1].defined()) continue;
    CHECK(refusal(layer, [](test::PhysicalLayer& spec) { spec.inputs[1].shape[0] += 1; }) == ErrorCode::invalid_model);
    const ErrorCode code = refusal(layer, [](test::PhysicalLayer& spec) { spec.inputs[1].type = DataType::float64; });
    CHECK((code == ErrorCode::invalid_model || code == ErrorCode::unsupported));
  }
}

TEST_CASE("an element type without a kernel is unsupported, and the message names it") {
  const test::LayerCase layer("Conv", {Tensor(DataType::float32, {1, 1, 3}), Tensor(DataType::float32, {1, 1, 2})});
  test::PhysicalLayer physical(layer);
  for (TensorSpec* spec : {&physical.inputs[0], &physical.inputs[1], &physical.outputs[0]}) spec->type = DataType::int16;
  try {
    backends::cpu::reference_backend().prepare(physical.spec());
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::unsupported);
    CHECK(std::string(error.what()).find("int16") != std::string::npos);
  }
}

TEST_CASE("attributes out of range are refused") {
  using Ints = std::vector<std::int64_t>;
  struct Spoilt {
    const char* op;
    const char* attribute;
    AttributeValue value;
    ErrorCode code = ErrorCode::invalid_model;
  };
  const Spoilt cases[] = {
      {"Conv", "strides", Ints{0, 1}},
      {"Conv", "strides", Ints{1}},
      {"Conv", "group", std::int64_t{0}},
      {"Conv", "group", std::int64_t{4}},
      {"Conv", "auto_pad", std::string("SOMEHOW")},
      {"ConvTranspose", "output_padding", Ints{-1, 0}},
      {"MaxPool", "kernel_shape", Ints{3}},
      {"LpPool", "p", std::int64_t{0}},
      {"LRN", "size", std::int64_t{0}},
      {"BatchNormalization", "training_mode", std::int64_t{1}, ErrorCode::unsupported},
      {"GroupNormalization", "num_groups", std::int64_t{4}},
      {"LayerNormalization", "axis", std::int64_t{3}},
      {"MeanVarianceNormalization", "axes", Ints{4}},
      {"Softmax", "axis", std::int64_t{-4}},
      {"LSTM", "direction", std::string("sideways")},
      {"LSTM", "activations", std::vector<std::string>{"Tanh"}},
      {"RNN", "activations", std::vector<std::string>{"Tanh", "Taah"}},
      {"GRU", "layout", std::int64_t{2}},
      {"GRU", "hidden_size", std::int64_t{6}},
      {"Resize", "mode", std::string("lanczos"), ErrorCode::unsupported},
      {"DepthToSpace", "blocksize", std::int64_t{0}},
      {"DepthToSpace", "mode", std::string("CDR")},
      {"SpaceToDepth", "blocksize", std::int64_t{2}},
  };
  const std::vector<test::LayerCase> layers = test::network_layers();
  for (const Spoilt& spoilt : cases) {
    INFO(spoilt.op << " " << spoilt.attribute);
    const auto found = std::find_if(layers.begin(), layers.end(), [&](const auto& layer) { return layer.node.op_type == spoilt.op; });
    REQUIRE(found != layers.end());
    test::LayerCase layer = *found;
    layer.node.attributes.set(spoilt.attribute, spoilt.value);
    CHECK(refusal(layer, [](test::PhysicalLayer&) {}) == spoilt.code);
  }
}

TEST_CASE("an unknown operator is unsupported") {
  graph::Node node;
  node.op_type = "Frobnicate";
  node.name = "case";
  for (const char* name : {"cpu", "reference"})
    CHECK_THROWS_AS(backends::find_backend(name)->prepare({node, {}, {}, 1}), Error);
}
