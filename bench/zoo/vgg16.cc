// SPDX-License-Identifier: Apache-2.0
// VGG16, configuration D of Simonyan and Zisserman 2014, without batch norm.
#include "zoo/blocks.h"
#include "zoo/networks.h"

namespace dnntune::zoo {

Graph build_vgg16(std::uint64_t seed) {
  struct Stage {
    std::int64_t channels;
    int convolutions;
  };
  constexpr Stage stages[] = {{64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}};

  Net net("vgg16", seed);
  std::string x = net.input("image", {1, 3, 224, 224});
  int stage_number = 1;
  for (const Stage& stage : stages) {
    const std::string s = std::to_string(stage_number++);
    for (int i = 1; i <= stage.convolutions; ++i)
      x = net.conv_relu(x, "conv" + s + "_" + std::to_string(i), {.out = stage.channels, .kernel = 3, .pad = 1});
    x = net.max_pool(x, "pool" + s, {});
  }
  x = net.flatten(x, "flat");
  x = net.relu(net.dense(x, "fc6", 4096), "fc6_relu");
  x = net.relu(net.dense(x, "fc7", 4096), "fc7_relu");
  return net.finish({net.dense(x, "fc8", 1000)});
}

}  // namespace dnntune::zoo
