// SPDX-License-Identifier: Apache-2.0
// The families' build functions, for the table in families.cc.
#pragma once

#include <cstdint>

#include <dnntune/graph.h>

namespace dnntune::bench {

Graph alexnet_variant(std::uint64_t seed);
Graph vgg_variant(std::uint64_t seed);
Graph resnet_bottleneck_variant(std::uint64_t seed);
Graph resnet_basic_variant(std::uint64_t seed);
Graph mobilenet_v1_variant(std::uint64_t seed);
Graph mobilenet_v2_variant(std::uint64_t seed);
Graph mobilenet_v3_variant(std::uint64_t seed);
Graph squeezenet_variant(std::uint64_t seed);
Graph shufflenet_variant(std::uint64_t seed);
Graph inception_variant(std::uint64_t seed);
Graph densenet_variant(std::uint64_t seed);
Graph mlp_variant(std::uint64_t seed);
Graph lstm_variant(std::uint64_t seed);
Graph speech_variant(std::uint64_t seed);
Graph transformer_variant(std::uint64_t seed);

}  // namespace dnntune::bench
