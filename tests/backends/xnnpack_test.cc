// SPDX-License-Identifier: Apache-2.0
// What the grid does not ask of the XNNPACK backend: special values, names, refusals, threads.
#include <doctest/doctest.h>

#include <limits>
#include <sched.h>

#include "backends/grid.h"
#include "backends/xnnpack/context.h"

namespace dnntune::test {
namespace {

using Ints = std::vector<std::int64_t>;
using Kind = graph::Activation::Kind;

const backends::Backend& xnnpack() { return *backends::find_backend("xnnpack"); }

constexpr float kInfinity = std::numeric_limits<float>::infinity();

Tensor specials(std::vector<float> special) {
  Tensor tensor = random_tensor({67}, 9, -3.0f, 3.0f);
  for (std::size_t i = 0; i < special.size(); ++i) tensor.as_mutable<float>()[3 * i] = special[i];
  return tensor;
}

void check_taken(const SimdCase& layer, const std::string& kernel) {
  CAPTURE(layer.node.op_type);
  const Outcome outcome = check_on(xnnpack(), layer, 1);
  CHECK(outcome.refusal == "");
  CHECK(outcome.kernel == kernel);
}

void check_refused(const SimdCase& layer, const std::string& why) {
  CAPTURE(layer.node.op_type);
  const Outcome outcome = check_on(xnnpack(), layer);
  CHECK(!outcome.taken);
  CHECK(outcome.refusal == why);
}

TEST_CASE("infinities become what the reference kernels make of them") {
  const Tensor x = specials({kInfinity, -kInfinity, 0.0f, -0.0f, 1e20f, -1e20f, 2.5f, -3.5f, 88.5f, -88.5f});
  const Tensor y = specials({-2.0f, 1.0f, 3.0f, 1.5f, 0.5f, -kInfinity, 1e10f});
  for (const char* op : {"Abs", "Ceil", "Elu", "Floor", "HardSwish", "LeakyRelu", "Neg", "Relu", "Round", "Sigmoid", "Sqrt"}) {
    CAPTURE(std::string(op));
    check_on(xnnpack(), grid_case(LayerCase(op, {x})));
  }
  check_on(xnnpack(), grid_case(LayerCase("Clip", {x, floats({}, {-1.0f}), floats({}, {1.0f})})));
  for (const char* op : {"Add", "Sub", "Mul", "Div", "Max", "Min"}) {
    CAPTURE(std::string(op));
    check_on(xnnpack(), grid_case(LayerCase(op, {x, y}), {0, 1}));
  }
  const Tensor image = x.reshaped({1, 1, 67, 1});
  for (const char* op : {"MaxPool", "AveragePool"}) {
    CAPTURE(std::string(op));
    check_on(xnnpack(), grid_case(LayerCase(op, {image}, {{"kernel_shape", Ints{3, 1}}})));
  }
  for (const graph::Activation& activation : {graph::Activation{Kind::relu, 0, 0}, {Kind::clip, -1.0f, 1.0f}, {Kind::hard_swish, 0, 0}}) {
    CAPTURE(static_cast<int>(activation.kind));
    check_on(xnnpack(), grid_case(LayerCase("Conv", {image, floats({1, 1, 1, 1}, {1.0f})}), {0}, activation));
  }
  for (const char* type : {"int8", "uint8"}) {
    CAPTURE(std::string(type));
    const Tensor zero(type == std::string("int8") ? DataType::int8 : DataType::uint8, {});
    check_on(xnnpack(), grid_case(LayerCase("QuantizeLinear", {specials({kInfinity, -kInfinity, 1e30f, -1e30f}), floats({}, {0.1f}), zero})), 1);
  }
}

/// What README.md says of NaNs: a layer with bounds may lose them. Those without keep them.
TEST_CASE("layers without bounds keep NaNs") {
  const Tensor x = specials({std::numeric_limits<float>::quiet_NaN(), 1.0f, std::numeric_limits<float>::quiet_NaN()});
  for (const char* op : {"Abs", "Ceil", "Elu", "Floor", "HardSwish", "LeakyRelu", "Neg", "Round", "Sigmoid"}) {
    CAPTURE(std::string(op));
    check_taken(grid_case(LayerCase(op, {x})), "xnnpack.unary");
  }
}

TEST_CASE("layers have names") {
  const Tensor image = random_tensor({1, 8, 6, 6}, 1);
  check_taken(grid_case(LayerCase("Conv", {image, random_tensor({4, 8, 3, 3}, 2)})), "xnnpack.conv");
  check_taken(grid_case(LayerCase("Conv", {image, random_tensor({8, 1, 3, 3}, 2)}, {{"group", std::int64_t{8}}})), "xnnpack.dwconv");
  check_taken(grid_case(LayerCase("ConvTranspose", {image, random_tensor({8, 4, 3, 3}, 2)})), "xnnpack.deconv");
  check_taken(grid_case(LayerCase("MatMul", {random_tensor({3, 8}, 1), random_tensor({8, 5}, 2)})), "xnnpack.dense");
  check_taken(grid_case(LayerCase("MaxPool", {image}, {{"kernel_shape", Ints{2, 2}}})), "xnnpack.max_pool");
  check_taken(grid_case(LayerCase("AveragePool", {image}, {{"kernel_shape", Ints{2, 2}}})), "xnnpack.average_pool");
  check_taken(grid_case(LayerCase("GlobalAveragePool", {image})), "xnnpack.global_average_pool");
  check_taken(grid_case(LayerCase("Sigmoid", {image})), "xnnpack.unary");
  check_taken(grid_case(LayerCase("Add", {image, image}), {0, 1}), "xnnpack.binary");
  check_taken(grid_case(LayerCase("Softmax", {random_tensor({3, 8}, 1)})), "xnnpack.softmax");
}

TEST_CASE("what would mean something else is refused") {
  const Tensor image = random_tensor({1, 3, 7, 7}, 1);
  const auto pool = [&](const char* op, NodeAttributes more) {
    more.emplace_back("kernel_shape", Ints{2, 2});
    return grid_case(LayerCase(op, {image}, std::move(more)));
  };
  check_refused(pool("MaxPool", {{"dilations", Ints{2, 2}}, {"pads", Ints{1, 1, 1, 1}}}), "a dilated window of padded images, or of means");
  check_refused(pool("AveragePool", {{"pads", Ints{1, 1, 1, 1}}, {"count_include_pad", std::int64_t{1}}}), "padding that counts");
  check_refused(grid_case(LayerCase("Softmax", {image}, {{"axis", std::int64_t{1}}})), "an axis that is not the innermost");
  check_refused(grid_case(LayerCase("Conv", {image, random_tensor({4, 3, 3, 3}, 2)}), {0, 1}), "weights that are not constant");
  check_refused(grid_case(LayerCase("Conv", {image, random_tensor({4, 3, 3, 3}, 2)}), {0}, {Kind::clip, 1.0f, -1.0f}), "its activation");
  check_refused(grid_case(LayerCase("Erf", {image})), "no node for the operator");
}

TEST_CASE("threads are pinned to the processor's cores, or it is said") {
  cpu_set_t allowed;
  REQUIRE(sched_getaffinity(0, sizeof allowed, &allowed) == 0);
  Processor processor;
  processor.backend = "xnnpack";
  processor.threads = 2;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(static_cast<unsigned>(core), &allowed)) processor.cores.push_back(core);
  CHECK(xnnpack().open(processor)->pinned());
  processor.cores = {CPU_SETSIZE - 1};
  CHECK(!xnnpack().open(processor)->pinned());
  cpu_set_t after;
  REQUIRE(sched_getaffinity(0, sizeof after, &after) == 0);
  CHECK(CPU_EQUAL(&after, &allowed));  // the calling thread is left alone
}

TEST_CASE("weights are counted, and need not stay") {
  const SimdCase layer = grid_case(LayerCase("Conv", {random_tensor({1, 8, 6, 6}, 1), random_tensor({4, 8, 3, 3}, 2)}));
  const backends::TensorSpec inputs[] = {{.type = DataType::float32, .shape = layer.inputs[0].value.shape(), .constant = {}},
                                         {.type = DataType::float32, .shape = layer.inputs[1].value.shape(), .constant = layer.inputs[1].value}};
  const backends::TensorSpec outputs[] = {{.type = DataType::float32, .shape = layer.outputs[0], .constant = {}}};
  const auto prepared = xnnpack().prepare({.node = layer.node, .inputs = inputs, .outputs = outputs});
  REQUIRE(prepared != nullptr);
  CHECK(prepared->weight_bytes() >= (4 * 8 * 9 + 4) * sizeof(float));
  CHECK(prepared->holds(1));
  CHECK(!prepared->holds(0));
}

}  // namespace
}  // namespace dnntune::test
