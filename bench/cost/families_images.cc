// SPDX-License-Identifier: Apache-2.0
// Convolutional families.
#include <algorithm>
#include <string>
#include <vector>

#include "choices.h"
#include "families_list.h"
#include "zoo/blocks.h"

namespace dnntune::bench {
namespace {

using zoo::Net;

std::string image(Net& net, std::int64_t side) { return net.input("image", {1, 3, side, side}); }

std::string depthwise_relu6(Net& net, const std::string& x, const std::string& name, std::int64_t kernel, std::int64_t stride) {
  const std::int64_t c = net.dim(x, 1);
  return net.conv_bn_relu6(x, name, {.out = c, .kernel = kernel, .stride = stride, .pad = kernel / 2, .groups = c});
}

std::string hard_swish(Net& net, const std::string& x, const std::string& name) { return net.node("HardSwish", {x}, {}, name); }

}  // namespace

Graph alexnet_variant(std::uint64_t seed) {
  Choices c(seed);
  Net net("alexnet", seed);
  const double w = c.width();
  std::string x = image(net, c.of({128, 160, 192, 224, 256}));
  x = net.conv_relu(x, "conv1", {.out = scaled(64, w), .kernel = c.of({7, 9, 11}), .stride = 4, .pad = 2});
  x = net.max_pool(x, "pool1", {.kernel = 3, .stride = 2});
  x = net.conv_relu(x, "conv2", {.out = scaled(192, c.width()), .kernel = c.of({3, 5, 7}), .pad = 2});
  x = net.max_pool(x, "pool2", {.kernel = 3, .stride = 2});
  for (std::int64_t i = 0, n = c.pick(2, 4); i < n; ++i) x = net.conv_relu(x, "conv" + std::to_string(3 + i), {.out = scaled(256, c.width()), .kernel = 3, .pad = 1});
  x = net.flatten(x, "flat");
  x = net.relu(net.dense(x, "fc6", c.of({512, 1024, 1500, 2048})), "fc6_relu");
  x = net.relu(net.dense(x, "fc7", c.of({512, 1024, 1500, 2048})), "fc7_relu");
  return net.finish({net.dense(x, "fc8", 1000)});
}

Graph vgg_variant(std::uint64_t seed) {
  Choices c(seed);
  Net net("vgg", seed);
  const double w = 0.75 * c.width();
  std::string x = image(net, c.of({96, 112, 128, 160, 192}));
  std::int64_t channels = 64;
  const std::int64_t kernel = c.of({3, 3, 3, 5});
  for (int stage = 1; stage <= 5; ++stage) {
    for (std::int64_t i = c.pick(1, 3); i > 0; --i)
      x = net.conv_relu(x, "conv" + std::to_string(stage) + "_" + std::to_string(i), {.out = scaled(channels, w), .kernel = kernel, .pad = kernel / 2});
    x = net.max_pool(x, "pool" + std::to_string(stage), {});
    channels = std::min<std::int64_t>(2 * channels, 512);
  }
  x = net.relu(net.dense(net.flatten(x, "flat"), "fc6", c.of({256, 512, 1024})), "fc6_relu");
  return net.finish({net.dense(x, "fc8", 1000)});
}

Graph resnet_bottleneck_variant(std::uint64_t seed) {
  Choices c(seed);
  Net net("resnet_bottleneck", seed);
  std::int64_t width = scaled(64, c.width());
  std::string x = net.conv_bn_relu(image(net, c.of({96, 128, 160, 192, 224})), "conv1", {.out = width, .kernel = c.of({3, 5, 7}), .stride = 2, .pad = 3});
  x = net.max_pool(x, "pool1", {.kernel = 3, .stride = 2, .pad = 1});
  for (int stage = 1; stage <= 4; ++stage, width *= 2)
    for (std::int64_t i = 1, n = c.pick(1, 4); i <= n; ++i) {
      const std::string name = "layer" + std::to_string(stage) + "_" + std::to_string(i);
      const std::int64_t stride = i == 1 && stage > 1 ? 2 : 1;
      std::string y = net.conv_bn_relu(x, name + ".conv1", {.out = width});
      y = net.conv_bn_relu(y, name + ".conv2", {.out = width, .kernel = 3, .stride = stride, .pad = 1});
      y = net.conv_bn(y, name + ".conv3", {.out = 4 * width}, 0.3f);
      const std::string shortcut = i == 1 ? net.conv_bn(x, name + ".down", {.out = 4 * width, .stride = stride}) : x;
      x = net.relu(net.add(y, shortcut, name + ".add"), name);
    }
  return net.finish({net.classify(x, 1000)});
}

Graph resnet_basic_variant(std::uint64_t seed) {
  Choices c(seed);
  Net net("resnet_basic", seed);
  std::int64_t width = scaled(64, c.width());
  std::string x = net.conv_bn_relu(image(net, c.of({96, 128, 160, 192, 224})), "conv1", {.out = width, .kernel = 7, .stride = 2, .pad = 3});
  x = net.max_pool(x, "pool1", {.kernel = 3, .stride = 2, .pad = 1});
  for (int stage = 1; stage <= 4; ++stage, width *= 2)
    for (std::int64_t i = 1, n = c.pick(1, 3); i <= n; ++i) {
      const std::string name = "layer" + std::to_string(stage) + "_" + std::to_string(i);
      const std::int64_t stride = i == 1 && stage > 1 ? 2 : 1;
      std::string y = net.conv_bn_relu(x, name + ".conv1", {.out = width, .kernel = 3, .stride = stride, .pad = 1});
      y = net.conv_bn(y, name + ".conv2", {.out = width, .kernel = 3, .pad = 1}, 0.3f);
      const std::string shortcut = net.dim(x, 1) != width || stride > 1 ? net.conv_bn(x, name + ".down", {.out = width, .stride = stride}) : x;
      x = net.relu(net.add(y, shortcut, name + ".add"), name);
    }
  return net.finish({net.classify(x, 1000)});
}

Graph mobilenet_v1_variant(std::uint64_t seed) {
  Choices c(seed);
  Net net("mobilenet_v1", seed);
  const double w = c.width();
  const std::int64_t kernel = c.of({3, 3, 5});
  std::string x = net.conv_bn_relu6(image(net, c.of({128, 160, 192, 224})), "conv1", {.out = scaled(32, w), .kernel = 3, .stride = 2, .pad = 1});
  const std::int64_t outs[] = {64, 128, 128, 256, 256, 512, 512, 512, 512, 1024};
  const std::int64_t strides[] = {1, 2, 1, 2, 1, 2, 1, 1, 1, 2};
  for (std::size_t i = 0; i < 10; ++i) {
    const std::string name = "block" + std::to_string(i);
    x = depthwise_relu6(net, x, name + "_dw", kernel, strides[i]);
    x = net.conv_bn_relu6(x, name + "_pw", {.out = scaled(outs[i], w)});
  }
  return net.finish({net.classify(x, 1000)});
}

Graph mobilenet_v2_variant(std::uint64_t seed) {
  Choices c(seed);
  Net net("mobilenet_v2", seed);
  const double w = c.width();
  std::string x = net.conv_bn_relu6(image(net, c.of({128, 160, 192, 224})), "conv1", {.out = scaled(32, w), .kernel = 3, .stride = 2, .pad = 1});
  const std::int64_t outs[] = {16, 24, 32, 64, 96, 160, 320};
  const std::int64_t strides[] = {1, 2, 2, 2, 1, 2, 1};
  for (std::size_t stage = 0; stage < 7; ++stage)
    for (std::int64_t i = 0, n = c.pick(1, 3); i < n; ++i) {
      const std::string name = "block" + std::to_string(stage) + "_" + std::to_string(i);
      const std::int64_t in = net.dim(x, 1), out = scaled(outs[stage], w), stride = i == 0 ? strides[stage] : 1;
      std::string y = net.conv_bn_relu6(x, name + "_expand", {.out = in * c.of({4, 6, 6})});
      y = net.conv_bn(depthwise_relu6(net, y, name + "_dw", c.of({3, 3, 5}), stride), name + "_project", {.out = out}, 0.4f);
      x = stride == 1 && in == out ? net.add(x, y, name) : y;
    }
  x = net.conv_bn_relu6(x, "conv_last", {.out = scaled(1280, w)});
  return net.finish({net.classify(x, 1000)});
}

Graph mobilenet_v3_variant(std::uint64_t seed) {
  Choices c(seed);
  Net net("mobilenet_v3", seed);
  const double w = c.width();
  std::string x = net.conv_bn(image(net, c.of({128, 160, 192, 224})), "conv1", {.out = scaled(16, w), .kernel = 3, .stride = 2, .pad = 1});
  x = hard_swish(net, x, "conv1_swish");
  const std::int64_t outs[] = {16, 24, 40, 80, 112, 160};
  const std::int64_t strides[] = {1, 2, 2, 2, 1, 2};
  for (std::size_t stage = 0; stage < 6; ++stage)
    for (std::int64_t i = 0, n = c.pick(1, 3); i < n; ++i) {
      const std::string name = "block" + std::to_string(stage) + "_" + std::to_string(i);
      const std::int64_t in = net.dim(x, 1), out = scaled(outs[stage], w), stride = i == 0 ? strides[stage] : 1, kernel = c.of({3, 5}), wide = scaled(in * c.of({3, 4, 6}), 1.0);
      std::string y = hard_swish(net, net.conv_bn(x, name + "_expand", {.out = wide}), name + "_swish1");
      y = net.conv_bn(y, name + "_dw", {.out = wide, .kernel = kernel, .stride = stride, .pad = kernel / 2, .groups = wide});
      y = hard_swish(net, y, name + "_swish2");
      if (stage % 2 == 0) {
        std::string s = net.global_average_pool(y, name + "_mean");
        s = net.conv_relu(s, name + "_squeeze", {.out = scaled(wide / 4, 1.0)});
        s = net.node("HardSigmoid", {net.conv(s, name + "_excite", {.out = wide, .bias = true})}, {}, name + "_gate");
        y = net.node("Mul", {y, s}, {}, name + "_scaled");
      }
      y = net.conv_bn(y, name + "_project", {.out = out}, 0.4f);
      x = stride == 1 && in == out ? net.add(x, y, name) : y;
    }
  x = hard_swish(net, net.conv_bn(x, "conv_last", {.out = scaled(960, w)}), "last_swish");
  return net.finish({net.classify(x, 1000)});
}

Graph squeezenet_variant(std::uint64_t seed) {
  Choices c(seed);
  Net net("squeezenet", seed);
  const double w = c.width();
  const zoo::PoolOptions pool{.kernel = 3, .stride = 2, .ceil = true};
  std::string x = net.conv_relu(image(net, c.of({127, 161, 193, 227, 255})), "conv1", {.out = scaled(64, w), .kernel = c.of({3, 7}), .stride = 2});
  x = net.max_pool(x, "pool1", pool);
  const std::int64_t squeezes[] = {16, 16, 32, 32, 48, 48, 64, 64};
  for (std::size_t i = 0; i < 8; ++i) {
    const std::string name = "fire" + std::to_string(i + 2);
    const std::int64_t expand = scaled(4 * squeezes[i], w), kernel = c.of({3, 3, 5});
    const std::string s = net.conv_relu(x, name + "_squeeze", {.out = scaled(squeezes[i], w)});
    x = net.concat({net.conv_relu(s, name + "_1x1", {.out = expand}), net.conv_relu(s, name + "_3x3", {.out = expand, .kernel = kernel, .pad = kernel / 2})}, name);
    if (i == 1 || i == 3) x = net.max_pool(x, "pool" + std::to_string(i), pool);
  }
  x = net.global_average_pool(net.conv_relu(x, "conv10", {.out = 1000}), "pool10");
  return net.finish({net.softmax(net.flatten(x, "logits"), "probabilities")});
}

Graph shufflenet_variant(std::uint64_t seed) {
  Choices c(seed);
  Net net("shufflenet", seed);
  const double w = 2.0 * c.width();
  std::string x = net.conv_bn_relu(image(net, c.of({128, 160, 192, 224})), "conv1", {.out = 24, .kernel = 3, .stride = 2, .pad = 1});
  x = net.max_pool(x, "pool", {.kernel = 3, .stride = 2, .pad = 1});
  const std::int64_t outs[] = {48, 96, 192};
  const auto branch = [&](const std::string& from, const std::string& name, std::int64_t out, std::int64_t stride) {
    std::string y = net.conv_bn_relu(from, name + "_pw1", {.out = out});
    y = net.conv_bn(y, name + "_dw", {.out = out, .kernel = 3, .stride = stride, .pad = 1, .groups = out});
    return net.conv_bn_relu(y, name + "_pw2", {.out = out});
  };
  for (std::size_t stage = 0; stage < 3; ++stage)
    for (std::int64_t i = 0, n = c.pick(2, 6); i < n; ++i) {
      const std::string name = "stage" + std::to_string(stage) + "_" + std::to_string(i);
      const std::int64_t half = scaled(outs[stage], w) / 2;
      std::string left = x, right = x;
      if (i == 0) {
        const std::int64_t in = net.dim(x, 1);
        left = net.conv_bn_relu(net.conv_bn(x, name + "_ldw", {.out = in, .kernel = 3, .stride = 2, .pad = 1, .groups = in}), name + "_lpw", {.out = half});
      } else {
        const auto halves = net.parts("Split", {x, net.integers("halves_" + std::to_string(half), {half, half})}, 2, {{"axis", std::int64_t{1}}}, name + "_split");
        left = halves[0];
        right = halves[1];
      }
      x = net.concat({left, branch(right, name + "_r", half, i == 0 ? 2 : 1)}, name + "_concat");
      const std::int64_t h = net.dim(x, 2), wide = net.dim(x, 3);
      x = net.transpose(net.reshape(x, name + "_groups", {1, 2, half, h, wide}), name + "_swap", {0, 2, 1, 3, 4});
      x = net.reshape(x, name, {1, 2 * half, h, wide});
    }
  return net.finish({net.classify(net.conv_bn_relu(x, "conv5", {.out = 1024}), 1000)});
}

Graph inception_variant(std::uint64_t seed) {
  Choices c(seed);
  Net net("inception", seed);
  const double w = c.width();
  const zoo::PoolOptions pool{.kernel = 3, .stride = 2, .ceil = true};
  std::string x = net.conv_relu(image(net, c.of({128, 160, 192, 224})), "conv1", {.out = scaled(64, w), .kernel = 7, .stride = 2, .pad = 3});
  x = net.max_pool(x, "pool1", pool);
  x = net.conv_relu(x, "conv2", {.out = scaled(192, w), .kernel = 3, .pad = 1});
  x = net.max_pool(x, "pool2", pool);
  for (std::int64_t i = 0, n = c.pick(4, 8); i < n; ++i) {
    const std::string name = "mix" + std::to_string(i);
    const std::string a = net.conv_relu(x, name + "_1", {.out = scaled(128, c.width())});
    std::string b = net.conv_relu(x, name + "_r3", {.out = scaled(96, c.width())});
    b = net.conv_relu(b, name + "_3", {.out = scaled(192, c.width()), .kernel = 3, .pad = 1});
    std::string d = net.conv_relu(x, name + "_r5", {.out = scaled(24, c.width())});
    d = net.conv_relu(d, name + "_5", {.out = scaled(64, c.width()), .kernel = 5, .pad = 2});
    const std::string e = net.conv_relu(net.max_pool(x, name + "_pool", {.kernel = 3, .stride = 1, .pad = 1}), name + "_p", {.out = scaled(64, c.width())});
    x = net.concat({a, b, d, e}, name);
    if (i == 1 || i == n - 2) x = net.max_pool(x, "pool_" + std::to_string(i), pool);
  }
  return net.finish({net.classify(x, 1000)});
}

Graph densenet_variant(std::uint64_t seed) {
  Choices c(seed);
  Net net("densenet", seed);
  const std::int64_t growth = c.of({12, 16, 24, 32});
  std::string x = net.conv_bn_relu(image(net, c.of({96, 128, 160, 192})), "conv1", {.out = 2 * growth, .kernel = 7, .stride = 2, .pad = 3});
  x = net.max_pool(x, "pool1", {.kernel = 3, .stride = 2, .pad = 1});
  for (int stage = 0; stage < 3; ++stage) {
    for (std::int64_t i = 0, n = c.pick(3, 7); i < n; ++i) {
      const std::string name = "dense" + std::to_string(stage) + "_" + std::to_string(i);
      std::string y = net.relu(net.batch_norm(x, name + "_bn"), name + "_relu");
      y = net.conv_bn_relu(y, name + "_1x1", {.out = 4 * growth});
      y = net.conv(y, name + "_3x3", {.out = growth, .kernel = 3, .pad = 1, .bias = true});
      x = net.concat({x, y}, name);
    }
    x = net.conv_bn_relu(x, "transition" + std::to_string(stage), {.out = scaled(net.dim(x, 1) / 2, 1.0)});
    x = net.average_pool(x, "down" + std::to_string(stage), {});
  }
  return net.finish({net.classify(x, 1000)});
}

}  // namespace dnntune::bench
