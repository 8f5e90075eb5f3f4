// SPDX-License-Identifier: Apache-2.0
// The table of families, and those on rows: dense, recurrent, attention.
#include "families.h"

#include <algorithm>
#include <array>
#include <string>

#include "choices.h"
#include "families_list.h"
#include "zoo/blocks.h"
#include "zoo/recurrent.h"

namespace dnntune::bench {

using zoo::Net;

Graph mlp_variant(std::uint64_t seed) {
  Choices c(seed);
  Net net("mlp", seed);
  const std::int64_t rows = c.of({1, 1, 1, 8, 32});
  std::string x = net.input("features", {rows, c.pick(64, 1024)});
  for (std::int64_t i = 0, n = c.pick(2, 6); i < n; ++i) {
    x = net.dense(x, "hidden_" + std::to_string(i), scaled(c.of({256, 512, 1024, 2048}), c.width()));
    x = i % 2 == 0 ? net.relu(x, "relu_" + std::to_string(i)) : net.node("Sigmoid", {x}, {}, "sigmoid_" + std::to_string(i));
  }
  return net.finish({net.dense(x, "logits", c.pick(10, 2000))});
}

Graph lstm_variant(std::uint64_t seed) {
  Choices c(seed);
  Net net("lstm", seed);
  const std::int64_t steps = c.pick(5, 40), hidden = scaled(c.of({100, 200, 400, 650}), c.width());
  std::string x = net.reshape(net.input("words", {steps, hidden}), "time_major", {steps, 1, hidden});
  for (std::int64_t i = 0, n = c.pick(1, 3); i < n; ++i) x = zoo::lstm(net, x, "lstm_" + std::to_string(i), hidden);
  return net.finish({net.dense(net.reshape(x, "flat", {steps, hidden}), "logits", c.pick(1000, 6000))});
}

Graph speech_variant(std::uint64_t seed) {
  Choices c(seed);
  Net net("speech", seed);
  const std::int64_t frames = c.pick(8, 32), width = scaled(c.of({512, 800, 1200}), c.width());
  std::string x = net.input("frames", {frames, c.of({247, 494})});
  for (std::int64_t i = 0, n = c.pick(1, 3); i < n; ++i) x = net.clip(net.dense(x, "dense_" + std::to_string(i), width), "clip_" + std::to_string(i), 0.0f, 20.0f);
  x = zoo::lstm(net, net.reshape(x, "time_major", {frames, 1, width}), "lstm", width);
  x = net.clip(net.dense(net.reshape(x, "flat", {frames, width}), "dense_last", width), "clip_last", 0.0f, 20.0f);
  return net.finish({net.softmax(net.dense(x, "logits", 29), "probabilities")});
}

Graph transformer_variant(std::uint64_t seed) {
  Choices c(seed);
  Net net("transformer", seed);
  const std::int64_t heads = c.of({4, 6, 8, 12}), head = c.of({32, 64}), width = heads * head, words = c.pick(8, 128), inner = width * c.of({2, 3, 4});
  std::string x = net.input("words", {1, words, width});
  const auto project = [&](const std::string& from, const std::string& name, std::int64_t in, std::int64_t out) {
    const std::string y = net.node("MatMul", {from, net.weight(name + ".weight", {in, out}, in)}, {}, name);
    return net.node("Add", {y, net.vector(name + ".bias", out, 0.1f)}, {}, name + "_biased");
  };
  const auto norm = [&](const std::string& from, const std::string& name) {
    return net.node("LayerNormalization", {from, net.vector(name + ".weight", width, 0.1f, 1.0f), net.vector(name + ".bias", width, 0.1f)}, {{"axis", std::int64_t{-1}}}, name);
  };
  const std::string scale = net.constant("scale", Tensor::from<float>({}, std::vector<float>{0.125f}));
  for (std::int64_t i = 0, n = c.pick(1, 4); i < n; ++i) {
    const std::string name = "layer" + std::to_string(i);
    const auto split = [&](const std::string& what, bool keys) {
      const std::string y = net.reshape(project(x, name + "." + what, width, width), name + "." + what + "_split", {1, words, heads, head});
      return net.transpose(y, name + "." + what + "_heads", keys ? std::vector<std::int64_t>{0, 2, 3, 1} : std::vector<std::int64_t>{0, 2, 1, 3});
    };
    std::string y = net.node("MatMul", {split("query", false), split("key", true)}, {}, name + ".scores");
    y = net.softmax(net.node("Mul", {y, scale}, {}, name + ".scaled"), name + ".weights");
    y = net.transpose(net.node("MatMul", {y, split("value", false)}, {}, name + ".mixed"), name + ".words", {0, 2, 1, 3});
    y = project(net.reshape(y, name + ".joined", {1, words, width}), name + ".output", width, width);
    x = norm(net.add(x, y, name + ".residual"), name + ".norm1");
    y = project(net.relu(project(x, name + ".inner", width, inner), name + ".relu"), name + ".outer", inner, width);
    x = norm(net.add(x, y, name + ".residual2"), name + ".norm2");
  }
  return net.finish({x});
}

std::span<const Family> families() noexcept {
  static constexpr std::array<Family, 15> kFamilies = {{{"alexnet", alexnet_variant},
                                                        {"vgg", vgg_variant},
                                                        {"resnet_bottleneck", resnet_bottleneck_variant},
                                                        {"resnet_basic", resnet_basic_variant},
                                                        {"mobilenet_v1", mobilenet_v1_variant},
                                                        {"mobilenet_v2", mobilenet_v2_variant},
                                                        {"mobilenet_v3", mobilenet_v3_variant},
                                                        {"squeezenet", squeezenet_variant},
                                                        {"shufflenet", shufflenet_variant},
                                                        {"inception", inception_variant},
                                                        {"densenet", densenet_variant},
                                                        {"mlp", mlp_variant},
                                                        {"lstm", lstm_variant},
                                                        {"speech", speech_variant},
                                                        {"transformer", transformer_variant}}};
  return kFamilies;
}

}  // namespace dnntune::bench
