// SPDX-License-Identifier: Apache-2.0
// SqueezeNet 1.1 (Iandola et al. 2016), pooling sizes rounded up as in Caffe.
#include "zoo/blocks.h"
#include "zoo/networks.h"

namespace dnntune::zoo {
namespace {

std::string fire(Net& net, const std::string& x, const std::string& name, std::int64_t squeeze, std::int64_t expand) {
  const std::string s = net.conv_relu(x, name + "_squeeze1x1", {.out = squeeze});
  return net.concat({net.conv_relu(s, name + "_expand1x1", {.out = expand}),
                     net.conv_relu(s, name + "_expand3x3", {.out = expand, .kernel = 3, .pad = 1})},
                    name);
}

}  // namespace

Graph build_squeezenet_1_1(std::uint64_t seed) {
  Net net("squeezenet_1_1", seed);
  const PoolOptions pool{.kernel = 3, .stride = 2, .ceil = true};
  std::string x = net.input("image", {1, 3, 227, 227});
  x = net.conv_relu(x, "conv1", {.out = 64, .kernel = 3, .stride = 2});
  x = net.max_pool(x, "pool1", pool);
  x = fire(net, x, "fire2", 16, 64);
  x = fire(net, x, "fire3", 16, 64);
  x = net.max_pool(x, "pool3", pool);
  x = fire(net, x, "fire4", 32, 128);
  x = fire(net, x, "fire5", 32, 128);
  x = net.max_pool(x, "pool5", pool);
  x = fire(net, x, "fire6", 48, 192);
  x = fire(net, x, "fire7", 48, 192);
  x = fire(net, x, "fire8", 64, 256);
  x = fire(net, x, "fire9", 64, 256);
  x = net.conv_relu(x, "conv10", {.out = 1000});
  x = net.flatten(net.global_average_pool(x, "pool10"), "logits");
  return net.finish({net.softmax(x, "probabilities")});
}

}  // namespace dnntune::zoo
