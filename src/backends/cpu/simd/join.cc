// SPDX-License-Identifier: Apache-2.0
// Concat, Split and Slice: parts of rows copied between one wide tensor and narrow ones.
#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "backends/layer_helpers.h"
#include "backends/cpu/simd/grain.h"
#include "backends/cpu/simd/tries.h"
#include "kernels/simd/copy.h"

namespace dnntune::backends::cpu::simd {
namespace {

class PartLayer final : public PreparedLayer {
 public:
  PartLayer(std::string_view kernel, PartCopies copies) : kernel_name_(kernel), copies_(std::move(copies)), copy_(kernels::simd::copy_rows_kernel()) {}

  void run(const Buffers& buffers, base::ThreadPool& pool) const override {
    const std::int64_t wide = copies_.row_elements;
    const std::int64_t wide_pitch = copies_.joins ? output_pitch(buffers, wide) : input_pitch(buffers, 0, wide);
    // Blocks small enough for a level-1 cache, so that the parts fill the lines of the wide tensor together.
    const std::int64_t block = std::clamp<std::int64_t>(4096 / wide, 1, copies_.rows);
    pool.parallel_for(divide_up(copies_.rows, block), grain_for(block * wide * 8), [&](base::Range range, int) {
      for (std::int64_t b = range.begin; b < range.end; ++b)
        for (const PartCopies::Part& part : copies_.parts) copy(part, buffers, wide_pitch, {b * block, std::min(copies_.rows, (b + 1) * block)});
    });
  }
  std::size_t pitched_inputs() const noexcept override { return !copies_.innermost ? 0 : copies_.joins ? copies_.parts.back().operand + 1 : 1; }
  bool pitched_output() const noexcept override { return copies_.innermost; }
  const PartCopies* part_copies() const noexcept override { return &copies_; }
  std::string_view kernel() const noexcept override { return kernel_name_; }

 private:
  void copy(const PartCopies::Part& part, const Buffers& buffers, std::int64_t wide_pitch, base::Range rows) const noexcept {
    kernels::simd::CopyRowsArgs args;
    args.floats = part.elements;
    if (copies_.joins) {
      args.from = in<float>(buffers, part.operand);
      args.to = out<float>(buffers, 0) + part.offset;
      args.from_stride = input_pitch(buffers, part.operand, part.elements);
      args.to_stride = wide_pitch;
    } else {
      args.from = in<float>(buffers, 0) + part.offset;
      args.to = out<float>(buffers, part.operand);
      args.from_stride = wide_pitch;
      args.to_stride = part.operand == 0 ? output_pitch(buffers, part.elements) : part.elements;
    }
    if (args.from != args.to) copy_(args, rows);
  }

  std::string_view kernel_name_;
  PartCopies copies_;
  kernels::simd::CopyRowsFn copy_;
};

/// For a wide tensor; the parts are still to come.
PartCopies along(const Shape& wide, std::size_t axis) {
  PartCopies copies;
  copies.rows = elements(wide, 0, axis);
  copies.row_elements = elements(wide, axis, wide.size());
  copies.innermost = axis + 1 == wide.size();
  return copies;
}

/// Nullopt when the narrow shapes do not add up to the wide one along `axis`: the reference kernels say what is
/// wrong. And when there is nothing to copy.
std::optional<PartCopies> cut(const Shape& wide, std::span<const TensorSpec> narrow, std::size_t axis) {
  PartCopies copies = along(wide, axis);
  const std::int64_t inner = elements(wide, axis + 1, wide.size());
  std::int64_t at = 0;
  for (std::size_t k = 0; k < narrow.size(); ++k) {
    Shape expected = wide;
    if (narrow[k].shape.size() != wide.size()) return std::nullopt;
    expected[axis] = narrow[k].shape[axis];
    if (!narrow[k].present() || narrow[k].shape != expected || expected[axis] > wide[axis] - at) return std::nullopt;
    if (expected[axis] > 0) copies.parts.push_back({k, at * inner, expected[axis] * inner});
    at += expected[axis];
  }
  if (at != wide[axis] || copies.rows == 0 || copies.parts.empty()) return std::nullopt;
  return copies;
}

/// Where a Slice that cuts a single axis, with steps of 1, begins; nullopt for others.
struct Stretch {
  std::size_t axis;
  std::int64_t begin;
};
std::optional<Stretch> stretch_of(const LayerSpec& layer) {
  const Shape &from = input(layer, 0).shape, &to = output(layer, 0).shape;
  for (std::size_t k = 1; k < layer.inputs.size(); ++k)
    if (input(layer, k).present() && !input(layer, k).constant.defined()) return std::nullopt;
  if (layer.inputs.size() < 3 || from.size() != to.size()) return std::nullopt;
  const std::vector<std::int64_t> starts = constant_integers(layer, 1), ends = constant_integers(layer, 2);
  std::vector<std::int64_t> axes(starts.size()), steps(starts.size(), 1);
  std::iota(axes.begin(), axes.end(), 0);
  if (input(layer, 3).present()) axes = constant_integers(layer, 3);
  if (input(layer, 4).present()) steps = constant_integers(layer, 4);
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps != std::vector<std::int64_t>(starts.size(), 1)) return std::nullopt;
  Shape expected = from;
  std::optional<Stretch> cut;
  for (std::size_t k = 0; k < starts.size(); ++k) {
    const std::size_t axis = normalized_axis(layer, axes[k], from.size());
    const std::int64_t size = from[axis];
    const auto position = [size](std::int64_t index) { return std::clamp<std::int64_t>(index < 0 ? index + size : index, 0, size); };
    const std::int64_t begin = position(starts[k]), count = position(ends[k]) - begin;
    if (expected[axis] != size) return std::nullopt;  // an axis named twice: the reference kernel says so
    if (count == size) continue;
    if (cut) return std::nullopt;
    expected[axis] = count;
    cut = Stretch{axis, begin};
  }
  return expected == to ? cut : std::nullopt;
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_concat(const LayerSpec& layer) {
  const Shape& wide = output(layer, 0).shape;
  if (!all_float(layer) || wide.empty() || !layer.node.attributes.has("axis")) return nullptr;
  std::optional<PartCopies> copies =
      cut(wide, layer.inputs, normalized_axis(layer, layer.node.attributes.integer("axis", 0), wide.size()));
  if (!copies) return nullptr;
  copies->joins = true;
  return std::make_unique<PartLayer>("simd.concat", std::move(*copies));
}

std::unique_ptr<PreparedLayer> prepare_split(const LayerSpec& layer) {
  const TensorSpec& x = input(layer, 0);
  if (x.type != DataType::float32 || x.shape.empty() || elements(x.shape) == 0) return nullptr;
  const bool float_outputs = std::all_of(layer.outputs.begin(), layer.outputs.end(),
                                         [](const TensorSpec& y) { return y.type == DataType::float32; });
  if (!float_outputs) return nullptr;
  const std::size_t axis = normalized_axis(layer, layer.node.attributes.integer("axis", 0), x.shape.size());
  if (input(layer, 1).present()) {
    const std::vector<std::int64_t> sizes = constant_integers(layer, 1);
    if (sizes.size() != layer.outputs.size()) return nullptr;
    for (std::size_t k = 0; k < sizes.size(); ++k)
      if (layer.outputs[k].shape.size() != x.shape.size() || layer.outputs[k].shape[axis] != sizes[k]) return nullptr;
  }
  std::optional<PartCopies> copies = cut(x.shape, layer.outputs, axis);
  return copies ? std::make_unique<PartLayer>("simd.split", std::move(*copies)) : nullptr;
}

std::unique_ptr<PreparedLayer> prepare_slice(const LayerSpec& layer) {
  const TensorSpec &x = input(layer, 0), &y = output(layer, 0);
  if (x.type != DataType::float32 || y.type != DataType::float32 || elements(y.shape) == 0) return nullptr;
  const std::optional<Stretch> stretch = stretch_of(layer);
  if (!stretch) return nullptr;
  const std::int64_t inner = elements(x.shape, stretch->axis + 1, x.shape.size());
  PartCopies copies = along(x.shape, stretch->axis);
  copies.parts.push_back({0, stretch->begin * inner, y.shape[stretch->axis] * inner});
  return std::make_unique<PartLayer>("simd.slice", std::move(copies));
}

}  // namespace dnntune::backends::cpu::simd
