// SPDX-License-Identifier: Apache-2.0
// Penn Treebank language models: the "small" and "medium" LSTMs of the TensorFlow RNN tutorial
// (ptb_word_lm.py, after Zaremba et al. 2014).
#include "zoo/blocks.h"
#include "zoo/networks.h"
#include "zoo/recurrent.h"

namespace dnntune::zoo {
namespace {

/// `steps` embedded words [steps, hidden] -> scores of the next word at each step [steps, 10000].
Graph build_ptb(std::string_view name, std::int64_t steps, std::int64_t hidden, std::uint64_t seed) {
  Net net(name, seed);
  std::string x = net.input("embedded_words", {steps, hidden});
  x = net.reshape(x, "time_major", {steps, 1, hidden});
  x = lstm(net, x, "lstm_1", hidden);
  x = lstm(net, x, "lstm_2", hidden);
  x = net.reshape(x, "flat", {steps, hidden});
  return net.finish({net.dense(x, "logits", 10000)});
}

}  // namespace

Graph build_rnn_ptb_small(std::uint64_t seed) { return build_ptb("rnn_ptb_small", 20, 200, seed); }
Graph build_rnn_ptb_medium(std::uint64_t seed) { return build_ptb("rnn_ptb_medium", 35, 650, seed); }

}  // namespace dnntune::zoo
