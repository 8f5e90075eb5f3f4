// SPDX-License-Identifier: Apache-2.0
// Operators that pick elements by index.
#include <algorithm>

#include <fmt/format.h>

#include "graph/infer/infer.h"

namespace dnntune::graph::infer {

void infer_gather(Context& c) {
  const Shape *data = c.shape(0), *indices = c.shape(1);
  if (data == nullptr || indices == nullptr) return c.output(0, c.type(0));
  const auto axis = static_cast<std::ptrdiff_t>(c.axis(c.attributes().integer("axis", 0), data->size()));
  Shape shape(data->begin(), data->begin() + axis);
  shape.insert(shape.end(), indices->begin(), indices->end());
  shape.insert(shape.end(), data->begin() + axis + 1, data->end());
  c.output(0, c.type(0), shape);
}

void infer_gather_elements(Context& c) {
  const Shape *data = c.shape(0), *indices = c.shape(1);
  if (data != nullptr) {
    c.axis(c.attributes().integer("axis", 0), data->size());
    c.require_rank(1, data->size());
  }
  c.output(0, c.type(0), indices ? std::optional<Shape>(*indices) : std::nullopt);
}

void infer_gather_nd(Context& c) {
  const Shape *data = c.shape(0), *indices = c.shape(1);
  if (data == nullptr || indices == nullptr) return c.output(0, c.type(0));
  const std::int64_t batch = c.attributes().integer("batch_dims", 0);
  if (indices->empty() || data->empty()) c.fail("data and indices must have rank 1 or more");
  if (batch < 0 || batch >= static_cast<std::int64_t>(std::min(data->size(), indices->size())))
    c.fail(fmt::format("batch_dims is {}", batch));
  for (std::size_t i = 0; i < static_cast<std::size_t>(batch); ++i)
    c.require_equal((*data)[i], (*indices)[i], fmt::format("data and indices differ along batch axis {}", i));
  const std::int64_t depth = indices->back();
  if (depth < 0) return c.output(0, c.type(0));
  if (depth < 1 || depth > static_cast<std::int64_t>(data->size()) - batch)
    c.fail(fmt::format("an index of {} numbers does not fit data of rank {} with batch_dims {}", depth, data->size(), batch));
  Shape shape(indices->begin(), indices->end() - 1);
  shape.insert(shape.end(), data->begin() + batch + depth, data->end());
  c.output(0, c.type(0), shape);
}

}  // namespace dnntune::graph::infer
