// SPDX-License-Identifier: Apache-2.0
// Inception-V1, that is GoogLeNet (Szegedy et al. 2014), as in Caffe: local response normalisation, biases,
// 5x5 convolutions, no auxiliary classifiers.
#include "zoo/blocks.h"
#include "zoo/networks.h"

namespace dnntune::zoo {
namespace {

/// Output channels of the four branches, and of the reductions before 3x3 and 5x5.
struct Widths {
  std::int64_t one, reduce3, three, reduce5, five, pool;
};

std::string inception(Net& net, const std::string& x, const std::string& name, const Widths& w) {
  const std::string one = net.conv_relu(x, name + "_1x1", {.out = w.one});
  std::string three = net.conv_relu(x, name + "_3x3_reduce", {.out = w.reduce3});
  three = net.conv_relu(three, name + "_3x3", {.out = w.three, .kernel = 3, .pad = 1});
  std::string five = net.conv_relu(x, name + "_5x5_reduce", {.out = w.reduce5});
  five = net.conv_relu(five, name + "_5x5", {.out = w.five, .kernel = 5, .pad = 2});
  std::string pool = net.max_pool(x, name + "_pool", {.kernel = 3, .stride = 1, .pad = 1});
  pool = net.conv_relu(pool, name + "_pool_proj", {.out = w.pool});
  return net.concat({one, three, five, pool}, name);
}

}  // namespace

Graph build_inception_v1(std::uint64_t seed) {
  Net net("inception_v1", seed);
  const PoolOptions pool{.kernel = 3, .stride = 2, .ceil = true};
  std::string x = net.input("image", {1, 3, 224, 224});
  x = net.conv_relu(x, "conv1", {.out = 64, .kernel = 7, .stride = 2, .pad = 3});
  x = net.lrn(net.max_pool(x, "pool1", pool), "norm1");
  x = net.conv_relu(x, "conv2_reduce", {.out = 64});
  x = net.conv_relu(x, "conv2", {.out = 192, .kernel = 3, .pad = 1});
  x = net.max_pool(net.lrn(x, "norm2"), "pool2", pool);
  x = inception(net, x, "inception_3a", {64, 96, 128, 16, 32, 32});
  x = inception(net, x, "inception_3b", {128, 128, 192, 32, 96, 64});
  x = net.max_pool(x, "pool3", pool);
  x = inception(net, x, "inception_4a", {192, 96, 208, 16, 48, 64});
  x = inception(net, x, "inception_4b", {160, 112, 224, 24, 64, 64});
  x = inception(net, x, "inception_4c", {128, 128, 256, 24, 64, 64});
  x = inception(net, x, "inception_4d", {112, 144, 288, 32, 64, 64});
  x = inception(net, x, "inception_4e", {256, 160, 320, 32, 128, 128});
  x = net.max_pool(x, "pool4", pool);
  x = inception(net, x, "inception_5a", {256, 160, 320, 32, 128, 128});
  x = inception(net, x, "inception_5b", {384, 192, 384, 48, 128, 128});
  return net.finish({net.classify(x, 1000)});
}

}  // namespace dnntune::zoo
