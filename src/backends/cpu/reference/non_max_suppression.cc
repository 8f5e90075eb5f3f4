// SPDX-License-Identifier: Apache-2.0
// NonMaxSuppression: of boxes that overlap much, the one with the highest score is kept.
#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "backends/cpu/reference/apart.h"
#include "dnntune/error.h"

namespace dnntune::backends::cpu {
namespace {

struct Box {
  float top, left, bottom, right;
  float area() const noexcept { return (bottom - top) * (right - left); }
};

Box box_at(const float* p, bool is_center) noexcept {
  if (is_center) return {p[1] - p[3] / 2, p[0] - p[2] / 2, p[1] + p[3] / 2, p[0] + p[2] / 2};  // x, y, width, height
  return {std::min(p[0], p[2]), std::min(p[1], p[3]), std::max(p[0], p[2]), std::max(p[1], p[3])};
}

/// Whether the intersection is more than `threshold` of the union.
bool overlap(const Box& a, const Box& b, float threshold) noexcept {
  const float height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  const float width = std::min(a.right, b.right) - std::max(a.left, b.left);
  if (height <= 0.0f || width <= 0.0f) return false;
  const float intersection = height * width, together = a.area() + b.area() - intersection;
  return a.area() > 0.0f && b.area() > 0.0f && together > 0.0f && intersection / together > threshold;
}

template <typename T>
T scalar(std::span<const Tensor> inputs, std::size_t i, T fallback) {
  return i < inputs.size() && inputs[i].defined() && inputs[i].element_count() > 0 ? inputs[i].as<T>()[0] : fallback;
}

}  // namespace

std::vector<Tensor> reference::non_max_suppression(const graph::Node& node, std::span<const Tensor> inputs) {
  for (const std::size_t i : {0, 1})
    if (inputs[i].type() != DataType::float32)
      throw Error(ErrorCode::unsupported, fmt::format("layer '{}' (NonMaxSuppression): there is no kernel for {}", node.name, to_string(inputs[i].type())));
  const auto boxes = inputs[0].as<float>(), scores = inputs[1].as<float>();
  const std::int64_t batch = inputs[1].shape()[0], classes = inputs[1].shape()[1], count = inputs[1].shape()[2];
  const auto most = static_cast<std::size_t>(std::max<std::int64_t>(0, scalar<std::int64_t>(inputs, 2, 0)));
  const float overlap_threshold = scalar<float>(inputs, 3, 0.0f);
  if (!(overlap_threshold >= 0.0f && overlap_threshold <= 1.0f))
    throw Error(ErrorCode::invalid_argument, fmt::format("layer '{}' (NonMaxSuppression): iou_threshold {} is outside [0, 1]", node.name, overlap_threshold));
  const bool has_least_score = inputs.size() > 4 && inputs[4].defined();
  const float least_score = scalar<float>(inputs, 4, 0.0f);
  const bool is_center = node.attributes.integer("center_point_box", 0) != 0;

  std::vector<std::int64_t> selected;
  std::vector<std::int64_t> order;
  std::vector<Box> kept;
  for (std::int64_t b = 0; most > 0 && b < batch; ++b)
    for (std::int64_t c = 0; c < classes; ++c) {
      const float* score = scores.data() + (b * classes + c) * count;
      order.resize(static_cast<std::size_t>(count));
      std::iota(order.begin(), order.end(), 0);
      std::erase_if(order, [&](std::int64_t i) { return score[i] != score[i] || (has_least_score && !(score[i] > least_score)); });
      std::stable_sort(order.begin(), order.end(), [&](std::int64_t i, std::int64_t j) { return score[i] > score[j]; });
      kept.clear();
      for (const std::int64_t i : order) {
        if (kept.size() >= most) break;
        const Box box = box_at(boxes.data() + (b * count + i) * 4, is_center);
        if (std::any_of(kept.begin(), kept.end(), [&](const Box& other) { return overlap(box, other, overlap_threshold); })) continue;
        kept.push_back(box);
        selected.insert(selected.end(), {b, c, i});
      }
    }
  return {Tensor::from({static_cast<std::int64_t>(selected.size() / 3), 3}, selected)};
}

}  // namespace dnntune::backends::cpu
