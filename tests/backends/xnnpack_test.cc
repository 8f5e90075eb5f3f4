// SPDX-License-Identifier: Apache-2.0
// What the grid does not ask of the XNNPACK backend: special values, names, refusals, threads.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <sched.h>

#include "backends/grid.h"
#include "backends/xnnpack/context.h"
#include "kernels/tolerance.h"

namespace dnntune::test {
namespace {

using Ints = std::vector<std::int64_t>;
using Kind = graph::Activation::Kind;

const backends::Backend& xnnpack() { return *backends::find_backend("xnnpack"); }

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

/// Where the reference has a NaN, what README.md says there may be: the NaN, or `instead` of it. All else is as the reference
/// has it: a NaN does no harm to its neighbours.
struct AfterNan {
  int kept = 0, lost = 0;
};
AfterNan check_nans(const SimdCase& layer, std::vector<float> instead) {
  CAPTURE(layer.node.op_type);
  const std::vector<float> got = run_on(xnnpack(), layer), want = run_on(*backends::find_backend("reference"), layer);
  REQUIRE(got.size() == want.size());
  AfterNan after;
  for (std::size_t i = 0; i < want.size(); ++i) {
    CAPTURE(i);
    if (!std::isnan(want[i])) {
      CHECK(simd_close(got[i], want[i]));
    } else if (std::isnan(got[i])) {
      ++after.kept;
    } else {
      ++after.lost;
      CAPTURE(got[i]);
      CHECK(std::find(instead.begin(), instead.end(), got[i]) != instead.end());
    }
  }
  CHECK(after.kept + after.lost > 0);
  return after;
}

TEST_CASE("NaNs: functions without bounds keep them") {
  const Tensor x = specials({kNan, 1.0f, kNan});
  for (const char* op : {"Abs", "Ceil", "Elu", "Floor", "HardSwish", "LeakyRelu", "Neg", "Round", "Sigmoid"}) {
    check_taken(grid_case(LayerCase(op, {x})), "xnnpack.unary");
    CHECK(check_nans(grid_case(LayerCase(op, {x})), {}).lost == 0);
  }
  CHECK(check_nans(grid_case(LayerCase("Pow", {x, floats({}, {2.0f})})), {}).lost == 0);
  CHECK(check_nans(grid_case(LayerCase("PRelu", {x.reshaped({1, 67}), random_tensor({67}, 3)})), {}).lost == 0);
  CHECK(check_nans(grid_case(LayerCase("Pad", {x, Tensor::from<std::int64_t>({2}, Ints{2, 3})})), {}).lost == 0);
  Tensor blocks = random_tensor({1, 8, 2, 3}, 1);
  blocks.as_mutable<float>()[5] = kNan;
  CHECK(check_nans(grid_case(LayerCase("DepthToSpace", {blocks}, {{"blocksize", std::int64_t{2}}})), {}).lost == 0);
}

TEST_CASE("NaNs: elsewhere there may be a bound or the other operand in their place, and nothing else") {
  const Tensor x = specials({kNan, 1.0f, kNan});
  check_nans(grid_case(LayerCase("Relu", {x})), {0.0f});
  check_nans(grid_case(LayerCase("Clip", {x, floats({}, {-1.0f}), floats({}, {2.0f})})), {-1.0f, 2.0f});
  for (const char* op : {"Add", "Sub", "Mul", "Div"}) {
    check_nans(grid_case(LayerCase(op, {x, random_tensor({67}, 3, 0.5f, 1.0f)}), {0, 1}), {-kInfinity, kInfinity});
    check_nans(grid_case(LayerCase(op, {x, floats({1}, {1.5f})})), {-kInfinity, kInfinity});
  }
  for (const char* op : {"Max", "Min"}) check_nans(grid_case(LayerCase(op, {x, floats({1}, {1.5f})})), {1.5f});
  const Tensor image = x.reshaped({1, 1, 67, 1});
  check_nans(grid_case(LayerCase("AveragePool", {image}, {{"kernel_shape", Ints{3, 1}}})), {-kInfinity, kInfinity});
  check_nans(grid_case(LayerCase("GlobalAveragePool", {image})), {-kInfinity, kInfinity});
  check_nans(grid_case(LayerCase("Softmax", {x.reshaped({1, 67})})), {-kInfinity, kInfinity});
  struct Fused {
    graph::Activation activation;
    std::vector<float> instead;
  };
  for (const auto& [activation, bounds] : {Fused{{}, {-kInfinity, kInfinity}}, Fused{{Kind::relu, 0, 0}, {0.0f, kInfinity}}, Fused{{Kind::clip, -1.0f, 2.0f}, {-1.0f, 2.0f}},
                                           Fused{{Kind::sigmoid, 0, 0}, {0.0f, 1.0f}}, Fused{{Kind::leaky_relu, 0.1f, 0}, {-kInfinity, kInfinity}}}) {
    CAPTURE(static_cast<int>(activation.kind));
    check_nans(grid_case(LayerCase("Conv", {image, random_tensor({5, 1, 3, 1}, 2)}), {0}, activation), bounds);
    check_nans(grid_case(LayerCase("ConvTranspose", {image, random_tensor({1, 5, 3, 1}, 2)}), {0}, activation), bounds);
    check_nans(grid_case(LayerCase("MatMul", {x.reshaped({67, 1}), random_tensor({1, 5}, 2)}), {0}, activation), bounds);
    const Tensor channels = specials({kNan, 1.0f, kNan}).reshaped({1, 67, 1, 1});
    check_nans(grid_case(LayerCase("Conv", {channels, random_tensor({67, 1, 1, 1}, 2)}, {{"group", std::int64_t{67}}}), {0}, activation), bounds);
  }
}

TEST_CASE("NaNs among constants are left to kernels that keep them") {
  const Tensor image = random_tensor({1, 3, 7, 7}, 1);
  const auto spoilt = [](Tensor tensor) {
    tensor.as_mutable<float>()[1] = kNan;
    return tensor;
  };
  check_refused(grid_case(LayerCase("Conv", {image, spoilt(random_tensor({4, 3, 3, 3}, 2))})), "NaNs in its weights");
  check_refused(grid_case(LayerCase("Conv", {image, random_tensor({4, 3, 3, 3}, 2), spoilt(random_tensor({4}, 3))})), "NaNs in its weights");
  check_refused(grid_case(LayerCase("ConvTranspose", {image, spoilt(random_tensor({3, 4, 3, 3}, 2))})), "NaNs in its weights");
  check_refused(grid_case(LayerCase("MatMul", {random_tensor({3, 8}, 1), spoilt(random_tensor({8, 5}, 2))})), "NaNs in its weights");
  check_refused(grid_case(LayerCase("Gemm", {random_tensor({3, 8}, 1), random_tensor({8, 5}, 2), spoilt(random_tensor({5}, 2))})), "NaNs in its weights");
  check_refused(grid_case(LayerCase("Add", {random_tensor({3, 8}, 1), spoilt(random_tensor({8}, 2))})), "NaNs in a constant");
  // Infinities are constants like others: attention masks have them.
  Tensor mask = random_tensor({8}, 2);
  mask.as_mutable<float>()[1] = -kInfinity;
  check_taken(grid_case(LayerCase("Add", {random_tensor({3, 8}, 1), mask})), "xnnpack.binary");
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
