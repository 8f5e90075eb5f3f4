// SPDX-License-Identifier: Apache-2.0
// LeNet for MNIST as Caffe and DjiNN's "dig" have it: no activation between the convolutions.
#include "zoo/blocks.h"
#include "zoo/networks.h"

namespace dnntune::zoo {

Graph build_lenet(std::uint64_t seed) {
  Net net("lenet", seed);
  std::string x = net.input("image", {1, 1, 28, 28});
  x = net.max_pool(net.conv(x, "conv1", {.out = 20, .kernel = 5, .bias = true}), "pool1", {});
  x = net.max_pool(net.conv(x, "conv2", {.out = 50, .kernel = 5, .bias = true}), "pool2", {});
  x = net.flatten(x, "flat");
  x = net.relu(net.dense(x, "ip1", 500), "ip1_relu");
  return net.finish({net.softmax(net.dense(x, "ip2", 10), "probabilities")});
}

}  // namespace dnntune::zoo
