// SPDX-License-Identifier: Apache-2.0
// Inception-V3 (Szegedy et al. 2015) with torchvision's dimensions, without the auxiliary classifier. The
// blocks bear torchvision's letters and, in the names of layers, TensorFlow's numbers (mixed_5b..7c).
#include "zoo/blocks.h"
#include "zoo/networks.h"

namespace dnntune::zoo {
namespace {

/// One block's input and name; each branch starts here.
struct Mixed {
  Net& net;
  const std::string& x;
  std::string name;

  std::string conv(const std::string& from, const char* suffix, const ConvOptions& options) const {
    return net.conv_bn_relu(from, name + suffix, options);
  }
  /// 3x3 average of the input, then 1x1.
  std::string pooled(std::int64_t out) const {
    const std::string mean = net.average_pool(x, name + "_pool", {.kernel = 3, .stride = 1, .pad = 1});
    return conv(mean, "_pool_1x1", {.out = out});
  }
  std::string max_pooled() const { return net.max_pool(x, name + "_pool", {.kernel = 3, .stride = 2}); }
};

// A row of n and a column of n, padded to keep the size.
constexpr Size2 row(std::int64_t n) { return {1, n}; }
constexpr Size2 column(std::int64_t n) { return {n, 1}; }
constexpr Size2 row_pad(std::int64_t n) { return {0, n / 2}; }
constexpr Size2 column_pad(std::int64_t n) { return {n / 2, 0}; }

/// 35x35: 1x1 | 5x5 | two 3x3 | pool.
std::string block_a(Net& net, const std::string& x, const std::string& name, std::int64_t pool_width) {
  const Mixed m{net, x, name};
  const std::string one = m.conv(x, "_1x1", {.out = 64});
  std::string five = m.conv(x, "_5x5_1", {.out = 48});
  five = m.conv(five, "_5x5_2", {.out = 64, .kernel = 5, .pad = 2});
  std::string twice = m.conv(x, "_3x3_1", {.out = 64});
  twice = m.conv(twice, "_3x3_2", {.out = 96, .kernel = 3, .pad = 1});
  twice = m.conv(twice, "_3x3_3", {.out = 96, .kernel = 3, .pad = 1});
  return net.concat({one, five, twice, m.pooled(pool_width)}, name);
}

/// 35x35 to 17x17.
std::string block_b(Net& net, const std::string& x, const std::string& name) {
  const Mixed m{net, x, name};
  const std::string three = m.conv(x, "_3x3", {.out = 384, .kernel = 3, .stride = 2});
  std::string twice = m.conv(x, "_double_1", {.out = 64});
  twice = m.conv(twice, "_double_2", {.out = 96, .kernel = 3, .pad = 1});
  twice = m.conv(twice, "_double_3", {.out = 96, .kernel = 3, .stride = 2});
  return net.concat({three, twice, m.max_pooled()}, name);
}

/// 17x17: 7x7 as rows and columns, once and twice.
std::string block_c(Net& net, const std::string& x, const std::string& name, std::int64_t width) {
  const Mixed m{net, x, name};
  const std::string one = m.conv(x, "_1x1", {.out = 192});
  std::string once = m.conv(x, "_7x7_1", {.out = width});
  once = m.conv(once, "_7x7_2", {.out = width, .kernel = row(7), .pad = row_pad(7)});
  once = m.conv(once, "_7x7_3", {.out = 192, .kernel = column(7), .pad = column_pad(7)});
  std::string twice = m.conv(x, "_double_1", {.out = width});
  twice = m.conv(twice, "_double_2", {.out = width, .kernel = column(7), .pad = column_pad(7)});
  twice = m.conv(twice, "_double_3", {.out = width, .kernel = row(7), .pad = row_pad(7)});
  twice = m.conv(twice, "_double_4", {.out = width, .kernel = column(7), .pad = column_pad(7)});
  twice = m.conv(twice, "_double_5", {.out = 192, .kernel = row(7), .pad = row_pad(7)});
  return net.concat({one, once, twice, m.pooled(192)}, name);
}

/// 17x17 to 8x8.
std::string block_d(Net& net, const std::string& x, const std::string& name) {
  const Mixed m{net, x, name};
  std::string three = m.conv(x, "_3x3_1", {.out = 192});
  three = m.conv(three, "_3x3_2", {.out = 320, .kernel = 3, .stride = 2});
  std::string seven = m.conv(x, "_7x7_1", {.out = 192});
  seven = m.conv(seven, "_7x7_2", {.out = 192, .kernel = row(7), .pad = row_pad(7)});
  seven = m.conv(seven, "_7x7_3", {.out = 192, .kernel = column(7), .pad = column_pad(7)});
  seven = m.conv(seven, "_7x7_4", {.out = 192, .kernel = 3, .stride = 2});
  return net.concat({three, seven, m.max_pooled()}, name);
}

/// 8x8: the 3x3s end in a row and a column side by side.
std::string block_e(Net& net, const std::string& x, const std::string& name) {
  const Mixed m{net, x, name};
  const ConvOptions across{.out = 384, .kernel = row(3), .pad = row_pad(3)};
  const ConvOptions down{.out = 384, .kernel = column(3), .pad = column_pad(3)};
  const std::string one = m.conv(x, "_1x1", {.out = 320});
  const std::string once = m.conv(x, "_3x3_1", {.out = 384});
  const std::string once_both = net.concat({m.conv(once, "_3x3_2a", across), m.conv(once, "_3x3_2b", down)}, name + "_3x3");
  std::string twice = m.conv(x, "_double_1", {.out = 448});
  twice = m.conv(twice, "_double_2", {.out = 384, .kernel = 3, .pad = 1});
  const std::string twice_both =
      net.concat({m.conv(twice, "_double_3a", across), m.conv(twice, "_double_3b", down)}, name + "_double");
  return net.concat({one, once_both, twice_both, m.pooled(192)}, name);
}

}  // namespace

Graph build_inception_v3(std::uint64_t seed) {
  Net net("inception_v3", seed);
  const PoolOptions pool{.kernel = 3, .stride = 2};
  std::string x = net.input("image", {1, 3, 299, 299});
  x = net.conv_bn_relu(x, "conv_1a_3x3", {.out = 32, .kernel = 3, .stride = 2});
  x = net.conv_bn_relu(x, "conv_2a_3x3", {.out = 32, .kernel = 3});
  x = net.conv_bn_relu(x, "conv_2b_3x3", {.out = 64, .kernel = 3, .pad = 1});
  x = net.max_pool(x, "max_pool_3a", pool);
  x = net.conv_bn_relu(x, "conv_3b_1x1", {.out = 80});
  x = net.conv_bn_relu(x, "conv_4a_3x3", {.out = 192, .kernel = 3});
  x = net.max_pool(x, "max_pool_5a", pool);
  x = block_a(net, x, "mixed_5b", 32);
  x = block_a(net, x, "mixed_5c", 64);
  x = block_a(net, x, "mixed_5d", 64);
  x = block_b(net, x, "mixed_6a");
  x = block_c(net, x, "mixed_6b", 128);
  x = block_c(net, x, "mixed_6c", 160);
  x = block_c(net, x, "mixed_6d", 160);
  x = block_c(net, x, "mixed_6e", 192);
  x = block_d(net, x, "mixed_7a");
  x = block_e(net, x, "mixed_7b");
  x = block_e(net, x, "mixed_7c");
  return net.finish({net.classify(x, 1000)});
}

}  // namespace dnntune::zoo
