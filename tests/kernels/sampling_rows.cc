// SPDX-License-Identifier: Apache-2.0
// Cases of GridSample, RoiAlign and MaxUnpool on images small enough to follow by hand.
#include "kernels/elem_case.h"

namespace dnntune::test {
namespace {

using graph::Op;
using Ints = std::vector<std::int64_t>;

/// An image of 2 x 3 pixels, 0 to 5, read at its corners, its middle, between pixels and outside.
void add_grid_samples(std::vector<Case>& cases) {
  const Tensor image = iota(DataType::float32, {1, 2, 3, 1});
  const Tensor grid = f32({1, 2, 3, 2}, {-1, -1, 0, 0, 1, 1, 0.5, -0.2, -1.4, 0.3, 2.2, -1.7});
  struct Row {
    const char *mode, *padding;
    std::int64_t align;
    std::vector<double> y;
  };
  const Row rows[] = {
      {"bilinear", "zeros", 0, {0, 2.5, 1.25, 2.65, 0, 0}},
      {"bilinear", "zeros", 1, {0, 2.5, 5, 2.7, 1.17, 0}},
      {"bilinear", "border", 0, {0, 2.5, 5, 2.65, 2.4, 2}},
      {"linear", "border", 1, {0, 2.5, 5, 2.7, 1.95, 2}},
      {"bilinear", "reflection", 0, {0, 2.5, 5, 2.65, 2.5, 1.3}},
      {"bilinear", "reflection", 1, {0, 2.5, 5, 2.7, 2.35, 1.85}},
      {"nearest", "zeros", 0, {0, 1, 0, 2, 0, 0}},
      {"nearest", "border", 0, {0, 1, 5, 2, 3, 2}},
      {"nearest", "reflection", 1, {0, 1, 5, 2, 3, 1}},
      {"bicubic", "zeros", 0, {-0.1875, 2.96875, 1.4375, 3.4195845, -0.16766936, 0}},
      {"cubic", "zeros", 1, {0, 2.96875, 5, 3.61125, 1.301923, -0.096135}},
      {"bicubic", "border", 0, {-0.375, 2.5, 5.375, 2.6455936, 2.472, 2}},
      {"bicubic", "reflection", 0, {-0.75, 2.5, 5.75, 2.6455936, 2.5472498, 1.1387515}},
      {"bicubic", "reflection", 1, {0, 2.5, 5, 2.7434993, 2.362749, 1.549251}},
  };
  for (const Row& row : rows) {
    const NodeAttributes attributes{
        {"mode", std::string(row.mode)}, {"padding_mode", std::string(row.padding)}, {"align_corners", row.align}};
    cases.push_back({std::string(row.mode) + " " + row.padding, Op::GridSample, attributes, {image, grid}, {f32({1, 2, 3, 1}, row.y)}, 2e-6});
  }
  // A volume of 2 x 1 x 3, 0 to 5: its middle, a corner, between two slices, outside.
  const Tensor volume = iota(DataType::float32, {1, 2, 1, 3, 1}), places = f32({1, 1, 2, 2, 3}, {0, 0, 0, -1, 0, 1, 0, 0, 0.5, 0, 0, 3});
  cases.push_back({"a volume", Op::GridSample, {{"align_corners", std::int64_t{1}}}, {volume, places}, {f32({1, 1, 2, 2, 1}, {2.5, 3, 3.25, 0})}, 2e-6});
  cases.push_back({"a volume by its nearest", Op::GridSample, {{"mode", std::string("nearest")}, {"padding_mode", std::string("border")}},
                   {volume, places}, {f32({1, 1, 2, 2, 1}, {1, 3, 4, 4})}});
  // A coordinate that is not a number lies outside; so does one beyond all integers.
  const Tensor wild = f32({1, 1, 2, 2}, {kNan, 0, kInf, 0});
  cases.push_back({"not a number", Op::GridSample, {}, {image, wild}, {f32({1, 1, 2, 1}, {0, 0})}});
  cases.push_back({"infinite", Op::GridSample, {{"padding_mode", std::string("border")}}, {image, wild}, {f32({1, 1, 2, 1}, {1.5, 3.5})}});
}

void add_roi_aligns(std::vector<Case>& cases) {
  const Tensor image = iota(DataType::float32, {1, 4, 4, 1}), regions = f32({2, 4}, {0, 0, 3, 3, 1, 0.5, 2, 3.5}), batch = i64({2}, {0, 0});
  struct Row {
    const char *coordinates, *mode;
    std::int64_t samples;
    std::vector<double> y;
  };
  const Row rows[] = {
      {"half_pixel", "avg", 0, {1.5625, 3, 7.3125, 8.75, 3.75, 4.25, 9.75, 10.25}},
      {"half_pixel", "max", 2, {2.5, 3.28125, 7, 7.65625, 3.828125, 3.828125, 7.109375, 7.109375}},
      {"output_half_pixel", "avg", 2, {3.75, 5.25, 9.75, 11.25, 6.25, 6.75, 12, 12.5}},
      {"output_half_pixel", "max", 0, {3.828125, 4.59375, 7.109375, 7.65625, 4.21875, 4.6875, 9.75, 10.5}},
  };
  // A box of no size, as detectors fill up their lists with, and one turned round.
  cases.push_back({"no size", Op::RoiAlign, {}, {image, f32({2, 4}, {0, 0, 0, 0, 3, 3, 1, 1}), batch}, {f32({2, 1, 1, 1}, {0, 0})}});
  for (const Row& row : rows) {
    const NodeAttributes attributes{{"mode", std::string(row.mode)},          {"coordinate_transformation_mode", std::string(row.coordinates)},
                                    {"sampling_ratio", row.samples},          {"output_height", std::int64_t{2}},
                                    {"output_width", std::int64_t{2}}};
    cases.push_back({std::string(row.coordinates) + " " + row.mode, Op::RoiAlign, attributes, {image, regions, batch},
                     {f32({2, 2, 2, 1}, row.y)}, 1e-6});
  }
}

void add_max_unpools(std::vector<Case>& cases) {
  const NodeAttributes window{{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}};
  const Tensor x = f32({1, 1, 1, 2}, {5, 6}), at = i64({1, 1, 1, 2}, {4, 3});
  cases.push_back({"", Op::MaxUnpool, window, {x, at}, {f32({1, 1, 2, 4}, {0, 0, 0, 6, 5, 0, 0, 0})}});
  // Indices count the elements of the pooled image, which is the corner of a larger output.
  cases.push_back({"larger", Op::MaxUnpool, window, {x, at, i64({4}, {1, 1, 3, 5})},
                   {f32({1, 1, 3, 5}, {0, 0, 0, 6, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0})}});
}

}  // namespace

std::vector<Case> sampling_cases() {
  std::vector<Case> cases;
  add_grid_samples(cases);
  add_roi_aligns(cases);
  add_max_unpools(cases);
  return cases;
}

}  // namespace dnntune::test
