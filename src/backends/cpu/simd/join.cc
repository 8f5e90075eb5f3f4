// SPDX-License-Identifier: Apache-2.0
// Concat and Split: rows copied between one wide tensor and several narrow ones.
#include <algorithm>
#include <vector>

#include "backends/cpu/layer_helpers.h"
#include "backends/cpu/simd/grain.h"
#include "backends/cpu/simd/tries.h"
#include "kernels/simd/copy.h"

namespace dnntune::backends::cpu::simd {
namespace {

/// One of the narrow tensors: where its part of each wide row begins, and how long it is.
struct Part {
  std::size_t operand;
  std::int64_t offset, floats;
};

struct Parts {
  std::int64_t rows = 0, wide_floats = 0;
  std::vector<Part> parts;
};

/// Empty (no rows) when the narrow shapes do not add up to the wide one along `axis`: the reference kernels
/// say what is wrong.
Parts cut(const Shape& wide, std::span<const TensorSpec> narrow, std::size_t axis) {
  Parts result;
  const std::int64_t inner = elements(wide, axis + 1, wide.size());
  std::int64_t at = 0;
  for (std::size_t k = 0; k < narrow.size(); ++k) {
    Shape expected = wide;
    if (narrow[k].shape.size() != wide.size()) return {};
    expected[axis] = narrow[k].shape[axis];
    if (!narrow[k].present() || narrow[k].shape != expected || expected[axis] > wide[axis] - at) return {};
    if (expected[axis] > 0) result.parts.push_back({k, at * inner, expected[axis] * inner});
    at += expected[axis];
  }
  if (at != wide[axis]) return {};
  result.rows = elements(wide, 0, axis);
  result.wide_floats = wide[axis] * inner;
  return result;
}

/// Calls run(part, rows) for every part and block of rows, in parallel.
template <typename Run>
void each_part(const Parts& parts, base::ThreadPool& pool, Run run) {
  // Blocks small enough for a level-1 cache, so that the parts fill the lines of the wide tensor together.
  const std::int64_t block = std::clamp<std::int64_t>(4096 / parts.wide_floats, 1, parts.rows);
  const std::int64_t blocks = divide_up(parts.rows, block);
  pool.parallel_for(blocks, grain_for(block * parts.wide_floats * 8), [&](base::Range range, int) {
    for (std::int64_t b = range.begin; b < range.end; ++b)
      for (const Part& part : parts.parts) run(part, {b * block, std::min(parts.rows, (b + 1) * block)});
  });
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_concat(const LayerSpec& layer) {
  const Shape& wide = output(layer, 0).shape;
  if (!all_float(layer) || wide.empty() || !layer.node.attributes.has("axis")) return nullptr;
  Parts parts = cut(wide, layer.inputs, normalized_axis(layer, layer.node.attributes.integer("axis", 0), wide.size()));
  if (parts.rows == 0) return nullptr;
  return make_layer({.kernel = "simd.concat"}, [parts = std::move(parts), kernel = kernels::simd::copy_rows_kernel()](
                                                   const Buffers& buffers, base::ThreadPool& pool) {
    each_part(parts, pool, [&](const Part& part, base::Range rows) {
      kernel({in<float>(buffers, part.operand), out<float>(buffers, 0) + part.offset, part.floats, parts.wide_floats, part.floats}, rows);
    });
  });
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
  Parts parts = cut(x.shape, layer.outputs, axis);
  if (parts.rows == 0) return nullptr;
  return make_layer({.kernel = "simd.split"}, [parts = std::move(parts), kernel = kernels::simd::copy_rows_kernel()](
                                                  const Buffers& buffers, base::ThreadPool& pool) {
    each_part(parts, pool, [&](const Part& part, base::Range rows) {
      kernel({in<float>(buffers, 0) + part.offset, out<float>(buffers, part.operand), parts.wide_floats, part.floats, part.floats}, rows);
    });
  });
}

}  // namespace dnntune::backends::cpu::simd
