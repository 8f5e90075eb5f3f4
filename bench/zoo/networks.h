// SPDX-License-Identifier: Apache-2.0
// The networks' build functions and what was published on each, for the table in zoo.cc.
#pragma once

#include <cstdint>

#include "zoo/zoo.h"

namespace dnntune::zoo {

Graph build_rnn_ptb_small(std::uint64_t seed);
Graph build_rnn_ptb_medium(std::uint64_t seed);
Graph build_deepspeech(std::uint64_t seed);
Graph build_deepspeech_2048(std::uint64_t seed);
Graph build_mnist_mlp(std::uint64_t seed);
Graph build_transformer(std::uint64_t seed);
Graph build_inception_v1(std::uint64_t seed);
Graph build_inception_v3(std::uint64_t seed);
Graph build_resnet50(std::uint64_t seed);
Graph build_vgg16(std::uint64_t seed);
Graph build_mobilenet_v1(std::uint64_t seed);
Graph build_mobilenet_v2(std::uint64_t seed);
Graph build_squeezenet_1_1(std::uint64_t seed);
Graph build_shufflenet_v2_x0_5(std::uint64_t seed);
Graph build_deeplab_v3(std::uint64_t seed);
Graph build_alexnet(std::uint64_t seed);
Graph build_lenet(std::uint64_t seed);
Graph build_asr_kaldi(std::uint64_t seed);
Graph build_senna_pos(std::uint64_t seed);
Graph build_senna_ner(std::uint64_t seed);
Graph build_senna_chk(std::uint64_t seed);

}  // namespace dnntune::zoo
