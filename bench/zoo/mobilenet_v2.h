// SPDX-License-Identifier: Apache-2.0
// The convolutional part of MobileNet-V2, which DeepLab-V3 shares.
#pragma once

#include "zoo/blocks.h"

namespace dnntune::zoo {

/// From the image to the last bottleneck (320 channels). Once the image is reduced `output_stride` times,
/// further strides become dilations, so that the map stays that large. Blocks are called
/// "bottleneck_<stage>_<block>", counted from 1, as the papers on splitting this network call them.
std::string mobilenet_v2_features(Net& net, const std::string& image, std::int64_t output_stride);

}  // namespace dnntune::zoo
