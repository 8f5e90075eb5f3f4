// SPDX-License-Identifier: Apache-2.0
// Transformer "base" (Vaswani et al. 2017): 6 encoder and 6 decoder layers of width 512, 8 heads, inner
// width 2048, normalisation behind each residual, one embedding for source, target and output.
//
// One pass over 7 source words and 14 target words. Choices where the published description is silent: a
// vocabulary of 10,000 (which gives the published 49 M parameters), projections in attention without
// biases as in Tensor2Tensor, learned positions (the paper found them as good as sinusoids).
#include "zoo/blocks.h"
#include "zoo/networks.h"

namespace dnntune::zoo {
namespace {

constexpr std::int64_t kWidth = 512, kHeads = 8, kHeadWidth = kWidth / kHeads, kInner = 2048, kVocabulary = 10000;

Tensor scalar(float value) { return Tensor::from<float>({}, std::vector<float>{value}); }

std::string layer_norm(Net& net, const std::string& x, const std::string& name) {
  return net.node("LayerNormalization", {x, net.vector(name + ".weight", kWidth, 0.1f, 1.0f), net.vector(name + ".bias", kWidth, 0.1f)},
                  {{"axis", std::int64_t{-1}}, {"epsilon", 1e-6f}}, name);
}

std::string project(Net& net, const std::string& x, const std::string& name, std::int64_t in, std::int64_t out, float gain = 1.0f) {
  return net.node("MatMul", {x, net.weight(name + ".weight", {in, out}, in, gain)}, {}, name);
}

std::string add_bias(Net& net, const std::string& x, const std::string& name, std::int64_t width) {
  return net.node("Add", {x, net.vector(name + ".bias", width, 0.1f)}, {}, name + "_biased");
}

/// x [1, words, 512] -> [1, heads, words, 64], or [1, heads, 64, words] for keys.
std::string heads(Net& net, const std::string& x, const std::string& name, bool keys = false) {
  const std::string split = net.reshape(project(net, x, name, kWidth, kWidth), name + "_split", {1, net.dim(x, 1), kHeads, kHeadWidth});
  const std::vector<std::int64_t> order = keys ? std::vector<std::int64_t>{0, 2, 3, 1} : std::vector<std::int64_t>{0, 2, 1, 3};
  return net.transpose(split, name + "_heads", order);
}

/// Words of x attend to words of `memory`; with `mask` no word sees a later one. Residual and norm included.
std::string attend(Net& net, const std::string& x, const std::string& memory, const std::string& name, const std::string& mask = "") {
  const std::string query = heads(net, x, name + ".query");
  const std::string key = heads(net, memory, name + ".key", true);
  const std::string value = heads(net, memory, name + ".value");
  std::string scores = net.node("MatMul", {query, key}, {}, name + ".scores");
  scores = net.node("Mul", {scores, net.constant("one_over_sqrt_head", scalar(0.125f))}, {}, name + ".scaled");
  if (!mask.empty()) scores = net.add(scores, mask, name + ".masked");
  std::string y = net.node("MatMul", {net.softmax(scores, name + ".weights"), value}, {}, name + ".mixed");
  y = net.reshape(net.transpose(y, name + ".words", {0, 2, 1, 3}), name + ".joined", {1, net.dim(x, 1), kWidth});
  y = project(net, y, name + ".output", kWidth, kWidth);
  return layer_norm(net, net.add(x, y, name + ".residual"), name + ".norm");
}

std::string feed_forward(Net& net, const std::string& x, const std::string& name) {
  std::string y = add_bias(net, project(net, x, name + ".inner", kWidth, kInner), name + ".inner", kInner);
  y = net.relu(y, name + ".relu");
  y = add_bias(net, project(net, y, name + ".outer", kInner, kWidth, 2.0f), name + ".outer", kWidth);
  return layer_norm(net, net.add(x, y, name + ".residual"), name + ".norm");
}

/// Word numbers [1, words] -> vectors [1, words, 512].
std::string embed(Net& net, const std::string& words, const std::string& table, const std::string& name) {
  const std::int64_t count = net.dim(words, 1);
  std::string x = net.node("Gather", {table, words}, {{"axis", std::int64_t{0}}}, name + ".embedding");
  x = net.node("Mul", {x, net.constant("sqrt_width", scalar(22.627417f))}, {}, name + ".scaled");
  return net.add(x, net.weight(name + ".positions", {1, count, kWidth}, 1, 0.5f), name + ".embedded");
}

/// 0 where a word may look, -1e9 at later words.
std::string causal_mask(Net& net, std::int64_t words) {
  Tensor mask(DataType::float32, {1, 1, words, words});
  const auto elements = mask.as_mutable<float>();
  for (std::int64_t i = 0; i < words; ++i)
    for (std::int64_t j = i + 1; j < words; ++j) elements[static_cast<std::size_t>(i * words + j)] = -1e9f;
  return net.constant("causal_mask", mask);
}

}  // namespace

Graph build_transformer(std::uint64_t seed) {
  constexpr std::int64_t source_words = 7, target_words = 14, layers = 6;

  Net net("transformer", seed);
  const std::string source = net.input("source", {1, source_words}, DataType::int64);
  const std::string target = net.input("target", {1, target_words}, DataType::int64);
  const std::string table = net.weight("embedding.weight", {kVocabulary, kWidth}, kWidth);

  std::string memory = embed(net, source, table, "source");
  for (int i = 1; i <= layers; ++i) {
    const std::string name = "encoder_" + std::to_string(i);
    memory = attend(net, memory, memory, name + ".self");
    memory = feed_forward(net, memory, name + ".feed");
  }
  std::string x = embed(net, target, table, "target");
  const std::string mask = causal_mask(net, target_words);
  for (int i = 1; i <= layers; ++i) {
    const std::string name = "decoder_" + std::to_string(i);
    x = attend(net, x, x, name + ".self", mask);
    x = attend(net, x, memory, name + ".cross");
    x = feed_forward(net, x, name + ".feed");
  }
  x = net.reshape(x, "flat", {target_words, kWidth});
  x = net.node("Gemm", {x, table}, {{"transB", std::int64_t{1}}}, "logits");
  x = net.node("ArgMax", {x}, {{"axis", std::int64_t{1}}, {"keepdims", std::int64_t{0}}}, "best");
  return net.finish({net.reshape(x, "next_words", {1, target_words})});
}

}  // namespace dnntune::zoo
