// SPDX-License-Identifier: Apache-2.0
// Pools, reductions, softmax and normalisations on the SIMD kernels against the reference.
#include <algorithm>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "backends/simd_harness.h"

namespace dnntune::test {
namespace {

using graph::Op;

SimdCase one_input(Op op, const Shape& in, const Shape& out, NodeAttributes attributes) {
  SimdCase layer;
  layer.node = make_node(op, std::move(attributes));
  layer.inputs = {{random_tensor(in, 1), false}};
  layer.outputs = {out};
  return layer;
}

struct Pool {
  Shape in;
  Shape kernel, strides, pads;
  Shape dilations = {};
  bool ceil_mode = false;
};

void check_pool(Op op, const Pool& pool, NodeAttributes attributes = {}) {
  Shape out = pool.in;
  const std::size_t rank = pool.kernel.size();
  const Shape dilations = pool.dilations.empty() ? Shape(rank, 1) : pool.dilations;
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t room = pool.in[i + 1] + pool.pads[i] + pool.pads[rank + i] - (pool.kernel[i] - 1) * dilations[i] - 1;
    out[i + 1] = (room + (pool.ceil_mode ? pool.strides[i] - 1 : 0)) / pool.strides[i] + 1;
    // A window that would start behind the image and its leading padding does not count.
    if (pool.ceil_mode && (out[i + 1] - 1) * pool.strides[i] >= pool.in[i + 1] + pool.pads[i]) --out[i + 1];
  }
  attributes.insert(attributes.end(), {{"kernel_shape", pool.kernel},
                                       {"strides", pool.strides},
                                       {"pads", pool.pads},
                                       {"ceil_mode", std::int64_t{pool.ceil_mode}}});
  if (!pool.dilations.empty()) attributes.push_back({"dilations", pool.dilations});
  CAPTURE(to_string(pool.in));
  SimdCase layer = one_input(op, pool.in, out, std::move(attributes));
  layer.inputs[0].value.as_mutable<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  check_simd(layer, op == Op::MaxPool ? "simd.max_pool" : "simd.average_pool");
}

TEST_CASE("pools over windows") {
  for (const std::int64_t channels : {1, 3, 4, 5, 8, 9, 15, 16, 17, 40}) {
    for (const Op op : {Op::MaxPool, Op::AveragePool}) {
      check_pool(op, {.in = {2, 9, 7, channels}, .kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 1, 1, 1}});
      check_pool(op, {.in = {1, 8, 6, channels}, .kernel = {2, 2}, .strides = {2, 2}, .pads = {0, 0, 0, 0}});
      check_pool(op, {.in = {1, 8, 7, channels}, .kernel = {3, 2}, .strides = {2, 3}, .pads = {0, 1, 1, 0}, .ceil_mode = true});
    }
    check_pool(Op::MaxPool, {.in = {1, 9, 9, channels}, .kernel = {2, 3}, .strides = {1, 1}, .pads = {0, 1, 0, 1}, .dilations = {3, 2}});
    check_pool(Op::AveragePool, {.in = {2, 9, 7, channels}, .kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 1, 1, 1}},
               {{"count_include_pad", std::int64_t{1}}});
    check_pool(Op::AveragePool,
               {.in = {2, 8, 7, channels}, .kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 0, 1, 1}, .ceil_mode = true},
               {{"count_include_pad", std::int64_t{1}}});
    check_pool(Op::MaxPool, {.in = {2, 30, channels}, .kernel = {4}, .strides = {3}, .pads = {1, 2}});
  }
  for (const std::int64_t channels : {1, 3, 16, 17}) {
    for (const Op op : {Op::MaxPool, Op::AveragePool}) {
      check_pool(op, {.in = {2, 6, 9, 7, channels}, .kernel = {2, 2, 2}, .strides = {2, 2, 2}, .pads = {0, 0, 0, 0, 0, 0}});
      check_pool(op, {.in = {2, 5, 9, 7, channels}, .kernel = {3, 3, 3}, .strides = {2, 2, 1}, .pads = {1, 1, 1, 1, 1, 1}, .ceil_mode = true});
    }
    check_pool(Op::AveragePool, {.in = {1, 5, 9, 7, channels}, .kernel = {3, 3, 2}, .strides = {1, 2, 2}, .pads = {1, 0, 1, 1, 1, 0}},
               {{"count_include_pad", std::int64_t{1}}});
  }
  check_pool(Op::MaxPool, {.in = {1, 112, 112, 64}, .kernel = {3, 3}, .strides = {2, 2}, .pads = {0, 0, 1, 1}});
}

TEST_CASE("means and sums over positions and over rows") {
  for (const std::int64_t channels : {1, 2, 4, 7, 16, 17, 63, 64, 127, 128, 150, 200}) {
    CAPTURE(channels);
    check_simd(one_input(Op::GlobalAveragePool, {2, 7, 5, channels}, {2, 1, 1, channels}, {}), "simd.global_average_pool");
    check_simd(one_input(Op::ReduceMean, {2, 7, 5, channels}, {2, channels},
                         {{"axes", Shape{1, 2}}, {"keepdims", std::int64_t{0}}}),
               "simd.reduce");
    check_simd(one_input(Op::ReduceSum, {2, 3, channels}, {2, 3, 1}, {{"axes", Shape{-1}}}), "simd.reduce");
    check_simd(one_input(Op::ReduceMean, {4, channels}, {1, channels}, {{"axes", Shape{0}}}), "simd.reduce");
  }
  check_simd(one_input(Op::GlobalAveragePool, {1, 112, 112, 20}, {1, 1, 1, 20}, {}), "simd.global_average_pool");
  check_declined(one_input(Op::ReduceSum, {2, 3, 4, 5}, {1, 3, 1, 5}, {{"axes", Shape{0, 2}}}));
}


TEST_CASE("every reduction, of rows and of columns") {
  for (const Op op : {Op::ReduceMean, Op::ReduceSum, Op::ReduceMax, Op::ReduceMin, Op::ReduceProd, Op::ReduceL1, Op::ReduceL2, Op::ReduceLogSum,
                      Op::ReduceLogSumExp, Op::ReduceSumSquare}) {
    CAPTURE(graph::find_operator(op)->name);
    for (const std::int64_t size : {1, 2, 3, 4, 5, 8, 15, 16, 17, 31, 33, 64, 127, 128, 200}) {
      CAPTURE(size);
      const NodeAttributes first = {{"axes", Shape{1}}};
      for (const std::int64_t count : {1, 2, 9}) {
        SimdCase layer = one_input(op, {2, count, size}, {2, 1, size}, first);
        layer.inputs[0].value = random_tensor({2, count, size}, 5, 0.2f, 1.5f);
        check_simd(layer, "simd.reduce");
        if (op != Op::ReduceLogSum) check_simd(one_input(op, {2, count, size}, {2, 1, size}, first), "simd.reduce");
      }
      SimdCase layer = one_input(op, {3, 2, size}, {3, 2}, {{"axes", Shape{-1}}, {"keepdims", std::int64_t{0}}});
      layer.inputs[0].value = random_tensor({3, 2, size}, 5, 0.5f, 1.4f);
      check_simd(layer, "simd.reduce");
      // A NaN, an infinity, nothing but infinities.
      const auto x = layer.inputs[0].value.as_mutable<float>();
      x[static_cast<std::size_t>(size / 2)] = kNan;
      x[static_cast<std::size_t>(2 * size - 1)] = kInfinity;
      std::fill_n(x.begin() + 2 * size, size, -kInfinity);
      check_simd(layer, "simd.reduce");
    }
    if (op != Op::ReduceLogSum) check_simd(one_input(op, {4, 5}, {1, 1}, {}), "simd.reduce");
  }
}

TEST_CASE("global maximum") {
  for (const std::int64_t channels : {1, 3, 16, 17, 200}) {
    SimdCase layer = one_input(Op::GlobalMaxPool, {2, 7, 5, channels}, {2, 1, 1, channels}, {});
    layer.inputs[0].value.as_mutable<float>()[0] = kNan;
    check_simd(layer, "simd.global_max_pool");
  }
  check_declined(one_input(Op::GlobalLpPool, {2, 7, 5, 3}, {2, 1, 1, 3}, {}));
}

TEST_CASE("where extreme values stand") {
  for (const Op op : {Op::ArgMax, Op::ArgMin})
    for (const std::int64_t last : {0, 1})
      for (const std::int64_t size : {1, 2, 4, 7, 8, 16, 17, 40, 130})
        for (const std::int64_t axis : {1, 2}) {
          CAPTURE(size);
          CAPTURE(axis);
          const Shape in = axis == 1 ? Shape{3, 9, size} : Shape{3, 5, size}, out = axis == 1 ? Shape{3, 1, size} : Shape{3, 5, 1};
          SimdCase layer = one_input(op, in, out, {{"axis", axis}, {"select_last_index", last}});
          layer.output_type = DataType::int64;
          const auto x = layer.inputs[0].value.as_mutable<float>();
          for (float& v : x) v = std::round(v * 3.0f);  // many are equal
          check_simd(layer, "simd.arg_reduce");
          for (std::size_t i = 0; i < x.size(); i += 11) x[i] = kNan;
          x[x.size() - 1] = -kInfinity;
          check_simd(layer, "simd.arg_reduce");
        }
}

TEST_CASE("concat and split copy rows") {
  for (const std::int64_t width : {1, 2, 3, 4, 5, 8, 9, 15, 16, 17, 24, 33, 100}) {
    CAPTURE(width);
    for (const std::int64_t axis : {0, 1, -1}) {
      const auto shape = [&](std::int64_t size) { return axis == 0 ? Shape{size, 7, 6} : axis == 1 ? Shape{3, size, 6} : Shape{3, 7, size}; };
      SimdCase concat = one_input(Op::Concat, shape(width), shape(2 * width + 5), {{"axis", axis}});
      concat.inputs.push_back({random_tensor(shape(5), 2), false});
      concat.inputs.push_back({random_tensor(shape(width), 3), true});
      check_simd(concat, "simd.concat");
      SimdCase split = one_input(Op::Split, shape(width + 5), shape(width), {{"axis", axis}});
      split.inputs.push_back({Tensor::from<std::int64_t>({2}, std::vector<std::int64_t>{width, 5}), true});
      split.outputs.push_back(shape(5));
      check_simd(split, "simd.split");
    }
  }
  check_simd(one_input(Op::Concat, {40, 300, 3}, {40, 300, 3}, {{"axis", std::int64_t{2}}}), "simd.concat");
  SimdCase halves = one_input(Op::Split, {2, 3, 8}, {2, 3, 4}, {{"axis", std::int64_t{2}}});
  halves.outputs.push_back({2, 3, 4});
  check_simd(halves, "simd.split");
}

TEST_CASE("slice copies rows where it cuts a single axis") {
  const auto integers = [](const std::vector<std::int64_t>& values) {
    return SimdCase::Input{Tensor::from<std::int64_t>({static_cast<std::int64_t>(values.size())}, values), true};
  };
  const auto slice = [&](const Shape& from, const Shape& to, const std::vector<std::vector<std::int64_t>>& operands) {
    SimdCase layer = one_input(Op::Slice, from, to, {});
    for (const std::vector<std::int64_t>& operand : operands) layer.inputs.push_back(integers(operand));
    return layer;
  };
  for (const std::int64_t width : {1, 3, 8, 17, 100}) {
    CAPTURE(width);
    check_simd(slice({3, 7, width + 5}, {3, 7, width}, {{4}, {-1}, {2}}), "simd.slice");
    check_simd(slice({3, width + 5, 6}, {3, width, 6}, {{-width}, {1000}, {-2}, {1}}), "simd.slice");
    check_simd(slice({width + 5, 7}, {width, 7}, {{0, -1000}, {width, 7}}), "simd.slice");
  }
  check_simd(slice({300, 40, 3}, {300, 1, 3}, {{39}, {40}, {1}}), "simd.slice");
  check_declined(slice({4, 6, 8}, {4, 3, 8}, {{0}, {6}, {1}, {2}}));
  check_declined(slice({4, 6, 8}, {4, 3, 5}, {{0, 1}, {3, 6}, {1, 2}}));
  check_declined(slice({4, 6, 8}, {4, 6, 8}, {{0}, {6}, {1}}));
  check_declined(slice({4, 6, 8}, {4, 2, 8}, {{0}, {6}, {1}}));  // not what it says: the reference kernel refuses it
}

TEST_CASE("resize of channels-last images") {
  for (const std::int64_t channels : {1, 3, 8, 17, 40})
    for (const char* mode : {"nearest", "linear", "cubic"})
      for (const char* coordinates : {"half_pixel", "align_corners", "asymmetric"})
        for (const std::int64_t size : {1, 4, 9, 13}) {
          CAPTURE(channels);
          CAPTURE(mode);
          SimdCase layer = one_input(Op::Resize, {2, 5, 6, channels}, {2, size, 7, channels},
                                     {{"mode", std::string(mode)}, {"coordinate_transformation_mode", std::string(coordinates)}});
          layer.inputs.push_back({});
          layer.inputs.push_back({});
          layer.inputs.push_back({Tensor::from<std::int64_t>({4}, std::vector<std::int64_t>{2, size, 7, channels}), true});
          check_simd(layer, "simd.resize");
        }
  // Cropped beyond the image: the extrapolation value.
  SimdCase layer = one_input(Op::Resize, {1, 5, 6, 3}, {1, 4, 4, 3},
                             {{"mode", std::string("linear")}, {"extrapolation_value", 7.0f},
                              {"coordinate_transformation_mode", std::string("tf_crop_and_resize")}});
  layer.inputs.push_back({Tensor::from<float>({8}, std::vector<float>{0, 0.25f, -0.5f, 0, 1, 1.5f, 1, 1}), true});
  layer.inputs.push_back({});
  layer.inputs.push_back({Tensor::from<std::int64_t>({4}, std::vector<std::int64_t>{1, 4, 4, 3}), true});
  check_simd(layer, "simd.resize");
}

TEST_CASE("softmax of rows") {
  for (const std::int64_t columns : {1, 2, 3, 7, 8, 15, 16, 17, 33, 64, 1000}) {
    CAPTURE(columns);
    for (const Op op : {Op::Softmax, Op::LogSoftmax}) {
      SimdCase layer = one_input(op, {3, 2, columns}, {3, 2, columns}, {});
      layer.inputs[0].value = random_tensor({3, 2, columns}, 1, -60.0f, 60.0f);
      check_simd(layer, "simd.softmax");
    }
  }
  check_simd(one_input(Op::Softmax, {3, 5, 1, 1}, {3, 5, 1, 1}, {{"axis", std::int64_t{1}}}), "simd.softmax");
}

TEST_CASE("softmax along an axis with others behind it") {
  for (const std::int64_t columns : {2, 3, 7, 8, 15, 16, 17, 33, 64, 130})
    for (const std::int64_t size : {1, 2, 21})
      for (const Op op : {Op::Softmax, Op::LogSoftmax}) {
        CAPTURE(columns);
        SimdCase layer = one_input(op, {2, size, columns}, {2, size, columns}, {{"axis", std::int64_t{1}}});
        layer.inputs[0].value = random_tensor({2, size, columns}, 1, -60.0f, 60.0f);
        check_simd(layer, "simd.softmax_columns");
      }
}

TEST_CASE("instance normalisation") {
  for (const std::int64_t channels : {1, 3, 8, 17, 64, 150})
    for (const Shape& image : {Shape{2, 5, 3, channels}, Shape{1, 40, 40, channels}, Shape{3, 7, channels}}) {
      CAPTURE(to_string(image));
      SimdCase layer = one_input(Op::InstanceNormalization, image, image, {{"epsilon", 1e-3f}});
      layer.inputs[0].value = random_tensor(image, 1, -1.0f, 3.0f);
      for (const unsigned seed : {2u, 3u}) layer.inputs.push_back({random_tensor({channels}, seed), seed == 2});
      check_simd(layer, "simd.instance_normalization");
    }
}

TEST_CASE("group normalisation") {
  for (const std::int64_t width : {1, 3, 8}) {
    CAPTURE(width);
    const std::int64_t groups = 4, channels = width * groups;
    SimdCase layer = one_input(Op::GroupNormalization, {2, 5, 3, channels}, {2, 5, 3, channels}, {{"num_groups", groups}});
    layer.inputs[0].value = random_tensor({2, 5, 3, channels}, 1, -1.0f, 3.0f);
    for (const unsigned seed : {2u, 3u}) layer.inputs.push_back({random_tensor({channels}, seed), seed == 2});
    check_simd(layer, "simd.group_normalization");
  }
}

TEST_CASE("layer normalisation") {
  for (const std::int64_t columns : {1, 2, 5, 16, 17, 40, 768}) {
    for (const bool has_bias : {false, true}) {
      CAPTURE(columns);
      SimdCase layer = one_input(Op::LayerNormalization, {4, 3, columns}, {4, 3, columns}, {{"epsilon", 1e-4f}});
      layer.inputs.push_back({random_tensor({columns}, 2), true});
      if (has_bias) layer.inputs.push_back({random_tensor({columns}, 3), false});
      check_simd(layer, "simd.layer_normalization");
    }
  }
  SimdCase layer = one_input(Op::LayerNormalization, {4, 3, 6}, {4, 3, 6}, {{"axis", std::int64_t{1}}});
  layer.inputs.push_back({random_tensor({3, 6}, 2), true});
  check_simd(layer, "simd.layer_normalization");
}

TEST_CASE("batch normalisation") {
  for (const std::int64_t channels : {1, 3, 8, 17, 64}) {
    SimdCase layer = one_input(Op::BatchNormalization, {2, 5, 3, channels}, {2, 5, 3, channels}, {{"epsilon", 1e-3f}});
    for (const unsigned seed : {2u, 3u, 4u}) layer.inputs.push_back({random_tensor({channels}, seed), true});
    layer.inputs.push_back({random_tensor({channels}, 5, 0.1f, 2.0f), true});
    check_simd(layer, "simd.batch_normalization");
    layer.inputs[2].constant = false;
    check_declined(layer);
  }
}

TEST_CASE("local response normalisation") {
  for (const std::int64_t channels : {1, 5, 16, 17, 64, 96})
    for (const std::int64_t size : {1, 2, 3, 5}) {
      if (size > channels) continue;
      CAPTURE(channels);
      CAPTURE(size);
      check_simd(one_input(Op::LRN, {2, 4, 3, channels}, {2, 4, 3, channels}, {{"size", size}, {"alpha", 0.3f}, {"bias", 0.7f}}),
                 "simd.lrn");
    }
  for (const float beta : {0.5f, 0.6f, 1.0f})
    check_simd(one_input(Op::LRN, {2, 4, 3, 21}, {2, 4, 3, 21}, {{"size", std::int64_t{3}}, {"alpha", 0.3f}, {"beta", beta}}), "simd.lrn");
}

}  // namespace
}  // namespace dnntune::test
