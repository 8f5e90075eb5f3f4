// SPDX-License-Identifier: Apache-2.0
#include "graph/infer/same_checks.h"

#include <fmt/format.h>

namespace dnntune::graph::infer {
namespace {

/// Input `i` must be a vector with one entry a channel of input 0.
void check_channel_vector(const Context& c, std::size_t i) {
  c.require_rank(i, 1);
  if (c.shape(0) == nullptr || c.shape(i) == nullptr) return;
  const std::int64_t channels = c.shape(0)->size() < 2 ? 1 : (*c.shape(0))[1];
  c.require_equal((*c.shape(i))[0], channels, fmt::format("input {} must have one entry a channel", i));
}

void check_min_rank(const Context& c, std::size_t rank) {
  if (c.shape(0) != nullptr && c.shape(0)->size() < rank) c.fail(fmt::format("input 0 must have rank {} or more", rank));
}

void check_clip(const Context& c) {
  for (std::size_t i = 1; i < c.input_count(); ++i)
    if (c.shape(i) != nullptr && !broadcasts_to(*c.shape(i), Shape(c.shape(i)->size(), 1))) c.fail("the bounds must be scalars");
}

void check_prelu(const Context& c) {
  if (c.shape(0) != nullptr && c.shape(1) != nullptr && !broadcasts_to(*c.shape(1), *c.shape(0)))
    c.fail("the slope does not broadcast to the input");
}

void check_group_normalization(const Context& c) {
  check_min_rank(c, 3);
  const std::int64_t groups = c.attributes().integer("num_groups", 1);
  // Before opset 21 scale and bias were of groups. Where they are constants, they are of channels by now.
  const auto may_be_of_groups = [&](std::size_t i) { return c.shape(i) == nullptr || *c.shape(i) == Shape{groups}; };
  if (!may_be_of_groups(1) || !may_be_of_groups(2))
    for (std::size_t i = 1; i < 3; ++i) check_channel_vector(c, i);
  if (groups < 1) c.fail(fmt::format("num_groups is {}", groups));
  if (c.shape(0) != nullptr && (*c.shape(0))[1] >= 0 && (*c.shape(0))[1] % groups != 0)
    c.fail(fmt::format("{} channels are not a multiple of {} groups", (*c.shape(0))[1], groups));
}

void check_gelu(const Context& c) {
  const std::string approximate = c.attributes().text("approximate", "none");
  if (approximate != "none" && approximate != "tanh") c.fail(fmt::format("approximate '{}' is neither none nor tanh", approximate));
}

void check_softmax(const Context& c) {
  if (c.shape(0) != nullptr) c.axis(c.attributes().integer("axis", -1), c.shape(0)->size());
}

void check_cumsum(const Context& c) {
  if (c.shape(0) == nullptr) return;
  if (const auto axis = c.integers(1)) {
    if (axis->size() != 1) c.fail("the axis must be one number");
    c.axis(axis->front(), c.shape(0)->size());
  }
}

void check_mean_variance(const Context& c) {
  if (c.shape(0) == nullptr) return;
  for (const std::int64_t axis : c.attributes().integers("axes", {0, 2, 3})) c.axis(axis, c.shape(0)->size());
}

void check_scatter_elements(const Context& c) {
  const Shape *data = c.shape(0), *indices = c.shape(1), *updates = c.shape(2);
  if (data != nullptr) {
    c.axis(c.attributes().integer("axis", 0), data->size());
    c.require_rank(1, data->size());
  }
  if (indices == nullptr || updates == nullptr) return;
  c.require_rank(2, indices->size());
  for (std::size_t i = 0; i < indices->size(); ++i)
    c.require_equal((*indices)[i], (*updates)[i], "indices and updates must have one shape");
}

void check_scatter_nd(const Context& c) {
  const Shape *data = c.shape(0), *indices = c.shape(1), *updates = c.shape(2);
  if (data == nullptr || indices == nullptr || updates == nullptr) return;
  if (indices->empty()) c.fail("indices must have rank 1 or more");
  const std::int64_t depth = indices->back();
  if (depth < 0) return;
  if (depth > static_cast<std::int64_t>(data->size())) c.fail("an index is longer than the rank of the data");
  Shape wanted(indices->begin(), indices->end() - 1);
  wanted.insert(wanted.end(), data->begin() + depth, data->end());
  if (wanted.size() != updates->size()) c.fail(fmt::format("updates must have shape {}", to_string(wanted)));
  for (std::size_t i = 0; i < wanted.size(); ++i)
    c.require_equal(wanted[i], (*updates)[i], fmt::format("updates must have shape {}", to_string(wanted)));
}

void check_reverse_sequence(const Context& c) {
  check_min_rank(c, 2);
  const std::int64_t batch = c.attributes().integer("batch_axis", 1), time = c.attributes().integer("time_axis", 0);
  if (batch + time != 1 || batch * time != 0) c.fail("batch_axis and time_axis must be 0 and 1 in some order");
  c.require_rank(1, 1);
  if (c.shape(0) != nullptr && c.shape(1) != nullptr)
    c.require_equal((*c.shape(1))[0], (*c.shape(0))[static_cast<std::size_t>(batch)], "there must be one length a batch item");
}

void check_trilu(const Context& c) {
  check_min_rank(c, 2);
  if (c.shape(1) != nullptr && !broadcasts_to(*c.shape(1), Shape(c.shape(1)->size(), 1))) c.fail("k must be a scalar");
}

}  // namespace

void check_same(const Context& c) {
  switch (c.op()) {
    case Op::BatchNormalization:
      for (std::size_t i = 1; i < 5; ++i) check_channel_vector(c, i);
      return;
    case Op::InstanceNormalization:
      check_min_rank(c, 3);
      for (std::size_t i = 1; i < 3; ++i) check_channel_vector(c, i);
      return;
    case Op::GroupNormalization: return check_group_normalization(c);
    case Op::Gelu: return check_gelu(c);
    case Op::LRN:
      check_min_rank(c, 2);
      if (c.attributes().integer("size", 0) < 1) c.fail("'size' must be 1 or more");
      return;
    case Op::Clip: return check_clip(c);
    case Op::PRelu: return check_prelu(c);
    case Op::Softmax:
    case Op::LogSoftmax:
    case Op::Hardmax: return check_softmax(c);
    case Op::CumSum: return check_cumsum(c);
    case Op::MeanVarianceNormalization: return check_mean_variance(c);
    case Op::ScatterElements: return check_scatter_elements(c);
    case Op::ScatterND: return check_scatter_nd(c);
    case Op::ReverseSequence: return check_reverse_sequence(c);
    case Op::Trilu: return check_trilu(c);
    default: return;
  }
}

}  // namespace dnntune::graph::infer
