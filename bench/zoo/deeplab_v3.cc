// SPDX-License-Identifier: Apache-2.0
// DeepLab-V3 on MobileNet-V2 ("MNet V2*" of Sandler et al. 2018, table 7) at output stride 8: no atrous
// pyramid, one 1x1 branch and one image-level branch.
#include "zoo/blocks.h"
#include "zoo/mobilenet_v2.h"
#include "zoo/networks.h"

namespace dnntune::zoo {

Graph build_deeplab_v3(std::uint64_t seed) {
  Net net("deeplab_v3", seed);
  const std::string x = mobilenet_v2_features(net, net.input("image", {1, 3, 513, 513}), 8);
  const std::int64_t height = net.dim(x, 2), width = net.dim(x, 3);

  const std::string local = net.conv_bn_relu(x, "aspp0", {.out = 256});
  std::string whole = net.global_average_pool(x, "image_pooling");
  whole = net.conv_bn_relu(whole, "image_pooling_conv", {.out = 256});
  whole = net.node("Resize", {whole, "", "", net.integers("image_pooling_size", {1, 256, height, width})},
                   {{"mode", "linear"}, {"coordinate_transformation_mode", "align_corners"}}, "image_pooling_resize");

  std::string y = net.concat({local, whole}, "concat");
  y = net.conv_bn_relu(y, "concat_projection", {.out = 256});
  return net.finish({net.conv(y, "logits", {.out = 21, .bias = true})});
}

}  // namespace dnntune::zoo
