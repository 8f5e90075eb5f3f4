// SPDX-License-Identifier: Apache-2.0
// Resize of channels-last images: the innermost dimension is copied, all others are resampled.
#include "kernels/simd/resize.h"

#include <array>
#include <vector>

#include "backends/layer_helpers.h"
#include "backends/cpu/reference/resize_attributes.h"
#include "backends/cpu/simd/grain.h"
#include "backends/cpu/simd/tries.h"

namespace dnntune::backends::cpu::simd {
namespace {

using kernels::reference::ResizeDim;
using kernels::reference::ResizeSpan;
using kernels::reference::ResizeTaps;

/// Output coordinate x reads input coordinate x alone.
bool only_copies(const ResizeTaps& taps) {
  if (taps.taps != 1 || !taps.outside.empty()) return false;
  for (std::size_t i = 0; i < taps.index.size(); ++i)
    if (taps.index[i] != static_cast<std::int64_t>(i) || taps.weight[i] != 1.0) return false;
  return true;
}

}  // namespace

std::unique_ptr<PreparedLayer> prepare_resize(const LayerSpec& layer) {
  const TensorSpec& x = input(layer, 0);
  const TensorSpec& y = output(layer, 0);
  if (x.type != DataType::float32 || y.type != DataType::float32 || elements(x.shape) == 0 || elements(y.shape) == 0) return nullptr;
  const std::size_t rank = x.shape.size();
  if (rank < 2 || rank > kernels::reference::kMaxResizeRank || x.shape.back() != y.shape.back()) return nullptr;
  const auto rule = reference::read_resize_rule(layer);
  const std::vector<ResizeSpan> spans = reference::read_resize_spans(layer, rule.coordinates);
  std::vector<ResizeTaps> taps;
  for (const ResizeSpan& span : spans) taps.push_back(resize_taps(rule, span));
  if (!only_copies(taps.back())) return nullptr;
  taps.pop_back();
  std::int64_t cost = 1;
  for (const ResizeTaps& of_dim : taps) cost *= of_dim.taps;
  if (cost > kernels::simd::kMostResizeTaps) return nullptr;

  const std::int64_t channels = y.shape.back();
  const std::int64_t pixels = elements(y.shape) / channels;
  const float extrapolation = layer.node.attributes.number("extrapolation_value", 0.0f);
  return make_layer({.kernel = "simd.resize"},
                    [=, taps = std::move(taps), strides = dense_strides(x.shape), out_shape = y.shape,
                     kernel = kernels::simd::resize_pixels_kernel()](const Buffers& buffers, base::ThreadPool& pool) {
                      std::array<ResizeDim, kernels::reference::kMaxResizeRank> dims;
                      for (std::size_t d = 0; d < taps.size(); ++d)
                        dims[d] = {out_shape[d], strides[d], taps[d].taps, taps[d].index.data(), taps[d].weight.data(),
                                   taps[d].outside.empty() ? nullptr : taps[d].outside.data()};
                      const kernels::simd::ResizePixelsArgs args = {in<float>(buffers, 0), out<float>(buffers, 0),
                                                                    std::span(dims).first(taps.size()), channels, extrapolation};
                      pool.parallel_for(pixels, grain_for((channels * cost + 64) * 4),
                                        [&](base::Range range, int) { kernel(args, range); });
                    });
}

}  // namespace dnntune::backends::cpu::simd
