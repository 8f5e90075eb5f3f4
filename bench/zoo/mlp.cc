// SPDX-License-Identifier: Apache-2.0
// Multi-layer perceptrons: MNIST, Kaldi speech recognition, SENNA language tagging.
#include "zoo/blocks.h"
#include "zoo/networks.h"

namespace dnntune::zoo {
namespace {

/// SENNA (Collobert et al. 2011) as DjiNN runs it: a window of word features -> scores of the tags.
Graph build_senna(std::string_view name, std::int64_t features, std::int64_t tags, std::uint64_t seed) {
  Net net(name, seed);
  std::string x = net.input("window", {1, features});
  // Gain 3 (uniform input has variance 1/3) lets the hard tanh bend without sitting on its bounds.
  x = net.clip(net.dense(x, "hidden", 300, 3.0f), "hard_tanh", -1.0f, 1.0f);
  return net.finish({net.dense(x, "scores", tags)});
}

}  // namespace

Graph build_mnist_mlp(std::uint64_t seed) {
  Net net("mnist_mlp", seed);
  std::string x = net.input("image", {1, 28 * 28});
  x = net.relu(net.dense(x, "hidden_1", 2048), "hidden_1_relu");
  x = net.relu(net.dense(x, "hidden_2", 4096), "hidden_2_relu");
  x = net.relu(net.dense(x, "hidden_3", 1024), "hidden_3_relu");
  return net.finish({net.dense(x, "logits", 10)});
}

Graph build_asr_kaldi(std::uint64_t seed) {
  Net net("asr_kaldi", seed);
  std::string x = net.input("frame", {1, 440});
  for (int i = 1; i <= 6; ++i) {
    const std::string layer = "hidden_" + std::to_string(i);
    // A sigmoid's output lies around 1/2, with a second moment near 0.3: gain 16 spreads its input to about
    // +-2, where it bends but does not saturate.
    x = net.node("Sigmoid", {net.dense(x, layer, 2048, 16.0f)}, {}, layer + "_sigmoid");
  }
  return net.finish({net.dense(x, "scores", 1706)});
}

Graph build_senna_pos(std::uint64_t seed) { return build_senna("senna_pos", 300, 45, seed); }
Graph build_senna_ner(std::uint64_t seed) { return build_senna("senna_ner", 375, 17, seed); }
Graph build_senna_chk(std::uint64_t seed) { return build_senna("senna_chk", 300, 42, seed); }

}  // namespace dnntune::zoo
