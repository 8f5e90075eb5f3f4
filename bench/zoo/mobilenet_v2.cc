// SPDX-License-Identifier: Apache-2.0
// MobileNet-V2, width 1.0 (Sandler et al. 2018).
#include "zoo/mobilenet_v2.h"

#include "zoo/networks.h"

namespace dnntune::zoo {
namespace {

struct Block {
  std::int64_t expansion, out, stride, dilation;
};

std::string inverted_residual(Net& net, const std::string& x, const std::string& name, const Block& block) {
  const std::int64_t in = net.dim(x, 1);
  const std::int64_t wide = in * block.expansion;
  std::string y = x;
  if (block.expansion > 1) y = net.conv_bn_relu6(y, name + "_expand", {.out = wide});
  y = net.conv_bn_relu6(y, name + "_depthwise",
                        {.out = wide, .kernel = 3, .stride = block.stride, .pad = block.dilation, .dilation = block.dilation, .groups = wide});
  const bool residual = block.stride == 1 && in == block.out;
  const std::string projected = net.conv(y, name + "_project", {.out = block.out});
  if (!residual) return net.batch_norm(projected, name);
  return net.add(x, net.batch_norm(projected, name + "_project_bn", 0.4f), name);
}

}  // namespace

std::string mobilenet_v2_features(Net& net, const std::string& image, std::int64_t output_stride) {
  struct Stage {
    std::int64_t expansion, out;
    int blocks;
    std::int64_t stride;
  };
  constexpr Stage stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};

  std::string x = net.conv_bn_relu6(image, "conv1", {.out = 32, .kernel = 3, .stride = 2, .pad = 1});
  std::int64_t reduction = 2, dilation = 1;
  int number = 1;
  for (const Stage& stage : stages) {
    for (int i = 1; i <= stage.blocks; ++i) {
      const std::int64_t wanted = i == 1 ? stage.stride : 1;
      const bool reduced = reduction == output_stride;
      const Block block{stage.expansion, stage.out, reduced ? 1 : wanted, dilation};
      x = inverted_residual(net, x, "bottleneck_" + std::to_string(number) + "_" + std::to_string(i), block);
      // A stride that is not taken doubles the dilation of the blocks behind this one.
      (reduced ? dilation : reduction) *= wanted;
    }
    ++number;
  }
  return x;
}

Graph build_mobilenet_v2(std::uint64_t seed) {
  Net net("mobilenet_v2", seed);
  std::string x = mobilenet_v2_features(net, net.input("image", {1, 3, 224, 224}), 32);
  x = net.conv_bn_relu6(x, "conv_last", {.out = 1280});
  return net.finish({net.classify(x, 1000)});
}

}  // namespace dnntune::zoo
