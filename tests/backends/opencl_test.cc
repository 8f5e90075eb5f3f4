// SPDX-License-Identifier: Apache-2.0
// Layers on an OpenCL device against the reference kernels: all but convolution and recurrence.
#include <algorithm>
#include <limits>

#include <doctest/doctest.h>

#include "backends/cases.h"
#include "backends/opencl_harness.h"

namespace dnntune::test {
namespace {

using graph::Op;
using Ints = std::vector<std::int64_t>;

struct Layer {
  Op op;
  std::vector<Shape> inputs;
  Shape output;
  NodeAttributes attributes = {};
  std::vector<std::size_t> constants = {};
  float low = -1.0f, high = 1.0f;
};

SimdCase make_layer_case(const Layer& layer) {
  SimdCase made;
  made.node = make_node(layer.op, layer.attributes);
  unsigned seed = 1;
  for (const Shape& shape : layer.inputs) made.inputs.push_back({random_tensor(shape, seed++, layer.low, layer.high), false});
  for (const std::size_t i : layer.constants) made.inputs[i].constant = true;
  made.outputs = {layer.output};
  return made;
}

SimdCase::Input integers(const Ints& values) { return {Tensor::from<std::int64_t>({static_cast<std::int64_t>(values.size())}, values), true}; }
SimdCase::Input scalar(float value) { return {Tensor::from<float>({}, std::vector<float>{value}), true}; }

void check_case(const SimdCase& layer, const std::string& kernel, const OpenClChecks& checks = {}) {
  CAPTURE(layer.node.op_type);
  CAPTURE(to_string(layer.inputs[0].value.shape()));
  CAPTURE(to_string(layer.outputs[0]));
  check_opencl(layer, kernel, checks);
}
void check_layer(const Layer& layer, const std::string& kernel, const OpenClChecks& checks = {}) { check_case(make_layer_case(layer), kernel, checks); }

TEST_CASE("products with constant weights") {
  for (const std::int64_t m : {1, 3, 9, 33})
    for (const std::int64_t k : {1, 5, 64, 130})
      for (const std::int64_t n : {1, 4, 18}) {
        const std::string kernel = "opencl.";
        check_layer({Op::Gemm, {{m, k}, {n, k}, {n}}, {m, n}, {{"transB", std::int64_t{1}}, {"alpha", 0.5f}, {"beta", 2.0f}}, {1, 2}}, kernel, {.as_gpu = true});
        check_layer({Op::MatMul, {{2, m, k}, {k, n}}, {2, m, n}, {}, {1}}, kernel, {.as_gpu = true});
      }
  check_layer({Op::Gemm, {{5, 7}, {7, 6}, {1}}, {5, 6}, {}, {1, 2}}, "opencl.product");
  check_layer({Op::MatMul, {{3, 5, 7}, {7, 6}, {6}}, {3, 5, 6}, {}, {1, 2}}, "opencl.product");
}

TEST_CASE("products of values") {
  check_layer({Op::MatMul, {{2, 3, 5, 7}, {2, 3, 7, 6}}, {2, 3, 5, 6}}, "opencl.matmul");
  check_layer({Op::MatMul, {{4, 1, 9, 33}, {3, 33, 17}, {17}}, {4, 3, 9, 17}, {}, {2}}, "opencl.matmul");
  check_layer({Op::MatMul, {{3, 4, 5}, {3, 5, 2}}, {3, 4, 2}, {}, {1}}, "opencl.matmul");
  check_layer({Op::MatMul, {{6}, {6, 5}}, {5}}, "opencl.matmul");
  check_layer({Op::MatMul, {{5, 6}, {6}}, {5}}, "opencl.matmul");
  for (const std::int64_t ta : {0, 1})
    for (const std::int64_t tb : {0, 1})
      check_layer({Op::Gemm, {ta ? Shape{7, 5} : Shape{5, 7}, tb ? Shape{6, 7} : Shape{7, 6}, {6}}, {5, 6}, {{"transA", ta}, {"transB", tb}}}, "opencl.matmul");
}

TEST_CASE("functions of one element") {
  constexpr Op kAnywhere[] = {Op::Abs,  Op::Atan, Op::Asinh, Op::Ceil, Op::Cos,  Op::Cosh,      Op::Erf,         Op::Exp,       Op::Floor,   Op::Neg,
                              Op::Round, Op::Sign, Op::Sin,  Op::Sinh, Op::Tan,  Op::Tanh,      Op::Relu,        Op::LeakyRelu, Op::Elu,     Op::Selu,
                              Op::Celu, Op::Sigmoid, Op::HardSigmoid, Op::HardSwish, Op::Softplus, Op::Softsign, Op::Gelu, Op::Mish, Op::Swish, Op::ThresholdedRelu,
                              Op::Shrink};
  // Storage is no part of a function: float16 with a few of them.
  for (const Op op : kAnywhere)
    check_layer({op, {{3, 5, 7}}, {3, 5, 7}, {}, {}, -4.0f, 4.0f}, "opencl.unary", {.scale = 2.0, .half = op == Op::Relu || op == Op::Tan || op == Op::Mish});
  for (const Op op : {Op::Acos, Op::Asin, Op::Atanh}) check_layer({op, {{67}}, {67}, {}, {}, -0.9f, 0.9f}, "opencl.unary", {.half = false});
  for (const Op op : {Op::Log, Op::Sqrt, Op::Reciprocal}) check_layer({op, {{66}}, {66}, {}, {}, 0.1f, 9.0f}, "opencl.unary", {.half = false});
  check_layer({Op::Acosh, {{65}}, {65}, {}, {}, 1.1f, 9.0f}, "opencl.unary", {.half = false});
  check_layer({Op::Gelu, {{64}}, {64}, {{"approximate", std::string("tanh")}}, {}, -3.0f, 3.0f}, "opencl.unary");
  check_layer({Op::LeakyRelu, {{1}}, {1}, {{"alpha", 0.3f}}}, "opencl.unary");
  check_layer({Op::Elu, {{5}}, {5}, {{"alpha", 2.0f}}}, "opencl.unary");
  SimdCase clip = make_layer_case({Op::Clip, {{9, 9}}, {9, 9}});
  clip.inputs.insert(clip.inputs.end(), {scalar(-0.25f), scalar(0.5f)});
  check_case(clip, "opencl.clip");
  clip.inputs[1] = {};
  check_case(clip, "opencl.clip");
}

TEST_CASE("not-a-numbers and infinities come through") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  SimdCase relu = make_layer_case({Op::Relu, {{5}}, {5}});
  relu.inputs[0].value = Tensor::from<float>({5}, std::vector<float>{nan, kInfinity, -kInfinity, 1.0f, -1.0f});
  check_case(relu, "opencl.unary");
}

TEST_CASE("functions of two elements, broadcast") {
  const std::vector<std::vector<Shape>> shapes = {
      {{2, 3, 5}, {2, 3, 5}, {2, 3, 5}},    {{2, 3, 8}, {8}, {2, 3, 8}},          {{2, 5, 3, 7}, {2, 1, 1, 7}, {2, 5, 3, 7}},
      {{4, 1, 6}, {1, 5, 6}, {4, 5, 6}},    {{3, 4, 1}, {3, 1, 5}, {3, 4, 5}},    {{1}, {6, 5}, {6, 5}},
      {{2, 3, 2, 3, 2}, {3, 1, 3, 1}, {2, 3, 2, 3, 2}}};
  for (const auto& shape : shapes) {
    check_layer({Op::Add, {shape[0], shape[1]}, shape[2]}, "opencl.binary");
    check_layer({Op::Sub, {shape[0], shape[1]}, shape[2], {}, {1}}, "opencl.binary");
    check_layer({Op::Mul, {shape[0], shape[1]}, shape[2], {}, {0}}, "opencl.binary");
  }
  check_layer({Op::Div, {{3, 7}, {3, 7}}, {3, 7}, {}, {}, 0.5f, 2.0f}, "opencl.binary");
  check_layer({Op::Pow, {{3, 7}, {7}}, {3, 7}, {}, {}, 0.5f, 2.0f}, "opencl.binary");
  check_layer({Op::PRelu, {{2, 4, 7}, {7}}, {2, 4, 7}, {}, {1}}, "opencl.binary");
  for (const Op op : {Op::Max, Op::Min, Op::Sum, Op::Mean}) {
    check_layer({op, {{3, 7}}, {3, 7}}, "opencl.binary");
    check_layer({op, {{3, 7}, {7}}, {3, 7}}, "opencl.binary");
    check_layer({op, {{7}, {3, 1}, {3, 7}, {1, 7}}, {3, 7}, {}, {3}}, "opencl.binary", {.scale = 2.0});
  }
}

TEST_CASE("pooling") {
  struct Pool {
    Shape in, out, kernel, strides, pads, dilations;
    std::int64_t include = 0;
  };
  const Pool pools[] = {{{1, 6, 6, 4}, {1, 3, 3, 4}, {2, 2}, {2, 2}, {0, 0, 0, 0}, {1, 1}},
                        {{2, 7, 9, 5}, {2, 4, 9, 5}, {3, 3}, {2, 1}, {1, 1, 1, 1}, {1, 1}},
                        {{2, 7, 9, 5}, {2, 4, 9, 5}, {3, 3}, {2, 1}, {1, 1, 1, 1}, {1, 1}, 1},
                        {{1, 13, 3}, {1, 6, 3}, {4}, {2}, {0, 1}, {1}}};
  for (const Pool& pool : pools) {
    const NodeAttributes attributes{{"kernel_shape", pool.kernel}, {"strides", pool.strides}, {"pads", pool.pads}, {"count_include_pad", pool.include}};
    check_layer({Op::AveragePool, {pool.in}, pool.out, attributes}, "opencl.average_pool");
    check_layer({Op::MaxPool, {pool.in}, pool.out, attributes}, "opencl.max_pool");
  }
  const NodeAttributes ceil{{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}, {"ceil_mode", std::int64_t{1}}, {"count_include_pad", std::int64_t{1}}};
  check_layer({Op::AveragePool, {{1, 6, 8, 3}}, {1, 3, 4, 3}, ceil}, "opencl.average_pool");
  check_layer({Op::MaxPool, {{1, 9, 9, 3}}, {1, 5, 5, 3}, {{"kernel_shape", Ints{3, 3}}, {"dilations", Ints{2, 2}}}}, "opencl.max_pool");
  for (const Op op : {Op::GlobalAveragePool, Op::GlobalMaxPool})
    for (const std::int64_t channels : {1, 5, 70}) check_layer({op, {{2, 7, 9, channels}}, {2, 1, 1, channels}}, "opencl.global_");
}

TEST_CASE("reductions") {
  for (const Op op : {Op::ReduceSum, Op::ReduceMean, Op::ReduceMax, Op::ReduceMin, Op::ReduceProd, Op::ReduceL1, Op::ReduceL2, Op::ReduceLogSum,
                      Op::ReduceLogSumExp, Op::ReduceSumSquare}) {
    const auto reduce = [&](const Shape& in, const Shape& out, const Ints& axes, std::int64_t keep) {
      SimdCase layer = make_layer_case({op, {in}, out, {{"keepdims", keep}}, {}, 0.5f, 1.5f});
      if (!axes.empty()) layer.inputs.push_back(integers(axes));
      const bool all = op == Op::ReduceMean || op == Op::ReduceLogSumExp;  // every program takes its time to compile
      check_case(layer, "opencl.reduce", {.scale = 4.0, .as_gpu = all, .half = all});
    };
    reduce({3, 7, 5}, {3, 5}, {1}, 0);
    reduce({3, 7, 5}, {3, 1, 1}, {-1, 1}, 1);
    reduce({13, 66}, {66}, {0}, 0);
    reduce({2, 3}, {}, {}, 0);
  }
  SimdCase apart = make_layer_case({Op::ReduceSum, {{3, 7, 5}}, {7}, {{"keepdims", std::int64_t{0}}}});
  apart.inputs.push_back(integers({0, 2}));
  check_refused(apart, "side by side");
}

TEST_CASE("softmax and normalisation") {
  for (const Op op : {Op::Softmax, Op::LogSoftmax})
    for (const std::int64_t axis : {0, 1, 2}) check_layer({op, {{3, 37, 20}}, {3, 37, 20}, {{"axis", axis}}, {}, -9.0f, 9.0f}, op == Op::Softmax ? "opencl.softmax" : "opencl.log_softmax");
  check_layer({Op::Softmax, {{2, 1000}}, {2, 1000}}, "opencl.softmax");
  check_layer({Op::BatchNormalization, {{2, 5, 7}, {7}, {7}, {7}, {7}}, {2, 5, 7}, {}, {1, 2, 3, 4}, 0.1f, 1.0f}, "opencl.batch_normalization");
  check_layer({Op::LayerNormalization, {{3, 5, 70}, {70}, {70}}, {3, 5, 70}, {}, {1, 2}}, "opencl.normalization", {.scale = 2.0});
  check_layer({Op::LayerNormalization, {{3, 5, 7}, {5, 7}}, {3, 5, 7}, {{"axis", std::int64_t{1}}}, {1}}, "opencl.normalization", {.scale = 2.0});
  check_layer({Op::InstanceNormalization, {{2, 6, 5, 3}, {3}, {3}}, {2, 6, 5, 3}, {}, {1, 2}}, "opencl.normalization", {.scale = 2.0});
  check_layer({Op::GroupNormalization, {{2, 6, 5, 12}, {12}, {12}}, {2, 6, 5, 12}, {{"num_groups", std::int64_t{3}}}, {1, 2}}, "opencl.normalization", {.scale = 2.0});
  for (const std::int64_t size : {1, 4, 5}) check_layer({Op::LRN, {{1, 4, 3, 9}}, {1, 4, 3, 9}, {{"size", size}, {"alpha", 0.5f}}}, "opencl.lrn");
}

TEST_CASE("elements that move") {
  check_layer({Op::Transpose, {{2, 3, 4, 5}}, {2, 4, 5, 3}, {{"perm", Ints{0, 2, 3, 1}}}}, "opencl.transpose");
  check_layer({Op::Transpose, {{2, 3, 4, 8}}, {3, 2, 4, 8}, {{"perm", Ints{1, 0, 2, 3}}}}, "opencl.transpose");
  check_layer({Op::Transpose, {{7, 5}}, {5, 7}}, "opencl.transpose");
  check_layer({Op::Concat, {{2, 3, 5}, {2, 3, 8}, {2, 3, 1}}, {2, 3, 14}, {{"axis", std::int64_t{2}}}, {1}}, "opencl.concat");
  check_layer({Op::Concat, {{2, 3, 8}, {2, 5, 8}}, {2, 8, 8}, {{"axis", std::int64_t{1}}}}, "opencl.concat");
  check_layer({Op::DepthToSpace, {{2, 3, 4, 12}}, {2, 6, 8, 3}, {{"blocksize", std::int64_t{2}}}}, "opencl.depth_to_space");
  check_layer({Op::DepthToSpace, {{2, 3, 4, 12}}, {2, 6, 8, 3}, {{"blocksize", std::int64_t{2}}, {"mode", std::string("CRD")}}}, "opencl.depth_to_space");
  check_layer({Op::SpaceToDepth, {{2, 6, 8, 3}}, {2, 3, 4, 12}, {{"blocksize", std::int64_t{2}}}}, "opencl.space_to_depth");
  for (const Op op : {Op::Identity, Op::Dropout, Op::Reshape, Op::Flatten, Op::Squeeze, Op::Unsqueeze}) check_layer({op, {{2, 6}}, {2, 6}}, "opencl.copy");
  check_layer({Op::Reshape, {{2, 6}}, {3, 4}}, "opencl.copy");

  const auto with = [](Layer layer, std::vector<SimdCase::Input> settings) {
    SimdCase made = make_layer_case(layer);
    made.inputs.insert(made.inputs.end(), settings.begin(), settings.end());
    return made;
  };
  check_case(with({Op::Expand, {{3, 1}}, {2, 3, 4}}, {integers({2, 3, 4})}), "opencl.expand");
  check_case(with({Op::Tile, {{2, 3}}, {4, 9}}, {integers({2, 3})}), "opencl.tile");
  check_case(with({Op::Slice, {{5, 8}}, {2, 4}}, {integers({1, 2}), integers({5, 6}), integers({0, 1}), integers({3, 1})}), "opencl.slice");
  check_case(with({Op::Slice, {{5, 8}}, {5, 4}}, {integers({-1}), integers({-100}), integers({1}), integers({-2})}), "opencl.slice");
  check_case(with({Op::Gather, {{4, 5, 6}}, {4, 3, 6}, {{"axis", std::int64_t{1}}}}, {integers({4, -5, 2})}), "opencl.gather");
  check_case(with({Op::Gather, {{7, 3}}, {2, 3}}, {integers({6, 1})}), "opencl.gather");
  for (const char* mode : {"constant", "reflect", "edge", "wrap"}) {
    CAPTURE(mode);
    check_case(with({Op::Pad, {{3, 5, 4}}, {6, 5, 7}, {{"mode", std::string(mode)}}}, {integers({1, 0, 2, 2, 0, 1})}), "opencl.pad");
    check_case(with({Op::Pad, {{3, 6, 8}}, {3, 4, 8}, {{"mode", std::string(mode)}}}, {integers({0, -3, 0, 0, 1, 0}), scalar(0.5f)}), "opencl.pad");
  }
  SimdCase split = make_layer_case({Op::Split, {{2, 9, 4}}, {2, 2, 4}, {{"axis", std::int64_t{1}}}});
  split.inputs.push_back(integers({2, 3, 4}));
  split.outputs.insert(split.outputs.end(), {Shape{2, 3, 4}, Shape{2, 4, 4}});
  check_case(split, "opencl.split");
}

TEST_CASE("elements of other types move too") {
  if (!has_opencl()) return;
  for (const DataType type : {DataType::int64, DataType::int32, DataType::uint8}) {
    CAPTURE(to_string(type));
    SimdCase layer;
    layer.node = make_node(Op::Transpose);
    Tensor value(type, {3, 5});
    auto* const bytes = static_cast<unsigned char*>(value.mutable_data());
    for (std::size_t i = 0; i < value.element_count(); ++i) bytes[i * size_of(type)] = static_cast<unsigned char>(i + 1);  // little endian
    layer.inputs = {{value, false}};
    layer.outputs = {{5, 3}};
    layer.output_type = type;
    const OpenClRun run = run_opencl(layer, false, DataType::float32);
    REQUIRE(run.values.size() == 15);
    for (std::size_t row = 0; row < 5; ++row)
      for (std::size_t column = 0; column < 3; ++column) CHECK(run.values[row * 3 + column] == static_cast<float>(column * 5 + row + 1));
  }
}

TEST_CASE("resizing") {
  const auto resize = [](const Shape& in, const Shape& out, const NodeAttributes& attributes) {
    SimdCase layer = make_layer_case({Op::Resize, {in}, out, attributes});
    layer.inputs.insert(layer.inputs.end(), {SimdCase::Input{}, SimdCase::Input{}, integers(out)});
    return layer;
  };
  for (const char* coordinates : {"half_pixel", "asymmetric", "align_corners"}) {
    CAPTURE(coordinates);
    check_case(resize({2, 4, 5, 6}, {2, 7, 10, 6}, {{"mode", std::string("nearest")}, {"coordinate_transformation_mode", std::string(coordinates)}}), "opencl.resize_nearest");
    check_case(resize({2, 4, 5, 3}, {2, 7, 3, 3}, {{"mode", std::string("linear")}, {"coordinate_transformation_mode", std::string(coordinates)}}), "opencl.resize");
  }
  check_case(resize({1, 2, 9, 7}, {1, 2, 5, 15}, {{"mode", std::string("cubic")}}), "opencl.resize", {.scale = 2.0});
  check_case(resize({5, 7}, {10, 14}, {{"mode", std::string("linear")}}), "opencl.resize");
}

TEST_CASE("casts between float32 and float16") {
  if (!has_opencl()) return;
  SimdCase layer;
  layer.node = make_node(Op::Cast, {{"to", std::int64_t{1}}});
  layer.inputs = {{random_tensor({67}, 1), false}};
  layer.outputs = {{67}};
  CHECK(run_opencl(layer, false, DataType::float32).kernel == "opencl.copy");
  SimdCase other = layer;
  other.output_type = DataType::int32;
  check_refused(other, "neither float32 nor float16");
}

TEST_CASE("what is left to others, and why") {
  check_refused(make_layer_case({Op::Hardmax, {{3, 4}}, {3, 4}}), "no kernel for the operator");
  check_refused(make_layer_case({Op::Add, {{3, 4}, {5}}, {3, 4}}), "does not broadcast");
  SimdCase gather = make_layer_case({Op::Gather, {{4, 5}}, {1, 5}});
  gather.inputs.push_back({Tensor::from<std::int64_t>({1}, Ints{1}), false});
  check_refused(gather, "differ in type");
  SimdCase compare = make_layer_case({Op::Less, {{4}, {4}}, {4}});
  compare.output_type = DataType::boolean;
  check_refused(compare, "neither float32 nor float16");
  check_refused(make_layer_case({Op::Relu, {{0, 4}}, {0, 4}}), "empty");
}

/// With input 0 from another layer and the rest constant.
SimdCase case_of(const LayerCase& layer) {
  const PhysicalLayer physical(layer);
  SimdCase made;
  made.node = layer.node;
  for (std::size_t i = 0; i < physical.inputs.size(); ++i) made.inputs.push_back({physical.inputs[i].constant, i > 0});
  for (const backends::TensorSpec& output : physical.outputs) made.outputs.push_back(output.shape);
  return made;
}

TEST_CASE("a layer of every family: right, or on this list") {
  if (!has_opencl()) return;
  std::string refused;
  for (const LayerCase& layer : network_layers()) {
    const SimdCase made = case_of(layer);
    CAPTURE(layer.node.op_type);
    const bool all_floats = std::all_of(layer.outputs.begin(), layer.outputs.end(), [](const graph::Value& value) { return value.type == DataType::float32; });
    const bool taken = all_floats && !run_opencl(made, false, DataType::float32).kernel.empty();
    if (taken) check_opencl(made, "opencl.", {.scale = 4.0, .half = false});
    else refused += layer.node.op_type + " ";
  }
  CHECK(refused ==
        "Conv MaxPool LpPool GlobalLpPool LayerNormalization MeanVarianceNormalization GridSample RoiAlign Einsum LSTM Hardmax ");
}

}  // namespace
}  // namespace dnntune::test
