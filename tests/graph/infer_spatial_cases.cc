// SPDX-License-Identifier: Apache-2.0
#include "graph/infer_cases.h"

namespace dnntune::graph::testing {

std::vector<InferCase> spatial_cases() {
  const std::string same_upper = "SAME_UPPER", same_lower = "SAME_LOWER", valid = "VALID";
  std::vector<InferCase> cases = {
      {"Conv", {f32({1, 3, 224, 224}), f32({32, 3, 3, 3})}, {{"strides", List{2, 2}}, {"pads", List{1, 1, 1, 1}}}, {f32({1, 32, 112, 112})}},
      {"Conv", {f32({1, 3, 8, 8}), f32({4, 3, 3, 3}), f32({4})}, {}, {f32({1, 4, 6, 6})}},
      // dilation 2 makes a kernel of 3 cover 5: 10 - 5 + 1
      {"Conv", {f32({1, 1, 10}), f32({1, 1, 3})}, {{"dilations", List{2}}}, {f32({1, 1, 6})}},
      {"Conv", {f32({2, 6, 5, 7}), f32({6, 1, 3, 3})}, {{"group", num(6)}, {"kernel_shape", List{3, 3}}}, {f32({2, 6, 3, 5})}},
      {"Conv", {f32({1, 1, 5, 5}), f32({1, 1, 3, 3})}, {{"auto_pad", same_upper}, {"strides", List{2, 2}}}, {f32({1, 1, 3, 3})}},
      {"Conv", {f32({1, 1, 6, 5}), f32({1, 1, 3, 3})}, {{"auto_pad", same_lower}, {"strides", List{2, 3}}}, {f32({1, 1, 3, 2})}},
      {"Conv", {f32({1, 1, 6, 6}), f32({1, 1, 3, 3})}, {{"auto_pad", valid}, {"pads", List{1, 1, 1, 1}}}, {f32({1, 1, 4, 4})}},
      {"Conv", {f32({1, 2, 4, 5, 6}), f32({3, 2, 2, 2, 2})}, {}, {f32({1, 3, 3, 4, 5})}},
      {"Conv", {f32({-1, 3, -1, 8}), f32({4, 3, 3, 3})}, {}, {f32({-1, 4, -1, 6})}},
      {"Conv", {f32({1, 3, 8, 8}), unranked()}, {{"kernel_shape", List{3, 3}}}, {f32({1, -1, 6, 6})}},
      {"Conv", {f32({1, 3, 8, 8}), unranked()}, {}, {f32({1, -1, -1, -1})}},

      {"ConvTranspose", {f32({1, 1, 3, 3}), f32({1, 2, 3, 3})}, {}, {f32({1, 2, 5, 5})}},
      // 2 * (3 - 1) + 1 + 3 - 1 - 1
      {"ConvTranspose",
       {f32({1, 4, 3}), f32({4, 2, 3})},
       {{"strides", List{2}}, {"output_padding", List{1}}, {"pads", List{1, 1}}, {"group", num(2)}},
       {f32({1, 4, 6})}},
      {"ConvTranspose",
       {f32({1, 1, 3, 3}), f32({1, 2, 3, 3})},
       {{"strides", List{3, 2}}, {"output_shape", List{10, 8}}},
       {f32({1, 2, 10, 8})}},
      {"ConvTranspose", {f32({1, 1, 3, 3}), f32({1, 2, 3, 3})}, {{"strides", List{2, 2}}, {"auto_pad", same_upper}}, {f32({1, 2, 6, 6})}},
      {"ConvTranspose", {f32({1, 1, 3}), f32({1, 1, 2})}, {{"dilations", List{3}}}, {f32({1, 1, 6})}},

      {"MaxPool", {f32({1, 3, 32, 32})}, {{"kernel_shape", List{2, 2}}, {"strides", List{2, 2}}}, {f32({1, 3, 16, 16})}},
      {"MaxPool", {f32({1, 3, 8, 8})}, {{"kernel_shape", List{3, 3}}}, {f32({1, 3, 6, 6}), i64({1, 3, 6, 6})}},
      {"MaxPool", {f32({1, 1, 4, 4})}, {{"kernel_shape", List{3, 3}}, {"strides", List{2, 2}}, {"ceil_mode", num(1)}}, {f32({1, 1, 2, 2})}},
      {"MaxPool", {f32({1, 1, 4, 4})}, {{"kernel_shape", List{3, 3}}, {"strides", List{2, 2}}}, {f32({1, 1, 1, 1})}},
      // ceil would give 2 windows, but the second starts in the trailing padding.
      {"MaxPool",
       {f32({1, 1, 2})},
       {{"kernel_shape", List{3}}, {"strides", List{3}}, {"pads", List{1, 1}}, {"ceil_mode", num(1)}},
       {f32({1, 1, 1})}},
      {"MaxPool", {f32({1, 1, 8})}, {{"kernel_shape", List{3}}, {"dilations", List{2}}, {"auto_pad", same_upper}}, {f32({1, 1, 8})}},
      {"AveragePool", {f32({1, 3, 32, 32})}, {{"kernel_shape", List{3, 3}}, {"pads", List{2, 2, 2, 2}}}, {f32({1, 3, 34, 34})}},
      {"LpPool", {f32({1, 3, 32})}, {{"kernel_shape", List{2}}}, {f32({1, 3, 31})}},
      {"GlobalAveragePool", {f32({2, 3, 4, 5})}, {}, {f32({2, 3, 1, 1})}},
      {"GlobalMaxPool", {f32({2, 3, 4})}, {}, {f32({2, 3, 1})}},
      {"GlobalLpPool", {f32({2, -1, 4, -1})}, {}, {f32({2, -1, 1, 1})}},

      {"Resize", {f32({1, 2, 4, 5}), none(), known(floats({4}, {1, 1, 2, 0.5f}))}, {}, {f32({1, 2, 8, 2})}},
      {"Resize", {f32({1, 2, 4, 5}), none(), none(), list({1, 2, 7, 3})}, {}, {f32({1, 2, 7, 3})}},
      {"Resize", {f32({1, 2, 4, 5}), none(), known(floats({0}, {})), list({1, 2, 7, 3})}, {}, {f32({1, 2, 7, 3})}},
      {"Resize", {f32({1, 2, 4, 5}), none(), f32({4})}, {}, {f32({-1, -1, -1, -1})}},
      {"Resize", {f32({-1, 2, 4, 5}), none(), f32({2})}, {{"axes", List{2, 3}}}, {f32({-1, 2, -1, -1})}},
      {"Resize", {f32({-1, 2, 4, 5}), none(), known(floats({2}, {2, 3}))}, {{"axes", List{-1, 2}}}, {f32({-1, 2, 12, 10})}},
      {"Resize", {f32({1, 2, 4, 5}), none(), none(), list({7, 3})}, {{"axes", List{2, 3}}}, {f32({1, 2, 7, 3})}},
      // Ratios 7/4 and 3/5.
      {"Resize", {f32({1, 2, 4, 5}), none(), none(), list({7, 3})}, {{"axes", List{2, 3}}, {"keep_aspect_ratio_policy", std::string("not_larger")}}, {f32({1, 2, 2, 3})}},
      {"Resize", {f32({1, 2, 4, 5}), none(), none(), list({7, 3})}, {{"axes", List{2, 3}}, {"keep_aspect_ratio_policy", std::string("not_smaller")}}, {f32({1, 2, 7, 9})}},
      {"Resize",
       {f32({1, 1, 4, 4}), known(floats({8}, {0, 0, 0.25f, 0, 1, 1, 0.75f, 1})), known(floats({4}, {1, 1, 3, 1}))},
       {{"coordinate_transformation_mode", std::string("tf_crop_and_resize")}},
       {f32({1, 1, 6, 4})}},
      {"GridSample", {f32({2, 3, 4, 5}), f32({2, 6, 7, 2})}, {}, {f32({2, 3, 6, 7})}},
      {"GridSample", {f32({-1, 3, 4, 5}), f32({2, -1, 7, 2})}, {}, {f32({2, 3, -1, 7})}},
      {"RoiAlign", {f32({2, 3, 4, 5}), f32({9, 4}), i64({9})}, {{"output_height", num(7)}, {"output_width", num(6)}}, {f32({9, 3, 7, 6})}},
      {"RoiAlign", {f32({2, 3, 4, 5}), f32({-1, 4}), i64({-1})}, {}, {f32({-1, 3, 1, 1})}},
      {"MaxUnpool", {f32({1, 1, 2, 2}), i64({1, 1, 2, 2})}, {{"kernel_shape", List{2, 2}}, {"strides", List{2, 2}}}, {f32({1, 1, 4, 4})}},
      {"MaxUnpool",
       {f32({1, 1, 2, 2}), i64({1, 1, 2, 2}), list({1, 1, 5, 6})},
       {{"kernel_shape", List{2, 2}}, {"strides", List{2, 2}}},
       {f32({1, 1, 5, 6})}},
      {"MaxUnpool", {f32({1, 1, 2}), i64({1, 1, 2}), i64({3})}, {{"kernel_shape", List{2}}}, {f32({-1, -1, -1})}},
      {"DepthToSpace", {f32({1, 8, 2, 3})}, {{"blocksize", num(2)}}, {f32({1, 2, 4, 6})}},
      {"SpaceToDepth", {f32({1, 2, 4, 6})}, {{"blocksize", num(2)}}, {f32({1, 8, 2, 3})}},
  };
  return cases;
}

}  // namespace dnntune::graph::testing
