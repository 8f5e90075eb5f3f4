// SPDX-License-Identifier: Apache-2.0
// Mozilla DeepSpeech 0.x: three dense layers, one LSTM, two dense layers, all of one width.
#include "zoo/blocks.h"
#include "zoo/networks.h"
#include "zoo/recurrent.h"

namespace dnntune::zoo {
namespace {

/// 16 frames of 26 coefficients with 9 frames of context on either side [16, 494] -> probabilities of
/// 28 characters and the blank [16, 29]. Width h gives 11 h^2 + 523 h multiply-accumulates a frame.
Graph build_width(std::string_view name, std::int64_t width, std::uint64_t seed) {
  Net net(name, seed);
  const auto dense_relu20 = [&](const std::string& x, const std::string& layer) {
    return net.clip(net.dense(x, layer, width), layer + "_relu20", 0.0f, 20.0f);
  };
  std::string x = net.input("frames", {16, 26 * (2 * 9 + 1)});
  x = dense_relu20(x, "dense_1");
  x = dense_relu20(x, "dense_2");
  x = dense_relu20(x, "dense_3");
  x = net.reshape(x, "time_major", {16, 1, width});
  x = lstm(net, x, "lstm", width);
  x = net.reshape(x, "flat", {16, width});
  x = dense_relu20(x, "dense_5");
  return net.finish({net.softmax(net.dense(x, "logits", 29), "probabilities")});
}

}  // namespace

Graph build_deepspeech(std::uint64_t seed) { return build_width("deepspeech", 1600, seed); }
Graph build_deepspeech_2048(std::uint64_t seed) { return build_width("deepspeech_2048", 2048, seed); }

}  // namespace dnntune::zoo
