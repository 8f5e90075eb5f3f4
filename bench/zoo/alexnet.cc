// SPDX-License-Identifier: Apache-2.0
// AlexNet (Krizhevsky et al. 2012) as Caffe and DjiNN's "imc" have it: one column, two groups, and the
// pooling before the local response normalisation.
#include "zoo/blocks.h"
#include "zoo/networks.h"

namespace dnntune::zoo {

Graph build_alexnet(std::uint64_t seed) {
  Net net("alexnet", seed);
  const PoolOptions pool{.kernel = 3, .stride = 2};
  std::string x = net.input("image", {1, 3, 227, 227});
  x = net.conv_relu(x, "conv1", {.out = 96, .kernel = 11, .stride = 4});
  x = net.lrn(net.max_pool(x, "pool1", pool), "norm1");
  x = net.conv_relu(x, "conv2", {.out = 256, .kernel = 5, .pad = 2, .groups = 2});
  x = net.lrn(net.max_pool(x, "pool2", pool), "norm2");
  x = net.conv_relu(x, "conv3", {.out = 384, .kernel = 3, .pad = 1});
  x = net.conv_relu(x, "conv4", {.out = 384, .kernel = 3, .pad = 1, .groups = 2});
  x = net.conv_relu(x, "conv5", {.out = 256, .kernel = 3, .pad = 1, .groups = 2});
  x = net.flatten(net.max_pool(x, "pool5", pool), "flat");
  x = net.relu(net.dense(x, "fc6", 4096), "fc6_relu");
  x = net.relu(net.dense(x, "fc7", 4096), "fc7_relu");
  return net.finish({net.softmax(net.dense(x, "fc8", 1000), "probabilities")});
}

}  // namespace dnntune::zoo
