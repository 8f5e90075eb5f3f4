// SPDX-License-Identifier: Apache-2.0
// Convolutions on an OpenCL device, by every kernel, against the reference kernels, over shapes around the edges of tiles
// and vectors.
#include <algorithm>

#include <doctest/doctest.h>

#include "backends/opencl/opencl_backend.h"
#include "backends/opencl_harness.h"
#include "throws.h"

namespace dnntune::test {
namespace {

using graph::Op;
using Kind = graph::Activation::Kind;

struct Conv {
  Shape in;                ///< N, spatial..., C
  std::int64_t out_channels;
  Shape kernel;
  Shape strides = {};
  Shape dilations = {};
  Shape pads = {};         ///< Begin of each dimension, then end of each.
  std::int64_t groups = 1;
  bool bias = true;
  graph::Activation activation = {};
};

SimdCase make_case(const Conv& conv) {
  const std::size_t rank = conv.kernel.size();
  const Shape strides = conv.strides.empty() ? Shape(rank, 1) : conv.strides;
  const Shape dilations = conv.dilations.empty() ? Shape(rank, 1) : conv.dilations;
  const Shape pads = conv.pads.empty() ? Shape(2 * rank, 0) : conv.pads;
  Shape out = conv.in;
  out.back() = conv.out_channels;
  for (std::size_t i = 0; i < rank; ++i)
    out[i + 1] = (conv.in[i + 1] + pads[i] + pads[rank + i] - ((conv.kernel[i] - 1) * dilations[i] + 1)) / strides[i] + 1;
  Shape weights = {conv.out_channels, conv.in.back() / conv.groups};
  weights.insert(weights.end(), conv.kernel.begin(), conv.kernel.end());
  SimdCase layer;
  layer.node = make_node(Op::Conv, {{"kernel_shape", conv.kernel}, {"strides", strides}, {"dilations", dilations}, {"pads", pads}, {"group", conv.groups}},
                         conv.activation);
  layer.inputs = {{random_tensor(conv.in, 1), false}, {random_tensor(weights, 2), true}};
  if (conv.bias) layer.inputs.push_back({random_tensor({conv.out_channels}, 3), true});
  layer.outputs = {out};
  return layer;
}

void check(const Conv& conv, const std::string& kernel = "opencl.conv_buffer", OpenClChecks checks = {}) {
  CAPTURE(to_string(conv.in));
  CAPTURE(conv.out_channels);
  CAPTURE(to_string(conv.kernel));
  CAPTURE(conv.groups);
  SimdCase layer = make_case(conv);
  layer.kernel = kernel;
  checks.as_gpu = kernel == "opencl.conv_buffer" || kernel == "opencl.conv_image";
  checks.as_cpu = kernel != "opencl.conv_image";
  check_opencl(layer, kernel, checks);
}

TEST_CASE("channels around the vectors, by buffers and by images") {
  for (const char* kernel : {"opencl.conv_buffer", "opencl.conv_image"})
    for (const std::int64_t channels : {1, 3, 4, 19})
      for (const std::int64_t out : {1, 5, 16, 33}) {
        check({.in = {1, 7, 6, channels}, .out_channels = out, .kernel = {1, 1}}, kernel);
        check({.in = {2, 7, 6, channels}, .out_channels = out, .kernel = {3, 3}, .strides = {2, 1}, .pads = {1, 1, 1, 0}}, kernel);
      }
}

TEST_CASE("windows") {
  for (const char* kernel : {"opencl.conv_buffer", "opencl.conv_image"}) {
    check({.in = {1, 9, 8, 6}, .out_channels = 4, .kernel = {3, 2}, .dilations = {2, 3}, .pads = {2, 0, 1, 3}, .bias = false}, kernel);
    check({.in = {2, 21, 5}, .out_channels = 7, .kernel = {4}, .strides = {3}, .pads = {2, 1}}, kernel);
    check({.in = {1, 3, 3, 5}, .out_channels = 6, .kernel = {3, 3}}, kernel);                                 // a single pixel
    check({.in = {3, 5, 4, 8}, .out_channels = 6, .kernel = {1, 1}, .strides = {2, 2}}, kernel);              // windows of one pixel, apart
    check({.in = {1, 2, 2, 3}, .out_channels = 4, .kernel = {5, 5}, .pads = {4, 4, 4, 4}}, kernel);           // mostly padding
    check({.in = {1, 5, 40, 3}, .out_channels = 8, .kernel = {5, 1}, .pads = {2, 0, 2, 0}}, kernel);
  }
}

TEST_CASE("a sum of thousands of terms") { check({.in = {1, 5, 5, 200}, .out_channels = 20, .kernel = {3, 3}, .pads = {1, 1, 1, 1}}, "opencl.conv_buffer", {.scale = 2.0}); }

TEST_CASE("groups") {
  for (const char* kernel : {"opencl.conv_buffer", "opencl.conv_image"})
    for (const std::int64_t of_group : {1, 3, 5}) {
      check({.in = {1, 6, 5, 4 * of_group}, .out_channels = 12, .kernel = {3, 3}, .pads = {1, 1, 1, 1}, .groups = 4}, kernel);
      check({.in = {2, 6, 5, 2 * of_group}, .out_channels = 38, .kernel = {1, 1}, .groups = 2}, kernel);
    }
}

TEST_CASE("depthwise") {
  for (const std::int64_t channels : {2, 4, 7, 32}) {
    check({.in = {2, 7, 9, channels}, .out_channels = channels, .kernel = {3, 3}, .pads = {1, 1, 1, 1}, .groups = channels}, "opencl.conv_depthwise");
    check({.in = {1, 9, 8, channels}, .out_channels = channels, .kernel = {5, 3}, .strides = {2, 3}, .dilations = {1, 2}, .pads = {2, 0, 1, 2}, .groups = channels,
           .bias = false},
          "opencl.conv_depthwise");
  }
  check({.in = {1, 30, 6}, .out_channels = 6, .kernel = {5}, .pads = {2, 2}, .groups = 6}, "opencl.conv_depthwise");
}

// Its transforms add and subtract before they multiply: errors are larger, and transformed weights in float16 are coarse.
constexpr OpenClChecks kTile2{.of_largest = true}, kTile4{.of_largest = true, .half = false};

TEST_CASE("Winograd's method") {
  for (const std::int64_t tile : {2, 4})
    for (const std::int64_t channels : {1, 6, 24})
      for (const std::int64_t size : {3, 4, 9}) {
        const std::string kernel = "opencl.conv_winograd" + std::to_string(tile);
        const OpenClChecks& checks = tile == 2 ? kTile2 : kTile4;
        check({.in = {2, size, size + 1, channels}, .out_channels = channels + 5, .kernel = {3, 3}, .pads = {1, 1, 1, 1}}, kernel, checks);
        check({.in = {1, size, size + 2, channels}, .out_channels = 4, .kernel = {3, 3}, .pads = {0, 2, 1, 0}, .bias = false,
               .activation = {.kind = Kind::relu}},
              kernel, checks);
      }
}

TEST_CASE("activations") {
  const graph::Activation activations[] = {{.kind = Kind::relu},
                                           {.kind = Kind::clip, .alpha = -0.25f, .beta = 0.5f},
                                           {.kind = Kind::leaky_relu, .alpha = 0.1f},
                                           {.kind = Kind::sigmoid},
                                           {.kind = Kind::tanh},
                                           {.kind = Kind::hard_sigmoid, .alpha = 0.2f, .beta = 0.5f},
                                           {.kind = Kind::hard_swish}};
  for (const graph::Activation& activation : activations) {
    CAPTURE(static_cast<int>(activation.kind));
    check({.in = {1, 5, 5, 7}, .out_channels = 9, .kernel = {1, 1}, .activation = activation});
    check({.in = {1, 5, 5, 7}, .out_channels = 9, .kernel = {3, 3}, .activation = activation});
    check({.in = {1, 5, 5, 7}, .out_channels = 7, .kernel = {3, 3}, .groups = 7, .activation = activation}, "opencl.conv_depthwise");
    check({.in = {1, 5, 5, 7}, .out_channels = 9, .kernel = {3, 3}, .activation = activation}, "opencl.conv_winograd4", kTile4);
  }
}

std::vector<std::string_view> kernels_of(const Conv& conv, bool as_gpu, DataType type = DataType::float32) {
  SimdCase layer = make_case(conv);
  std::vector<backends::TensorSpec> inputs, outputs;
  for (const SimdCase::Input& input : layer.inputs) inputs.push_back({input.constant ? DataType::float32 : type, input.value.shape(), input.constant ? input.value : Tensor()});
  for (const Shape& shape : layer.outputs) outputs.push_back({type, shape, {}});
  return backends::opencl::opencl_backend().kernels({.node = layer.node, .inputs = inputs, .outputs = outputs, .context = &opencl_context(as_gpu)});
}

TEST_CASE("the kernels to choose from, the backend's choice first") {
  if (!has_opencl()) return;
  using Names = std::vector<std::string_view>;
  const Conv small{.in = {1, 9, 9, 8}, .out_channels = 8, .kernel = {3, 3}};
  CHECK(kernels_of(small, false) == Names{"opencl.conv_buffer", "opencl.conv_winograd4", "opencl.conv_winograd2"});
  CHECK(kernels_of(small, false, DataType::float16) == Names{"opencl.conv_buffer", "opencl.conv_winograd2"});
  const bool images = opencl_context(true).device.info.images;
  CHECK(kernels_of(small, true).size() == (images ? 4u : 3u));
  CHECK(kernels_of({.in = {1, 9, 9, 64}, .out_channels = 64, .kernel = {3, 3}, .pads = {1, 1, 1, 1}}, false).front() == "opencl.conv_winograd4");
  CHECK(kernels_of({.in = {1, 9, 9, 8}, .out_channels = 8, .kernel = {1, 1}}, false) == Names{"opencl.conv_buffer"});
  CHECK(kernels_of({.in = {1, 9, 9, 8}, .out_channels = 8, .kernel = {3, 3}, .groups = 8}, false) == Names{"opencl.conv_depthwise"});

  SimdCase layer = make_case({.in = {1, 9, 9, 8}, .out_channels = 8, .kernel = {1, 1}});
  layer.kernel = "opencl.conv_winograd2";
  CHECK_ERROR(run_opencl(layer, false, DataType::float32), ErrorCode::invalid_argument, "it has opencl.conv_buffer");
}

TEST_CASE("convolutions that are left to others") {
  SimdCase volume = make_case({.in = {1, 4, 5, 6, 2}, .out_channels = 3, .kernel = {2, 2, 2}});
  check_refused(volume, "spatial dimensions");
  SimdCase dynamic = make_case({.in = {1, 5, 6, 2}, .out_channels = 3, .kernel = {2, 2}});
  dynamic.inputs[1].constant = false;
  check_refused(dynamic, "not constant");
  SimdCase broken = make_case({.in = {1, 5, 6, 2}, .out_channels = 3, .kernel = {2, 2}});
  broken.outputs[0][1] += 1;
  check_refused(broken, "Conv 'layer'");
}

}  // namespace
}  // namespace dnntune::test
