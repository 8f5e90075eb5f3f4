// SPDX-License-Identifier: Apache-2.0
// MobileNet-V1, width 1.0 (Howard et al. 2017).
#include "zoo/blocks.h"
#include "zoo/networks.h"

namespace dnntune::zoo {

Graph build_mobilenet_v1(std::uint64_t seed) {
  struct Row {
    std::int64_t out, stride;
  };
  constexpr Row rows[] = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
                          {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};

  Net net("mobilenet_v1", seed);
  std::string x = net.input("image", {1, 3, 224, 224});
  x = net.conv_bn_relu6(x, "conv1", {.out = 32, .kernel = 3, .stride = 2, .pad = 1});
  int number = 2;
  for (const Row& row : rows) {
    const std::string name = "conv" + std::to_string(number++);
    const std::int64_t in = net.dim(x, 1);
    x = net.conv_bn_relu6(x, name + "_dw", {.out = in, .kernel = 3, .stride = row.stride, .pad = 1, .groups = in});
    x = net.conv_bn_relu6(x, name + "_pw", {.out = row.out});
  }
  return net.finish({net.classify(x, 1000)});
}

}  // namespace dnntune::zoo
