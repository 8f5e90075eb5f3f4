// SPDX-License-Identifier: Apache-2.0
// ShuffleNet-V2 at width 0.5 (Ma et al. 2018), torchvision's dimensions. Exporters write the channel shuffle
// as a Reshape, a Transpose and a Reshape.
#include "zoo/blocks.h"
#include "zoo/networks.h"

namespace dnntune::zoo {
namespace {

/// Channels a0 a1 .. b0 b1 .. become a0 b0 a1 b1 ..
std::string shuffle(Net& net, const std::string& x, const std::string& name) {
  const std::int64_t channels = net.dim(x, 1), height = net.dim(x, 2), width = net.dim(x, 3);
  std::string y = net.reshape(x, name + "_groups", {1, 2, channels / 2, height, width});
  y = net.transpose(y, name + "_swapped", {0, 2, 1, 3, 4});
  return net.reshape(y, name, {1, channels, height, width});
}

std::string depthwise(Net& net, const std::string& x, const std::string& name, std::int64_t stride) {
  const std::int64_t channels = net.dim(x, 1);
  return net.conv_bn(x, name, {.out = channels, .kernel = 3, .stride = stride, .pad = 1, .groups = channels});
}

std::string branch(Net& net, const std::string& x, const std::string& name, std::int64_t width, std::int64_t stride) {
  std::string y = net.conv_bn_relu(x, name + "_pw1", {.out = width});
  y = depthwise(net, y, name + "_dw", stride);
  return net.conv_bn_relu(y, name + "_pw2", {.out = width});
}

/// Halves the map: both halves of the output are computed from all of the input.
std::string reducing_unit(Net& net, const std::string& x, const std::string& name, std::int64_t out) {
  std::string left = depthwise(net, x, name + "_left_dw", 2);
  left = net.conv_bn_relu(left, name + "_left_pw", {.out = out / 2});
  const std::string right = branch(net, x, name + "_right", out / 2, 2);
  return shuffle(net, net.concat({left, right}, name + "_concat"), name);
}

/// Passes the first half of the channels on as it is.
std::string basic_unit(Net& net, const std::string& x, const std::string& name) {
  const std::int64_t half = net.dim(x, 1) / 2;
  const std::vector<std::string> halves =
      net.parts("Split", {x, net.integers("halves_" + std::to_string(half), {half, half})}, 2, {{"axis", std::int64_t{1}}}, name + "_split");
  const std::string right = branch(net, halves[1], name + "_right", half, 1);
  return shuffle(net, net.concat({halves[0], right}, name + "_concat"), name);
}

}  // namespace

Graph build_shufflenet_v2_x0_5(std::uint64_t seed) {
  struct Stage {
    std::int64_t out;
    int units;
  };
  constexpr Stage stages[] = {{48, 4}, {96, 8}, {192, 4}};

  Net net("shufflenet_v2_x0_5", seed);
  std::string x = net.input("image", {1, 3, 224, 224});
  x = net.conv_bn_relu(x, "conv1", {.out = 24, .kernel = 3, .stride = 2, .pad = 1});
  x = net.max_pool(x, "max_pool", {.kernel = 3, .stride = 2, .pad = 1});
  int number = 2;
  for (const Stage& stage : stages) {
    const std::string name = "stage" + std::to_string(number++) + "_";
    x = reducing_unit(net, x, name + "1", stage.out);
    for (int i = 2; i <= stage.units; ++i) x = basic_unit(net, x, name + std::to_string(i));
  }
  x = net.conv_bn_relu(x, "conv5", {.out = 1024});
  x = net.flatten(net.global_average_pool(x, "global_pool"), "features");
  return net.finish({net.dense(x, "logits", 1000)});
}

}  // namespace dnntune::zoo
