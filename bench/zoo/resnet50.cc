// SPDX-License-Identifier: Apache-2.0
// ResNet-50 v1 (He et al. 2015): the stride sits in the first 1x1 convolution of a block, as in the paper,
// not in the 3x3 as in torchvision ("v1.5", 4.1 G multiply-accumulates).
#include "zoo/blocks.h"
#include "zoo/networks.h"

namespace dnntune::zoo {
namespace {

std::string bottleneck(Net& net, const std::string& x, const std::string& name, std::int64_t width, std::int64_t stride,
                       bool project) {
  std::string y = net.conv_bn_relu(x, name + ".conv1", {.out = width, .stride = stride});
  y = net.conv_bn_relu(y, name + ".conv2", {.out = width, .kernel = 3, .pad = 1});
  y = net.conv_bn(y, name + ".conv3", {.out = 4 * width}, 0.3f);
  const std::string shortcut = project ? net.conv_bn(x, name + ".downsample", {.out = 4 * width, .stride = stride}) : x;
  return net.relu(net.add(y, shortcut, name + ".add"), name);
}

}  // namespace

Graph build_resnet50(std::uint64_t seed) {
  constexpr int blocks[] = {3, 4, 6, 3};

  Net net("resnet50", seed);
  std::string x = net.input("image", {1, 3, 224, 224});
  x = net.conv_bn_relu(x, "conv1", {.out = 64, .kernel = 7, .stride = 2, .pad = 3});
  x = net.max_pool(x, "pool1", {.kernel = 3, .stride = 2, .pad = 1});
  std::int64_t width = 64;
  for (int stage = 1; stage <= 4; ++stage, width *= 2) {
    for (int i = 1; i <= blocks[stage - 1]; ++i) {
      const bool first = i == 1;
      x = bottleneck(net, x, "layer" + std::to_string(stage) + "_" + std::to_string(i), width, first && stage > 1 ? 2 : 1, first);
    }
  }
  return net.finish({net.classify(x, 1000)});
}

}  // namespace dnntune::zoo
