// SPDX-License-Identifier: Apache-2.0
// Random convolutional networks: blocks that networks for images are made of.
#include <algorithm>
#include <vector>

#include "calibrate/probe.h"

namespace dnntune::probes {
namespace {

using Ints = std::vector<std::int64_t>;

std::int64_t next_channels(Probe& probe, const std::string& x) {
  const std::int64_t pixels = probe.dim(x, 2) * probe.dim(x, 3);
  return probe.random.size(8, pixels > 10000 ? 96 : pixels > 2000 ? 256 : pixels > 300 ? 640 : 1280);
}

std::int64_t stride_of(Probe& probe, const std::string& x) { return probe.dim(x, 2) > 6 && probe.random.chance(0.3) ? 2 : 1; }

std::string pooled(Probe& probe, const std::string& x) {
  const std::int64_t kernel = probe.random.of({2, 3}), stride = probe.random.chance(0.8) ? 2 : 1, pad = kernel == 3 ? 1 : 0;
  return probe.builder.node(probe.random.chance(0.7) ? "MaxPool" : "AveragePool", {x},
                            {{"kernel_shape", Ints{kernel, kernel}}, {"strides", Ints{stride, stride}}, {"pads", Ints{pad, pad, pad, pad}}});
}

std::string depthwise(Probe& probe, const std::string& x) {
  const std::int64_t c = probe.channels(x);
  const std::string y = probe.convolution(x, c, probe.random.chance(0.7) ? 3 : 5, stride_of(probe, x), c);
  return probe.random.chance(0.8) ? probe.activation(y, probe.random.chance(0.7)) : y;
}

std::string pointwise(Probe& probe, const std::string& x, std::int64_t out) {
  const std::string y = probe.convolution(x, out, 1, 1, 1);
  return probe.random.chance(0.7) ? probe.activation(y, probe.random.chance(0.8)) : y;
}

/// Expand, depthwise, project.
std::string inverted_residual(Probe& probe, const std::string& x) {
  const std::int64_t in = probe.channels(x), wide = std::min<std::int64_t>(in * probe.random.pick(2, 6), 1152);
  std::string y = depthwise(probe, pointwise(probe, x, wide));
  const bool same = probe.dim(y, 2) == probe.dim(x, 2) && probe.random.chance(0.6);
  y = probe.convolution(y, same ? in : next_channels(probe, y), 1, 1, 1);
  return same && probe.channels(y) == in ? probe.builder.node("Add", {x, y}) : y;
}

/// Two convolutions around a sum.
std::string residual(Probe& probe, const std::string& x) {
  const std::int64_t c = probe.channels(x);
  std::string y = probe.activation(probe.convolution(x, probe.random.chance(0.5) ? c : std::max<std::int64_t>(c / 4, 1), 3, 1, 1), true);
  y = probe.convolution(y, c, probe.random.of({1, 3}), 1, 1);
  return probe.channels(y) == c ? probe.activation(probe.builder.node("Add", {y, x}), true) : y;
}

std::string branches(Probe& probe, const std::string& x) {
  std::vector<std::string> parts;
  for (std::int64_t i = probe.random.pick(2, 4); i > 0; --i) {
    const std::int64_t kernel = probe.random.of({1, 1, 3, 5});
    parts.push_back(probe.activation(probe.convolution(x, probe.random.size(8, 256), kernel, 1, 1), true));
  }
  return probe.builder.node("Concat", parts, {{"axis", std::int64_t{1}}});
}

/// Channels weighted by what a small network makes of their means.
std::string squeeze_excite(Probe& probe, const std::string& x) {
  std::string y = probe.builder.node("GlobalAveragePool", {x});
  y = probe.builder.node("Relu", {probe.convolution(y, std::max<std::int64_t>(probe.channels(x) / 4, 1), 1, 1, 1)});
  y = probe.convolution(y, probe.channels(x), 1, 1, 1);
  if (probe.channels(y) != probe.channels(x)) return x;
  return probe.builder.node("Mul", {x, probe.builder.node(probe.random.chance(0.5) ? "HardSigmoid" : "Sigmoid", {y})});
}

std::string shuffled(Probe& probe, const std::string& x) {
  const std::int64_t c = probe.channels(x), h = probe.dim(x, 2), w = probe.dim(x, 3);
  if (c % 2 != 0) return x;
  std::string y = probe.reshape(x, {1, 2, c / 2, h, w});
  y = probe.builder.node("Transpose", {y}, {{"perm", Ints{0, 2, 1, 3, 4}}});
  return probe.reshape(y, {1, c, h, w});
}

/// Normalised before the convolution, so that nothing takes it in; often after a concatenation.
std::string normalized(Probe& probe, const std::string& x) {
  const std::string from = probe.random.chance(0.5) ? branches(probe, x) : x;
  const std::int64_t c = probe.channels(from);
  std::vector<std::string> operands = {from};
  for (int i = 0; i < 3; ++i) operands.push_back(probe.weights({c}, 100));
  operands.push_back(probe.builder.constant("variance", Tensor::from<float>({c}, std::vector<float>(static_cast<std::size_t>(c), 1.0f))));
  const std::string y = probe.builder.node("Relu", {probe.builder.node("BatchNormalization", operands)});
  return probe.convolution(y, next_channels(probe, y), probe.random.of({1, 1, 3}), 1, 1);
}

std::string block(Probe& probe, const std::string& x) {
  switch (probe.random.pick(0, 16)) {
    case 0:
    case 1: return inverted_residual(probe, x);
    case 2: return residual(probe, x);
    case 3: return branches(probe, x);
    case 4: return probe.dim(x, 2) > 3 ? pooled(probe, x) : pointwise(probe, x, next_channels(probe, x));
    case 5: return squeeze_excite(probe, x);
    case 6: return depthwise(probe, x);
    case 7:
    case 8: return pointwise(probe, x, next_channels(probe, x));
    case 9: return probe.activation(probe.convolution(x, next_channels(probe, x), probe.random.of({1, 3, 5, 7}), 2, 1), true);
    case 10: return probe.random.chance(0.3) ? probe.builder.node("LRN", {x}, {{"size", std::int64_t{5}}}) : shuffled(probe, x);
    case 11: return probe.activation(probe.convolution(x, next_channels(probe, x), probe.random.of({5, 7}), 1, 1), true);
    case 12: return probe.activation(x);
    case 13: return normalized(probe, x);
    default: return probe.activation(probe.convolution(x, next_channels(probe, x), 3, stride_of(probe, x), 1, probe.random.chance(0.1) ? 2 : 1), true);
  }
}

/// The first layers of most networks.
std::string stem(Probe& probe) {
  const std::int64_t side = probe.random.size(28, 300);
  std::string x = probe.builder.input("x", DataType::float32, {1, probe.random.chance(0.9) ? 3 : 1, side, side});
  const std::int64_t kernel = probe.random.of({3, 3, 5, 7, 11}), stride = side < 80 ? 1 : kernel == 11 ? 4 : probe.random.of({1, 2, 2});
  x = probe.activation(probe.convolution(x, probe.random.size(8, 96), kernel, stride, 1), true);
  return probe.random.chance(0.4) && probe.dim(x, 2) > 10 ? pooled(probe, x) : x;
}

}  // namespace

void write_images(Probe& probe) {
  probe.macs_left = static_cast<double>(probe.random.size(100'000'000, 1'600'000'000));
  std::string x;
  if (probe.random.chance(0.35)) {
    x = stem(probe);
  } else {
    const std::int64_t side = probe.random.size(5, 120);
    x = probe.builder.input("x", DataType::float32, {1, probe.random.size(8, side > 60 ? 128 : side > 20 ? 400 : 1024), side, side});
  }
  for (std::int64_t i = probe.random.pick(3, 9); i > 0 && probe.macs_left > 1e7; --i) x = block(probe, x);
  if (probe.random.chance(0.4)) {
    x = probe.random.chance(0.8) ? probe.builder.node("GlobalAveragePool", {x}) : x;
    x = probe.builder.node("Flatten", {x}, {{"axis", std::int64_t{1}}});
    x = probe.dense(x, Probe::at_most(probe.random.size(10, 2000), 8'000'000 / probe.dim(x, 1)));
    if (probe.random.chance(0.5)) x = probe.builder.node("Softmax", {x});
  }
  probe.builder.output(x);
}

}  // namespace dnntune::probes
