// SPDX-License-Identifier: Apache-2.0
// Images read or written at places that other inputs name: GridSample, RoiAlign, MaxUnpool.
#include <fmt/format.h>

#include "graph/infer/infer.h"
#include "graph/windows.h"

namespace dnntune::graph::infer {

void infer_grid_sample(Context& c) {
  const Shape *x = c.shape(0), *grid = c.shape(1);
  if (x != nullptr && x->size() < 3) c.fail("input 0 must have rank 3 or more");
  if (x == nullptr || grid == nullptr) return c.output(0, c.type(0));
  c.require_rank(1, x->size());
  c.require_equal(grid->back(), static_cast<std::int64_t>(x->size()) - 2, "the grid must have one coordinate a spatial dimension");
  c.require_equal((*x)[0], (*grid)[0], "image and grid differ in the batch");
  Shape shape{(*x)[0] < 0 ? (*grid)[0] : (*x)[0], (*x)[1]};
  shape.insert(shape.end(), grid->begin() + 1, grid->end() - 1);
  c.output(0, c.type(0), shape);
}

void infer_roi_align(Context& c) {
  c.require_rank(0, 4);
  c.require_rank(1, 2);
  c.require_rank(2, 1);
  const Shape *x = c.shape(0), *rois = c.shape(1), *batch = c.shape(2);
  if (rois != nullptr) c.require_equal((*rois)[1], 4, "a region must have four coordinates");
  if (rois != nullptr && batch != nullptr) c.require_equal((*rois)[0], (*batch)[0], "there must be one batch index a region");
  const std::int64_t height = c.attributes().integer("output_height", 1), width = c.attributes().integer("output_width", 1);
  if (height < 1 || width < 1) c.fail(fmt::format("an output of {} x {} pixels", height, width));
  const std::int64_t count = rois != nullptr ? (*rois)[0] : batch != nullptr ? (*batch)[0] : -1;
  c.output(0, c.type(0), Shape{count, x != nullptr ? (*x)[1] : -1, height, width});
}

void infer_max_unpool(Context& c) {
  const Shape *x = c.shape(0), *indices = c.shape(1);
  if (x != nullptr && x->size() < 3) c.fail("input 0 must have rank 3 or more");
  if (x == nullptr) return c.output(0, c.type(0));
  if (indices != nullptr) {
    c.require_rank(1, x->size());
    for (std::size_t i = 0; i < x->size(); ++i) c.require_equal((*x)[i], (*indices)[i], "values and indices must have one shape");
  }
  const std::vector<std::int64_t> kernel = c.attributes().integers("kernel_shape");
  c.require_rank(0, kernel.size() + 2);
  // A pooling window's input is what a transposed convolution of the same window would put out.
  Shape smallest{(*x)[0], (*x)[1]};
  for (const Window& window : transposed_windows(c.attributes(), Shape(x->begin() + 2, x->end()), kernel)) smallest.push_back(window.output);
  if (!c.has_input(2)) return c.output(0, c.type(0), smallest);
  const auto stated = c.integers(2);
  if (!stated) return c.output(0, c.type(0), Shape(x->size(), -1));
  if (stated->size() != x->size()) c.fail(fmt::format("the output shape has {} entries for rank {}", stated->size(), x->size()));
  for (std::size_t i = 0; i < stated->size(); ++i)
    if ((*stated)[i] < smallest[i]) c.fail(fmt::format("the output shape {} is smaller than {}", to_string(*stated), to_string(smallest)));
  c.output(0, c.type(0), *stated);
}

}  // namespace dnntune::graph::infer
