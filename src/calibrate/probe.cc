// SPDX-License-Identifier: Apache-2.0
#include "calibrate/probe.h"

#include <algorithm>
#include <cmath>

#include "dnntune/calibrate.h"

namespace dnntune {
namespace probes {

std::string Probe::weights(Shape shape, std::int64_t fan_in) {
  Tensor tensor(DataType::float32, std::move(shape));
  const float scale = 1.0f / std::sqrt(static_cast<float>(std::max<std::int64_t>(fan_in, 1)));
  // Weyl's sequence: never 0, even, and as fast as writing.
  std::uint32_t state = static_cast<std::uint32_t>(random.next()) | 1u;
  for (float& value : tensor.as_mutable<float>()) {
    state += 0x9e3779b9u;
    value = scale * (static_cast<float>(state >> 8) * 0x1p-23f - 1.0f + 0x1p-25f);
  }
  return builder.constant("w", std::move(tensor));
}

std::int64_t Probe::at_most(std::int64_t size, std::int64_t most) {
  if (size <= most) return size;
  return most >= 8 ? most / 8 * 8 : std::max<std::int64_t>(most, 1);
}

std::string Probe::convolution(const std::string& x, std::int64_t out, std::int64_t kernel, std::int64_t stride, std::int64_t groups, std::int64_t dilation) {
  const std::int64_t in = channels(x) / groups, pad = dilation * (kernel - 1) / 2;
  const double pixels = std::ceil(static_cast<double>(dim(x, 2)) / static_cast<double>(stride)) * std::ceil(static_cast<double>(dim(x, 3)) / static_cast<double>(stride));
  const double each = pixels * static_cast<double>(in * kernel * kernel);
  if (groups == 1) out = at_most(out, static_cast<std::int64_t>(macs_left / 2 / each));
  macs_left -= each * static_cast<double>(out);
  const std::string w = weights({out, in, kernel, kernel}, in * kernel * kernel), bias = weights({out}, 100);
  return builder.node("Conv", {x, w, bias},
                      {{"kernel_shape", std::vector<std::int64_t>{kernel, kernel}},
                       {"strides", std::vector<std::int64_t>{stride, stride}},
                       {"dilations", std::vector<std::int64_t>{dilation, dilation}},
                       {"pads", std::vector<std::int64_t>{pad, pad, pad, pad}},
                       {"group", groups}});
}

std::string Probe::activation(const std::string& x, bool cheap) {
  const auto clip = [&] {
    const std::string low = builder.constant("low", Tensor::from<float>({}, std::vector<float>{0.0f}));
    const std::string high = builder.constant("high", Tensor::from<float>({}, std::vector<float>{6.0f}));
    return builder.node("Clip", {x, low, high});
  };
  switch (random.pick(0, cheap ? 3 : 6)) {
    case 0: return clip();
    case 4: return builder.node("Sigmoid", {x});
    case 5: return builder.node("HardSwish", {x});
    case 6: return builder.node("Tanh", {x});
    default: return builder.node("Relu", {x});
  }
}

std::string Probe::dense(const std::string& x, std::int64_t out) {
  const std::int64_t in = dim(x, 1);
  return builder.node("Gemm", {x, weights({out, in}, in), weights({out}, 100)}, {{"transB", std::int64_t{1}}});
}

std::string Probe::reshape(const std::string& x, const std::vector<std::int64_t>& shape) {
  return builder.node("Reshape", {x, builder.constant("shape", Tensor::from<std::int64_t>({static_cast<std::int64_t>(shape.size())}, shape))});
}

}  // namespace probes

Graph calibration_network(std::uint64_t seed) {
  probes::Probe probe("probe_" + std::to_string(seed), seed);
  // Convolutions have the most sizes to learn.
  switch (probe.random.pick(0, 11)) {
    case 0:
    case 1: probes::write_products(probe); break;
    case 2: probes::write_recurrence(probe); break;
    case 3: probes::write_attention(probe); break;
    case 4: probes::write_elements(probe); break;
    default: probes::write_images(probe);
  }
  return probe.builder.build();
}

}  // namespace dnntune
